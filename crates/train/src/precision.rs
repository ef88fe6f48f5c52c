//! In which precision a training step is computed. Half precision is taken where the device has it and where a step in it
//! comes out as one in single precision does; a run that stops giving numbers in it goes on in single.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor};
use serde::{Deserialize, Serialize};
use sightline_image::NormaliseError;
use sightline_model::ModelError;

use crate::TrainError;
use crate::batches::Batch;
use crate::gather::{Gathered, gather};
use crate::hardware::{Hardware, learner_on};
use crate::memory::shares;
use crate::student::Student;
use crate::terms::Terms;

/// In which precision a step is computed. Weights, their updates, batch norm's statistics and losses are single always.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// On a GPU bf16, else f16, where the first batch comes out as in single precision; else single, as on every CPU.
    #[default]
    Auto,
    /// Single precision.
    F32,
    /// Half precision with single's exponents.
    Bf16,
    /// Half precision with a small exponent; losses are scaled.
    F16,
}

/// How far the loss in half precision may be from that in single, as a share of it.
const LOSS_APART: f64 = 0.02;

/// How far the gradient may be, as a share of its length. Rounding to eight bits gives a few hundredths.
const GRADIENT_APART: f64 = 0.15;

impl Precision {
    /// What a run computes in: what was asked for, or what a look at one batch says.
    ///
    /// # Errors
    /// When a device lacks what was asked for, or fails.
    pub(crate) fn choose(
        self,
        student: &Student,
        terms: &Terms<'_>,
        batch: impl FnOnce() -> Result<Batch, NormaliseError>,
        at_once: usize,
        hardware: &Hardware<'_>,
    ) -> Result<DType, TrainError> {
        let everywhere = |precision: DType| -> Result<(), TrainError> {
            match hardware.devices().find(|device| !device.device.supports_dtype(precision)) {
                Some(lacking) => Err(TrainError::Precision { device: lacking.id.clone(), precision: name(precision) }),
                None => Ok(()),
            }
        };
        match self {
            Self::F32 => Ok(DType::F32),
            Self::Bf16 => everywhere(DType::BF16).map(|()| DType::BF16),
            Self::F16 => everywhere(DType::F16).map(|()| DType::F16),
            // A CPU has no arithmetic for it: it would only convert to and fro.
            Self::Auto if hardware.devices().any(|device| device.id == "cpu") => Ok(DType::F32),
            Self::Auto => {
                let batch = batch()?;
                let halves = [DType::BF16, DType::F16].into_iter().filter(|half| everywhere(*half).is_ok());
                for half in halves {
                    if is_right(half, student, terms, &batch, at_once, hardware)? {
                        return Ok(half);
                    }
                }
                Ok(DType::F32)
            }
        }
    }
}

/// A precision as people write it.
pub(crate) fn name(precision: DType) -> &'static str {
    match precision {
        DType::BF16 => "bf16",
        DType::F16 => "f16",
        _ => "f32",
    }
}

/// Whether a step in half precision comes out as in single, on every device. The student stays as it is.
fn is_right(
    half: DType,
    student: &Student,
    terms: &Terms<'_>,
    batch: &Batch,
    at_once: usize,
    hardware: &Hardware<'_>,
) -> Result<bool, ModelError> {
    for device in hardware.devices() {
        let alone = Hardware { main: device, beside: &[], recompute: hardware.recompute };
        let of = |precision: DType| {
            let student = learner_on(student, &alone.learning(device));
            let keys = terms.keys.map(|(encoder, queue)| {
                (crate::momentum::follower_of(encoder).fork(&device.device), queue.clone().on(&device.device))
            });
            let keys = keys.as_ref().map(|(encoder, queue)| (encoder, queue));
            // The first pictures are enough, and there may be no room for more.
            let first = shares(batch.parts.len(), at_once).take(1).collect();
            let terms = Terms { precision, look: false, keys, ..*terms };
            gather(&student, &terms, batch, first, &alone).map(|gathered| (student, gathered))
        };
        let ((student, single), near) = (of(DType::F32)?, of(half));
        // A device that claims the type and fails at it is not right with it.
        let Ok((_, near)) = near else { return Ok(false) };
        let apart = gradients_apart(&student, &single.gradients, &near.gradients);
        let loss_apart = (near.loss - single.loss).abs() / single.loss.abs().max(f64::MIN_POSITIVE);
        // What is no number is not right.
        let right = loss_apart <= LOSS_APART && apart <= GRADIENT_APART;
        if !right {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Length of the difference of two gradients as a share of the first one's length.
fn gradients_apart(student: &Student, one: &GradientsParams, other: &GradientsParams) -> f64 {
    let mut squares = Squares { one, other: Some(other), sums: Vec::new() };
    student.visit(&mut squares);
    let apart = squares.total();
    (apart / squared_length(student, one)).sqrt()
}

/// Squared length of a gradient; it is a number only when all of it is.
fn squared_length(student: &Student, gradients: &GradientsParams) -> f64 {
    let mut squares = Squares { one: gradients, other: None, sums: Vec::new() };
    student.visit(&mut squares);
    squares.total()
}

/// Whether a step gave numbers.
pub(crate) fn is_finite(student: &Student, gathered: &Gathered) -> bool {
    gathered.loss.is_finite() && squared_length(student, &gathered.gradients).is_finite()
}

struct Squares<'a> {
    one: &'a GradientsParams,
    other: Option<&'a GradientsParams>,
    sums: Vec<Tensor<1>>,
}

impl Squares<'_> {
    /// One read for all of them.
    fn total(self) -> f64 {
        if self.sums.is_empty() {
            return 0.0;
        }
        f64::from(Tensor::cat(self.sums, 0).sum().into_scalar::<f32>())
    }
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(one) = self.one.get::<D>(param.id) else { return };
        let difference = match self.other.and_then(|other| other.get::<D>(param.id)) {
            Some(other) => one - other,
            None => one,
        };
        self.sums.push(difference.square().sum());
    }
}

#[cfg(test)]
mod tests;
