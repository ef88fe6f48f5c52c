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

/// How far a step in half precision may be from one in single: tells rounding from a device that computes wrongly, whose
/// gradient is as far away as any other. PyTorch's autocast, on a ResNet-18 of width 24 with random weights and these losses,
/// is 0.002 and 0.36 apart in bf16, and 0.0001 and 0.13 in f16; narrower ones are further.
const MOST_APART: Apart = Apart { loss: 0.02, gradient: 0.7 };

/// How far two steps are apart.
#[derive(Debug, Clone, Copy)]
struct Apart {
    /// As a share of the loss.
    loss: f64,
    /// Length of the difference of the gradients as a share of the gradient's.
    gradient: f64,
}

impl Apart {
    /// What is no number is not right.
    fn is_right(self) -> bool {
        self.loss <= MOST_APART.loss && self.gradient <= MOST_APART.gradient
    }
}

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
                    let apart = apart(half, student, terms, &batch, at_once, hardware)?;
                    if apart.is_some_and(|apart| apart.into_iter().all(Apart::is_right)) {
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

/// How far a step in half precision is from one in single, on every device; none when one fails at it. The student stays as
/// it is.
fn apart(
    half: DType,
    student: &Student,
    terms: &Terms<'_>,
    batch: &Batch,
    at_once: usize,
    hardware: &Hardware<'_>,
) -> Result<Option<Vec<Apart>>, ModelError> {
    let mut found = Vec::new();
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
        // A device may claim the type and fail at it.
        let Ok((_, near)) = near else { return Ok(None) };
        found.push(Apart {
            loss: (near.loss - single.loss).abs() / single.loss.abs().max(f64::MIN_POSITIVE),
            gradient: gradients_apart(&student, &single.gradients, &near.gradients),
        });
    }
    Ok(Some(found))
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
