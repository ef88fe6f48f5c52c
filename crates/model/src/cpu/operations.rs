//! The CPU's operations as Burn knows them, with their gradients.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, ExtensionType, Flex, TensorMetadata, backend_extension};
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

    fn output_shape(&self) -> [usize; 4] {
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

type Host = FloatTensor<Flex>;

/// Values of a tensor in row-major order.
fn values(tensor: &Host) -> Host {
    tensor.to_contiguous()
}

fn slice(tensor: &Host) -> &[f32] {
    tensor.as_slice::<f32>().unwrap_or_else(|| unreachable!("`values` makes tensors contiguous, `is_cpu` wants f32"))
}

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Host {
    Host::from_data(TensorData::new(values, shape.into()))
}

fn planes(x: &Host) -> norm::Planes {
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
        let (gamma, beta) = (values(&gamma), values(&beta));
        let scale: Vec<f32> =
            inverse_deviation(&variance, epsilon).iter().zip(slice(&gamma)).map(|(i, g)| i * g).collect();
        let offset =
            slice(&beta).iter().zip(&mean).zip(&scale).map(|((beta, mean), scale)| beta - mean * scale).collect();
        let output = Self::affine(x, tensor(scale, [channels]), tensor(offset, [channels]), shortcut, rectify);
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

fn inverse_deviation(variance: &[f32], epsilon: f32) -> Vec<f32> {
    variance.iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect()
}

#[derive(Debug)]
struct Conv;

impl Backward<Flex, 2> for Conv {
    type State = (Host, Host, Geometry);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [x_node, weight_node] = ops.parents;
        let gradient = values(&grads.consume::<Flex>(&ops.node));
        let (x, weight, geometry) = ops.state;
        let by_input = x_node.is_some();
        let (by_x, by_weight) = conv::backward(&geometry, slice(&x), slice(&weight), slice(&gradient), by_input);
        if let (Some(node), Some(by_x)) = (x_node, by_x) {
            grads.register::<Flex>(node.id, tensor(by_x, x.shape()));
        }
        if let Some(node) = weight_node {
            grads.register::<Flex>(node.id, tensor(by_weight, weight.shape()));
        }
    }
}

/// What the gradients of batch norm need: x, γ, mean, variance, ε, and the output when it went through ReLU.
type NormState = (Host, Host, Host, Host, f32, Option<Host>);

/// Gradients of x, γ, β and the shortcut, in this order.
fn norm_backward((x, gamma, mean, variance, epsilon, rectified): &NormState, gradient: Host) -> [Host; 4] {
    let gradient = values(&gradient);
    let inverse_deviation = inverse_deviation(slice(variance), *epsilon);
    let forward = norm::Forward {
        x: slice(x),
        rectified: rectified.as_ref().map(slice),
        mean: slice(mean),
        inverse_deviation: &inverse_deviation,
        gamma: slice(gamma),
    };
    let by = norm::backward(planes(x), forward, slice(&gradient));
    let channels = [inverse_deviation.len()];
    [tensor(by.x, x.shape()), tensor(by.gamma, channels), tensor(by.beta, channels), tensor(by.behind, x.shape())]
}

#[derive(Debug)]
struct Norm;

impl<const N: usize> Backward<Flex, N> for Norm {
    type State = NormState;

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<Flex>(&ops.node);
        for (node, gradient) in ops.parents.into_iter().zip(norm_backward(&ops.state, gradient)) {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}

impl<C: CheckpointStrategy> CpuOperations for Autodiff<Flex, C> {
    fn unfolded_conv2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node()];
        let (x, weight) = (values(x.primitive()), values(weight.primitive()));
        let output = Flex::unfolded_conv2d(x.clone(), weight.clone(), geometry);
        match Conv.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => prepared.finish((x, weight, geometry), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn norm_train(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        shortcut: Shortcut<Self>,
        epsilon: f32,
        rectify: bool,
    ) -> Normed<Self> {
        let nodes = [x.node(), gamma.node(), beta.node()];
        let (x, gamma, beta) = (values(x.primitive()), values(gamma.primitive()), values(beta.primitive()));
        let (shortcut_node, shortcut) = match shortcut {
            Shortcut::Absent => (None, Shortcut::Absent),
            Shortcut::Added(shortcut) => (Some(shortcut.node()), Shortcut::Added(shortcut.into_primitive())),
        };
        let normed = Flex::norm_train(x.clone(), gamma.clone(), beta, shortcut, epsilon, rectify);
        let rectified = rectify.then(|| normed.output.clone());
        let state = (x, gamma, normed.mean.clone(), normed.variance.clone(), epsilon, rectified);
        let output = match shortcut_node {
            Some(shortcut) => {
                let [x, gamma, beta] = nodes;
                match Norm.prepare::<C>([x, gamma, beta, shortcut]).compute_bound().stateful() {
                    OpsKind::Tracked(prepared) => prepared.finish(state, normed.output),
                    OpsKind::UnTracked(prepared) => prepared.finish(normed.output),
                }
            }
            None => match Norm.prepare::<C>(nodes).compute_bound().stateful() {
                OpsKind::Tracked(prepared) => prepared.finish(state, normed.output),
                OpsKind::UnTracked(prepared) => prepared.finish(normed.output),
            },
        };
        let untracked = FloatTensor::<Self>::new;
        Normed { output, mean: untracked(normed.mean), variance: untracked(normed.variance) }
    }

    fn affine(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        offset: FloatTensor<Self>,
        shortcut: Shortcut<Self>,
        rectify: bool,
    ) -> FloatTensor<Self> {
        let shortcut = match shortcut {
            Shortcut::Absent => Shortcut::Absent,
            Shortcut::Added(shortcut) => Shortcut::Added(shortcut.into_primitive()),
        };
        let output =
            Flex::affine(x.into_primitive(), scale.into_primitive(), offset.into_primitive(), shortcut, rectify);
        FloatTensor::<Self>::new(output)
    }
}
