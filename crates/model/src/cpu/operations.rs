//! The CPU's operations as Burn knows them; `gradients.rs` has their gradients.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, TensorData};

use super::{conv, norm};

/// Shape of a convolution.
#[derive(Debug, Clone, Copy)]
pub(super) struct Geometry {
    pub(super) batch: usize,
    pub(super) inside: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) outside: usize,
    pub(super) kernel_height: usize,
    pub(super) kernel_width: usize,
    pub(super) stride: usize,
    pub(super) padding: usize,
    pub(super) out_height: usize,
    pub(super) out_width: usize,
}

impl Geometry {
    /// None where the strides differ or the kernel does not fit the picture.
    pub(super) fn new(x: [usize; 4], weight: [usize; 4], stride: [usize; 2], padding: usize) -> Option<Self> {
        let [batch, inside, height, width] = x;
        let [outside, _, kernel_height, kernel_width] = weight;
        let out = |length: usize, kernel: usize| {
            (length + 2 * padding).checked_sub(kernel).map(|room| room / stride[0].max(1) + 1)
        };
        Some(Self {
            batch,
            inside,
            height,
            width,
            outside,
            kernel_height,
            kernel_width,
            stride: (stride[0] == stride[1] && stride[0] > 0).then_some(stride[0])?,
            padding,
            out_height: out(height, kernel_height)?,
            out_width: out(width, kernel_width)?,
        })
    }

    /// Values of one input image.
    pub(super) fn input(&self) -> usize {
        self.inside * self.height * self.width
    }

    /// Values of one output image.
    pub(super) fn output(&self) -> usize {
        self.outside * self.out_plane()
    }

    pub(super) fn out_plane(&self) -> usize {
        self.out_height * self.out_width
    }

    /// Values that a kernel sees at one place.
    pub(super) fn patch(&self) -> usize {
        self.inside * self.kernel_height * self.kernel_width
    }

    /// A kernel that sees each cell by itself needs no unfolding.
    pub(super) fn is_point(&self) -> bool {
        [self.kernel_height, self.kernel_width, self.stride] == [1, 1, 1] && self.padding == 0
    }

    pub(super) fn output_shape(&self) -> [usize; 4] {
        [self.batch, self.outside, self.out_height, self.out_width]
    }
}

/// What batch norm gives.
#[derive(ExtensionType)]
pub(super) struct Normed<B: Backend> {
    /// As the input.
    pub(super) output: FloatTensor<B>,
    /// `[channels]`
    pub(super) mean: FloatTensor<B>,
    /// `[channels]`, biased.
    pub(super) variance: FloatTensor<B>,
}

/// What is added behind a batch norm.
#[derive(ExtensionType)]
pub(super) enum Shortcut<B: Backend> {
    /// Nothing.
    Absent,
    /// The input of a residual block, of the output's shape.
    Added(FloatTensor<B>),
}

/// Operations of the CPU.
#[backend_extension(Flex, Autodiff)]
pub(super) trait CpuOperations: Backend {
    /// See [`conv::forward`].
    fn unfolded_conv2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self>;

    /// `relu(batch_norm(x) + shortcut)` on the batch's own statistics; ReLU only when `rectify`.
    fn norm_train(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] shortcut: Shortcut<Self>,
        epsilon: f32,
        rectify: bool,
    ) -> Normed<Self>;

    /// `scale · x + offset + shortcut` for each channel; through ReLU when `rectify`. Not differentiable.
    fn affine(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        offset: FloatTensor<Self>,
        #[extension_type] shortcut: Shortcut<Self>,
        rectify: bool,
    ) -> FloatTensor<Self>;
}

pub(super) type Host = FloatTensor<Flex>;

/// Values of a tensor in row-major order.
pub(super) fn values(tensor: &Host) -> Host {
    tensor.to_contiguous()
}

pub(super) fn slice(tensor: &Host) -> &[f32] {
    tensor.as_slice::<f32>().unwrap_or_else(|| unreachable!("`values` makes tensors contiguous, `is_cpu` wants f32"))
}

pub(super) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Host {
    Host::from_data(TensorData::new(values, shape.into()))
}

pub(super) fn planes(x: &Host) -> norm::Planes {
    let shape = x.shape();
    norm::Planes { channels: shape[1], plane: shape[2] * shape[3] }
}

impl CpuOperations for Flex {
    fn unfolded_conv2d(x: Host, weight: Host, geometry: Geometry) -> Host {
        let (x, weight) = (values(&x), values(&weight));
        tensor(conv::forward(&geometry, slice(&x), slice(&weight)), geometry.output_shape())
    }

    fn norm_train(
        x: Host,
        gamma: Host,
        beta: Host,
        shortcut: Shortcut<Self>,
        epsilon: f32,
        rectify: bool,
    ) -> Normed<Self> {
        let x = values(&x);
        let (mean, variance) = norm::statistics(planes(&x), slice(&x));
        let channels = mean.len();
        let (scale, offset) = scale_and_offset(&mean, &variance, (&gamma, &beta), epsilon);
        let output = Self::affine(x, scale, offset, shortcut, rectify);
        Normed { output, mean: tensor(mean, [channels]), variance: tensor(variance, [channels]) }
    }

    fn affine(x: Host, scale: Host, offset: Host, shortcut: Shortcut<Self>, rectify: bool) -> Host {
        let (x, scale, offset) = (values(&x), values(&scale), values(&offset));
        let shortcut = match &shortcut {
            Shortcut::Absent => None,
            Shortcut::Added(shortcut) => Some(values(shortcut)),
        };
        let shape = x.shape();
        let applied =
            norm::apply(planes(&x), slice(&x), (slice(&scale), slice(&offset)), shortcut.as_ref().map(slice), rectify);
        tensor(applied, shape)
    }
}

/// What batch norm does to each channel, as a factor and a summand.
pub(super) fn scale_and_offset(
    mean: &[f32],
    variance: &[f32],
    (gamma, beta): (&Host, &Host),
    epsilon: f32,
) -> (Host, Host) {
    let (gamma, beta) = (values(gamma), values(beta));
    let scale: Vec<f32> = inverse_deviation(variance, epsilon).iter().zip(slice(&gamma)).map(|(i, g)| i * g).collect();
    let offset = slice(&beta).iter().zip(mean).zip(&scale).map(|((beta, mean), scale)| beta - mean * scale).collect();
    let channels = [mean.len()];
    (tensor(scale, channels), tensor(offset, channels))
}

pub(super) fn inverse_deviation(variance: &[f32], epsilon: f32) -> Vec<f32> {
    variance.iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect()
}
