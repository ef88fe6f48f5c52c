//! Loss and gradients of a batch: some pictures at a time on each device, all devices at once.
//!
//! Every device computes with a copy of the weights and hands its gradients to the main one, which adds them up, each
//! share weighed by its pictures, and updates the weights; the next step begins with new copies. So the weights are the
//! same everywhere, and the sum is the one that a single device would make of the same shares. Batch norm's running
//! statistics are those of the main device's shares, as PyTorch's DistributedDataParallel has it; the run ends with passes
//! that settle them.

use std::ops::Range;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{DType, Device, Tensor};
use sightline_model::{DeviceInfo, ModelError, guarded};

use crate::batches::Batch;
use crate::hardware::{Hardware, learner_on};
use crate::momentum::follower_of;
use crate::monitor::Health;
use crate::student::Student;
use crate::terms::{Losses, Terms};

const STEP: &str = "a training step";

/// Gradients in half precision vanish below 6e-8; they are made of a loss this many times as large (arXiv 1710.03740,
/// section 3.2). Wider exponents need none of it.
const F16_LOSS_SCALE: f32 = 1024.0;

/// What the pictures of a step gave together.
pub(crate) struct Gathered {
    pub(crate) loss: f64,
    pub(crate) gradients: GradientsParams,
    /// Keys of the pictures in their order, on the main device.
    pub(crate) keys: Vec<Tensor<2>>,
    pub(crate) health: Option<Health>,
}

/// Loss and gradients of a batch in the given shares.
///
/// # Errors
/// When a device fails.
pub(crate) fn gather(
    student: &Student,
    terms: &Terms<'_>,
    batch: &Batch,
    shares: Vec<Range<usize>>,
    hardware: &Hardware<'_>,
) -> Result<Gathered, ModelError> {
    let mut dealt = hardware.deal(shares).into_iter();
    let own = dealt.next().unwrap_or_default();
    let main = hardware.main;
    let on_main = || guarded(&main.id, STEP, || gather_on(student, terms, batch, own, &hardware.learning(main)));
    if hardware.beside.is_empty() {
        return on_main();
    }
    let gathered = std::thread::scope(|scope| {
        let others: Vec<_> = hardware
            .beside
            .iter()
            .zip(dealt)
            .map(|(device, shares)| {
                let copies = Copies::of(student, terms);
                let work = move || copies.gather(batch, shares, device, hardware);
                std::thread::Builder::new().name(format!("learn-{}", device.id)).spawn_scoped(scope, work)
            })
            .collect();
        // On this thread, always the same: batch norm keeps running statistics by thread.
        let mut gathered = vec![on_main()];
        for (device, other) in hardware.beside.iter().zip(others) {
            let failed =
                |detail: &str| ModelError::Device { device: device.id.clone(), step: STEP, detail: detail.to_owned() };
            gathered.push(match other {
                Ok(thread) => thread.join().unwrap_or_else(|_| Err(failed("its thread panicked"))),
                Err(error) => Err(failed(&error.to_string())),
            });
        }
        gathered
    });
    let gathered = gathered.into_iter().collect::<Result<Vec<_>, _>>()?;
    guarded(&main.id, "adding gradients up", || {
        let mut accumulator = GradientsAccumulator::new();
        let mut all = Gathered { loss: 0.0, gradients: GradientsParams::new(), keys: Vec::new(), health: None };
        for Gathered { loss, gradients, keys, health } in gathered {
            all.loss += loss;
            accumulator.accumulate(student, gradients);
            all.keys.extend(keys);
            all.health = all.health.or(health);
        }
        all.gradients = accumulator.grads();
        all
    })
}

/// What another device computes with, made on the main one.
struct Copies<'a> {
    student: Student,
    keys: Option<(Student, crate::moco::Queue)>,
    drawer: &'a crate::batches::Drawer<'a>,
    weights: crate::stages::Weights,
    look: bool,
    precision: DType,
}

impl<'a> Copies<'a> {
    fn of(student: &Student, terms: &Terms<'a>) -> Self {
        let Terms { drawer, weights, look, keys, precision } = *terms;
        let keys = keys.map(|(encoder, queue)| (follower_of(encoder), queue.clone()));
        Self { student: follower_of(student), keys, drawer, weights, look, precision }
    }

    /// What the shares gave, back on the main device.
    fn gather(
        self,
        batch: &Batch,
        shares: Vec<Range<usize>>,
        device: &DeviceInfo,
        hardware: &Hardware<'_>,
    ) -> Result<Gathered, ModelError> {
        let Self { student, keys, drawer, weights, look, precision } = self;
        let main = &hardware.main.device;
        guarded(&device.id, STEP, || {
            let learning = hardware.learning(device);
            let student = learner_on(&student, &learning);
            let keys = keys.map(|(encoder, queue)| (encoder.fork(&device.device), queue.on(&device.device)));
            let keys = keys.as_ref().map(|(encoder, queue)| (encoder, queue));
            let terms = Terms { drawer, weights, look, keys, precision };
            let mut gathered = gather_on(&student, &terms, batch, shares, &learning);
            gathered.gradients = gathered.gradients.to_device(main, &student);
            gathered.keys = gathered.keys.into_iter().map(|keys| keys.to_device(main)).collect();
            gathered
        })
    }
}

/// Loss and gradients of shares of a batch, one after another on one device with gradients.
fn gather_on(
    student: &Student,
    terms: &Terms<'_>,
    batch: &Batch,
    shares: Vec<Range<usize>>,
    learning: &Device,
) -> Gathered {
    let mut gathered = Gathered { loss: 0.0, gradients: GradientsParams::new(), keys: Vec::new(), health: None };
    let mut accumulator = GradientsAccumulator::new();
    let scale = if terms.precision == DType::F16 { F16_LOSS_SCALE } else { 1.0 };
    for pictures in shares {
        let share = pictures.len() as f64 / batch.parts.len() as f64;
        let Losses { total, keys, health } = terms.of(student, batch, pictures, learning);
        let total = total.mul_scalar(share);
        gathered.loss += f64::from(total.clone().into_scalar::<f32>());
        let total = if scale == 1.0 { total } else { total.mul_scalar(scale) };
        accumulator.accumulate(student, GradientsParams::from_grads(total.backward(), student));
        gathered.keys.extend(keys);
        gathered.health = gathered.health.or(health);
    }
    gathered.gradients = accumulator.grads();
    if scale != 1.0 {
        student.visit(&mut Divide { gradients: &mut gathered.gradients, by: scale });
    }
    gathered
}

struct Divide<'a> {
    gradients: &'a mut GradientsParams,
    by: f32,
}

impl ModuleVisitor for Divide<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient.div_scalar(self.by));
        }
    }
}
