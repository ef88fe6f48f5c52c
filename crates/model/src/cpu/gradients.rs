//! Gradients of the CPU's operations.
//!
//! A convolution keeps its input, a batch norm its input too; with ReLU its output says where the gradient goes on. Where
//! activations are computed again instead of kept (`Device::gradient_checkpointing`, arXiv 1604.06174), what a batch norm
//! gave is not kept: the convolution behind it and its own gradient ask for it anew, by the statistics that it had. A
//! step of a ResNet-18 then keeps a third less for each part, for one cheap pass more.

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::retro_forward::RetroForward;
use burn::backend::autodiff::checkpoint::state::BackwardStates;
use burn::backend::autodiff::checkpoint::strategy::{BalancedCheckpointing, CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::operations::{
    CpuOperations, Geometry, Host, Normed, Shortcut, inverse_deviation, planes, scale_and_offset, slice, tensor, values,
};
use super::{conv, norm};

#[derive(Debug)]
struct Conv;

impl Backward<Flex, 2> for Conv {
    /// The nodes of x and of the weights.
    type State = (NodeId, NodeId, Geometry);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [x_node, weight_node] = ops.parents;
        let gradient = values(&grads.consume::<Flex>(&ops.node));
        let (x, weight, geometry) = ops.state;
        let [x, weight] = [x, weight].map(|node| values(&checkpointer.retrieve_node_output::<Host>(node)));
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

/// What the gradients of batch norm need.
#[derive(Debug, Clone)]
struct NormState {
    x: Host,
    gamma: Host,
    mean: Host,
    variance: Host,
    epsilon: f32,
    rectified: Rectified,
}

/// Where the output of a batch norm with ReLU comes from.
#[derive(Debug, Clone)]
enum Rectified {
    /// There is no ReLU.
    Not,
    Kept(Host),
    /// It is computed again, with β and what the shortcut's node gave.
    Again {
        beta: Host,
        shortcut: Option<NodeId>,
    },
}

impl NormState {
    /// Gradients of x, γ, β and the shortcut, in this order.
    fn backward(&self, gradient: Host, checkpointer: &mut Checkpointer) -> [Host; 4] {
        let gradient = values(&gradient);
        let rectified = match &self.rectified {
            Rectified::Not => None,
            Rectified::Kept(output) => Some(output.clone()),
            Rectified::Again { beta, shortcut } => {
                let shortcut = shortcut.map(|node| checkpointer.retrieve_node_output::<Host>(node));
                Some(self.output(&self.x, &self.gamma, beta, shortcut, true))
            }
        };
        let inverse_deviation = inverse_deviation(slice(&self.variance), self.epsilon);
        let forward = norm::Forward {
            x: slice(&self.x),
            rectified: rectified.as_ref().map(slice),
            mean: slice(&self.mean),
            inverse_deviation: &inverse_deviation,
            gamma: slice(&self.gamma),
        };
        let by = norm::backward(planes(&self.x), forward, slice(&gradient));
        let (channels, shape) = ([inverse_deviation.len()], || self.x.shape());
        [tensor(by.x, shape()), tensor(by.gamma, channels), tensor(by.beta, channels), tensor(by.behind, shape())]
    }

    /// What the forward pass gave, to the bit: its statistics are kept.
    fn output(&self, x: &Host, gamma: &Host, beta: &Host, shortcut: Option<Host>, rectify: bool) -> Host {
        let (scale, offset) = scale_and_offset(slice(&self.mean), slice(&self.variance), (gamma, beta), self.epsilon);
        let shortcut = shortcut.map_or(Shortcut::Absent, Shortcut::Added);
        Flex::affine(x.clone(), scale, offset, shortcut, rectify)
    }
}

#[derive(Debug)]
struct Norm;

impl<const N: usize> Backward<Flex, N> for Norm {
    type State = NormState;

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let gradient = grads.consume::<Flex>(&ops.node);
        for (node, gradient) in ops.parents.into_iter().zip(ops.state.backward(gradient, checkpointer)) {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}

/// Gives a batch norm's output once more.
#[derive(Debug)]
struct NormAgain {
    /// x, γ, β.
    nodes: [NodeId; 3],
    shortcut: Option<NodeId>,
    state: NormState,
    rectify: bool,
}

impl RetroForward for NormAgain {
    fn forward(&self, states: &mut BackwardStates, out_node: NodeId) {
        // Each parent is asked for once: it is kept until all who count on it have asked.
        let [x, gamma, beta] = self.nodes.map(|node| states.get_state::<Host>(&node));
        let shortcut = self.shortcut.map(|node| states.get_state::<Host>(&node));
        let output = self.state.output(&values(&x), &gamma, &beta, shortcut, self.rectify);
        states.save(out_node, output);
    }
}

/// Whether activations are computed again.
fn recomputes<C: CheckpointStrategy>() -> bool {
    std::any::TypeId::of::<C>() == std::any::TypeId::of::<BalancedCheckpointing>()
}

impl<C: CheckpointStrategy> CpuOperations for Autodiff<Flex, C> {
    fn unfolded_conv2d(x: FloatTensor<Self>, weight: FloatTensor<Self>, geometry: Geometry) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node()];
        let output = Flex::unfolded_conv2d(x.primitive().clone(), weight.primitive().clone(), geometry);
        match Conv.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&x), prepared.checkpoint(&weight), geometry);
                prepared.finish(state, output)
            }
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
        let parents = [&x, &gamma, &beta];
        let [x_value, gamma_value, beta_value] = parents.map(|parent| values(parent.primitive()));
        let (added, plain) = match shortcut {
            Shortcut::Absent => (None, Shortcut::Absent),
            Shortcut::Added(shortcut) => {
                let plain = Shortcut::Added(shortcut.primitive().clone());
                (Some(shortcut), plain)
            }
        };
        let normed =
            Flex::norm_train(x_value.clone(), gamma_value.clone(), beta_value.clone(), plain, epsilon, rectify);
        let shortcut_node = added.as_ref().map(|shortcut| shortcut.node().id());
        let rectified = match (rectify, recomputes::<C>()) {
            (false, _) => Rectified::Not,
            (true, false) => Rectified::Kept(normed.output.clone()),
            (true, true) => Rectified::Again { beta: beta_value, shortcut: shortcut_node },
        };
        let (mean, variance) = (normed.mean.clone(), normed.variance.clone());
        let state = NormState { x: x_value, gamma: gamma_value, mean, variance, epsilon, rectified };
        let again = NormAgain {
            nodes: parents.map(|parent| parent.node().id()),
            shortcut: shortcut_node,
            // What it keeps itself is only what is small: x comes from its node.
            state: NormState { x: tensor(Vec::new(), [0]), rectified: Rectified::Not, ..state.clone() },
            rectify,
        };
        let nodes = parents.map(|parent| parent.node());
        let output = match &added {
            Some(shortcut) => {
                let [x_node, gamma_node, beta_node] = nodes;
                let prepared = Norm
                    .prepare::<C>([x_node, gamma_node, beta_node, shortcut.node()])
                    .memory_bound()
                    .retro_forward(again)
                    .parents([&x, &gamma, &beta, shortcut]);
                match prepared.stateful() {
                    OpsKind::Tracked(mut prepared) => {
                        if matches!(state.rectified, Rectified::Again { .. }) {
                            prepared.checkpoint(shortcut);
                        }
                        prepared.finish(state, normed.output)
                    }
                    OpsKind::UnTracked(prepared) => prepared.finish(normed.output),
                }
            }
            None => match Norm.prepare::<C>(nodes).memory_bound().retro_forward(again).parents(parents).stateful() {
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
