//! Momentum contrast (He et al. 2020, arXiv 1911.05722): a query is told from the keys of earlier batches, which wait
//! in a queue, so that many negatives cost no large batch.

use std::collections::VecDeque;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Bool, Device, Tensor, TensorData};

use crate::hardware::beside_learning;
use crate::nt_xent::{NEVER, normalise};

/// What queries are told from.
#[derive(Debug, Clone)]
pub struct Negatives {
    /// `[negatives, dimensions]`, rows of length one.
    pub keys: Tensor<2>,
    /// `[queries, negatives]`: true where a key shows the query's own part, which is no negative of it.
    pub own: Tensor<2, Bool>,
}

/// InfoNCE of each row (arXiv 1911.05722, equation 1): how surely a query's own key is told from the negatives.
///
/// Own parts among the negatives are set to −∞ before the softmax. Without negatives the loss is 0.
///
/// # Shapes
/// - `query`, `key`: `[rows, dimensions]`, not normalised; row i of both shows the same
/// - output: `[rows]`
pub fn info_nce(query: Tensor<2>, key: Tensor<2>, negatives: Option<Negatives>, temperature: f32) -> Tensor<1> {
    let [rows, _] = query.dims();
    let (query, key) = (normalise(query), normalise(key));
    let mut similarity = (query.clone() * key).sum_dim(1).div_scalar(temperature);
    if let Some(Negatives { keys, own }) = negatives {
        let others = query.matmul(keys.transpose()).div_scalar(temperature).mask_fill(own, NEVER);
        similarity = Tensor::cat(vec![similarity, others], 1);
    }
    log_softmax(similarity, 1).slice([0..rows, 0..1]).neg().reshape([rows])
}

/// Keys of earlier batches, oldest first, on the device, each with the part that it shows.
#[derive(Debug, Clone)]
pub struct Queue {
    keys: Option<Tensor<2>>,
    parts: VecDeque<usize>,
    capacity: usize,
}

impl Queue {
    /// An empty queue. It grows to `capacity` keys: random keys to start with, as in the paper, would be told apart by
    /// their randomness.
    pub fn new(capacity: usize) -> Self {
        Self { keys: None, parts: VecDeque::new(), capacity }
    }

    /// Appends keys and lets the oldest go.
    ///
    /// # Shapes
    /// - `keys`: `[parts, dimensions]`, not normalised, on the device without gradients
    pub fn push(&mut self, keys: Tensor<2>, parts: &[usize]) {
        let keys = normalise(keys);
        let all = match self.keys.take() {
            Some(earlier) => Tensor::cat(vec![earlier, keys], 0),
            None => keys,
        };
        self.parts.extend(parts);
        let surplus = self.parts.len().saturating_sub(self.capacity);
        self.parts.drain(..surplus);
        let [rows, dimensions] = all.dims();
        self.keys = Some(all.slice([surplus..rows, 0..dimensions]));
    }

    /// The queue as negatives of queries that show `parts`; none while it is empty.
    pub fn negatives(&self, parts: &[usize], device: &Device) -> Option<Negatives> {
        let keys = self.keys.clone()?;
        let own: Vec<bool> = parts.iter().flat_map(|part| self.parts.iter().map(move |held| held == part)).collect();
        let own = Tensor::from_data(TensorData::new(own, [parts.len(), self.parts.len()]), device);
        Some(Negatives { keys: beside_learning(keys, device), own })
    }

    /// The queue on another device.
    pub(crate) fn on(self, device: &Device) -> Self {
        Self { keys: self.keys.map(|keys| keys.to_device(device)), ..self }
    }

    /// Parts whose keys are held, oldest first, and the keys.
    pub(crate) fn held(&self) -> (Vec<usize>, Option<Tensor<2>>) {
        (self.parts.iter().copied().collect(), self.keys.clone())
    }

    /// Holds what [`Queue::held`] told of.
    ///
    /// # Shapes
    /// - `keys`: `[parts, dimensions]`, rows of length one
    pub(crate) fn hold(&mut self, parts: Vec<usize>, keys: Option<Tensor<2>>) {
        (self.parts, self.keys) = (parts.into(), keys);
    }
}

#[cfg(test)]
mod tests;
