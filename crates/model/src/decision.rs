//! Whether a whole part is defective, and of which class: from what the per-pixel head points at and from the part as a
//! whole. Training runs it on tensors, judging on the maps of one picture; a test holds both to the same numbers.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{relu, sigmoid};
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};

use crate::{PLACE, Weights};

/// Beside the features: the strongest cell, and the root of the share of the part that is pointed at.
const STATISTICS: usize = 2;

/// Cells' worth of doubt: a part without any cell pointed at has no region, and its region's features are 0.
const DOUBT: f32 = 0.5;

/// Two layers on the features of the region that the per-pixel head points at and on those of the whole part.
#[derive(Module, Debug)]
pub struct DecisionHead {
    hidden: Linear,
    out: Linear,
}

impl DecisionHead {
    /// For cells of `dimensions` values (the last [`PLACE`] are not looked at) and this many classes.
    pub fn new(dimensions: usize, hidden: usize, classes: usize, device: &Device) -> Self {
        let inside = 2 * dimensions.saturating_sub(PLACE) + STATISTICS;
        Self {
            hidden: LinearConfig::new(inside, hidden).init(device),
            out: LinearConfig::new(hidden, 1 + classes).init(device),
        }
    }

    /// # Shapes
    /// - `logits`: `[batch, 1, height / 4, width / 4]`, of the per-pixel head
    /// - `cells`: `[batch, cells, dimensions]`, at stride 8
    /// - `judged`: `[batch, 1, height / 4, width / 4]`, 1 for cells that count and 0 for those beside the picture or ignored
    /// - output: `[batch, 1 + classes]`: logit of "defective", logits of the classes
    pub fn forward(&self, logits: Tensor<4>, cells: Tensor<3>, judged: Tensor<4>) -> Tensor<2> {
        let [batch, count, dimensions] = cells.dims();
        let options = AvgPoolOptions::new([2, 2]).with_stride([2, 2]);
        let pointed: Tensor<2> = avg_pool2d(sigmoid(logits) * judged.clone(), options).reshape([batch, count]);
        let options = MaxPoolOptions::new([2, 2]).with_stride([2, 2]);
        let judged: Tensor<2> = max_pool2d(judged, options).reshape([batch, count]);
        let features = cells.slice([0..batch, 0..count, 0..dimensions - PLACE]);
        // [batch, 1, cells] · [batch, cells, features]
        let sum =
            |weights: Tensor<2>| -> Tensor<2> { weights.unsqueeze_dim::<3>(1).matmul(features.clone()).squeeze_dim(1) };
        let area = pointed.clone().sum_dim(1);
        let all = judged.clone().sum_dim(1).add_scalar(1e-6);
        let region = sum(pointed.clone()) / area.clone().add_scalar(DOUBT);
        let whole = sum(judged) / all.clone();
        let share = (area / all).add_scalar(1e-8).sqrt();
        let evidence = Tensor::cat(vec![region, whole, pointed.max_dim(1), share], 1);
        self.out.forward(relu(self.hidden.forward(evidence)))
    }
}

/// The same head in host memory.
#[derive(Debug, Clone)]
pub(crate) struct HostDecision {
    hidden: Layer,
    out: Layer,
}

#[derive(Debug, Clone)]
struct Layer {
    /// `[inputs][outputs]`
    rows: Vec<Vec<f32>>,
    bias: Vec<f32>,
}

impl HostDecision {
    /// Reads a head's weights.
    pub(crate) fn of(head: &DecisionHead) -> Result<Self, crate::ModelError> {
        let weights = Weights::of(head);
        let layer = |name: &str| {
            let (shape, values) = weights.tensor(&format!("{name}.weight"))?;
            let outputs = shape.get(1).copied().unwrap_or(1).max(1);
            let bias = weights.vector(&format!("{name}.bias"), outputs)?;
            Ok::<_, crate::ModelError>(Layer {
                rows: values.chunks_exact(outputs).map(<[f32]>::to_vec).collect(),
                bias,
            })
        };
        Ok(Self { hidden: layer("hidden")?, out: layer("out")? })
    }

    /// Logit of "defective" and logits of the classes.
    ///
    /// # Shapes
    /// - `logits`: `[height / 4 · width / 4]` with `columns` in a row; those that do not count are negative infinity
    /// - `cells`: `[cells · dimensions]`, at stride 8
    pub(crate) fn decide(&self, logits: &[f32], columns: usize, cells: &[f32]) -> Vec<f32> {
        let dimensions = 4 * cells.len() / logits.len().max(1);
        let features = dimensions.saturating_sub(PLACE);
        let half = (columns / 2).max(1);
        let (mut region, mut whole) = (vec![0.0_f32; features], vec![0.0_f32; features]);
        let (mut area, mut all, mut peak) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (cell, row) in cells.chunks_exact(dimensions.max(1)).enumerate() {
            let corner = 2 * (cell / half) * columns + 2 * (cell % half);
            let four = [corner, corner + 1, corner + columns, corner + columns + 1].map(|at| logits[at]);
            if four.iter().all(|&logit| logit == f32::NEG_INFINITY) {
                continue;
            }
            let pointed = four.iter().map(|&logit| 1.0 / (1.0 + (-logit).exp())).sum::<f32>() / 4.0;
            (area, all, peak) = (area + pointed, all + 1.0, peak.max(pointed));
            for ((region, whole), value) in region.iter_mut().zip(&mut whole).zip(row) {
                *region += pointed * value;
                *whole += value;
            }
        }
        region.iter_mut().for_each(|value| *value /= area + DOUBT);
        whole.iter_mut().for_each(|value| *value /= all + 1e-6);
        let evidence = [region, whole, vec![peak, (area / (all + 1e-6) + 1e-8).sqrt()]].concat();
        let mut hidden = self.hidden.forward(&evidence);
        hidden.iter_mut().for_each(|value| *value = value.max(0.0));
        self.out.forward(&hidden)
    }
}

impl Layer {
    fn forward(&self, input: &[f32]) -> Vec<f32> {
        let mut out = self.bias.clone();
        for (value, row) in input.iter().zip(&self.rows) {
            out.iter_mut().zip(row).for_each(|(out, weight)| *out += value * weight);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::values;
    use burn::tensor::TensorData;

    #[test]
    fn host_and_device_decide_alike_and_cells_that_do_not_count_say_nothing() {
        let device = Device::flex();
        let (rows, columns, dimensions) = (4, 6, 7);
        let head = DecisionHead::new(dimensions, 5, 2, &device);
        let (logits, cells) = (values(rows * columns * 4, 0.3), values(rows * columns * dimensions, 1.1));
        // The last three columns at stride 4 lie beside the picture, so the last one at stride 8 does.
        let counts = |fine: usize| fine % (2 * columns) < 2 * columns - 3;
        let judged: Vec<f32> = (0..logits.len()).map(|fine| f32::from(u8::from(counts(fine)))).collect();
        let tensor = |values: &[f32], shape: &[usize]| TensorData::new(values.to_vec(), shape.to_vec());
        let fine = [1, 1, 2 * rows, 2 * columns];
        let expected: Vec<f32> = head
            .forward(
                Tensor::from_data(tensor(&logits, &fine), &device),
                Tensor::from_data(tensor(&cells, &[1, rows * columns, dimensions]), &device),
                Tensor::from_data(tensor(&judged, &fine), &device),
            )
            .try_into_vec_as()
            .unwrap();
        let host = HostDecision::of(&head).unwrap();
        let left_out: Vec<f32> =
            logits.iter().enumerate().map(|(i, &logit)| if counts(i) { logit } else { f32::NEG_INFINITY }).collect();
        let found = host.decide(&left_out, 2 * columns, &cells);
        assert_eq!(found.len(), 3);
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {expected:?}");

        let mut elsewhere = cells.clone();
        elsewhere.chunks_exact_mut(dimensions).skip(columns - 1).step_by(columns).for_each(|cell| cell.fill(9.0));
        assert_eq!(host.decide(&left_out, 2 * columns, &elsewhere), found);
        assert_ne!(host.decide(&logits, 2 * columns, &elsewhere), found);
    }
}
