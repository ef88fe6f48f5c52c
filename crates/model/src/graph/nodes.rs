//! What graphs are made of: values with names, and the few operators that networks here need.

use std::cell::RefCell;

use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataType, Dimension, GraphProto, NodeProto, TensorProto, TensorShapeProto,
    TypeProto, TypeProtoTensor, ValueInfoProto,
};

use super::kernel::Kernel;
use crate::ModelError;

/// A feature map, `[batch, channels, height, width]`.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

/// How far a window moves, and how far it reaches beyond the border.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) side: usize,
    pub(super) stride: usize,
    pub(super) padding: usize,
}

impl Window {
    /// Cells that the window makes of a length.
    fn steps(self, length: usize) -> usize {
        ((length + 2 * self.padding).saturating_sub(self.side)) / self.stride + 1
    }

    fn attributes(self) -> Vec<AttributeProto> {
        let [side, stride, padding] = [self.side, self.stride, self.padding].map(|length| length as i64);
        vec![ints("kernel_shape", &[side; 2]), ints("strides", &[stride; 2]), ints("pads", &[padding; 4])]
    }
}

/// A graph that grows node by node.
#[derive(Default)]
pub(super) struct Nodes {
    graph: GraphProto,
}

impl Nodes {
    /// Declares the pictures that go in.
    pub(super) fn input(&mut self, name: &str, [channels, height, width]: [usize; 3]) -> Value {
        self.graph.input.push(described(name, &[channels, height, width]));
        Value { name: name.to_owned(), channels, height, width }
    }

    /// A convolution that keeps a map's size, divided by the stride.
    ///
    /// # Errors
    /// When the kernel is for another number of channels.
    pub(super) fn convolution(&mut self, x: &Value, kernel: &Kernel, stride: usize) -> Result<Value, ModelError> {
        let side = kernel.shape[2];
        self.convolve(x, kernel, Window { side, stride, padding: side / 2 })
    }

    /// A convolution whose window is the kernel's size.
    ///
    /// # Errors
    /// When the kernel is for another number of channels.
    pub(super) fn convolve(&mut self, x: &Value, kernel: &Kernel, window: Window) -> Result<Value, ModelError> {
        let [outside, inside, ..] = kernel.shape;
        if inside != x.channels {
            let detail = format!("{} takes {inside} channels, {} has {}", kernel.name, x.name, x.channels);
            return Err(ModelError::Damaged { what: "weights", detail });
        }
        let weight = self.constant(&format!("{}.weight", kernel.name), &kernel.shape, &kernel.weight);
        let bias = self.constant(&format!("{}.bias", kernel.name), &[outside], &kernel.bias);
        let name = self.node("Conv", &kernel.name, &[&x.name, &weight, &bias], window.attributes());
        Ok(Value { name, channels: outside, height: window.steps(x.height), width: window.steps(x.width) })
    }

    /// Negative values become 0.
    pub(super) fn relu(&mut self, x: &Value) -> Value {
        let name = self.node("Relu", &format!("{}.relu", x.name), &[&x.name], Vec::new());
        Value { name, ..x.clone() }
    }

    /// The sum of two maps of one shape.
    pub(super) fn add(&mut self, name: &str, a: &Value, b: &Value) -> Value {
        let name = self.node("Add", name, &[&a.name, &b.name], Vec::new());
        Value { name, ..a.clone() }
    }

    /// The largest value under each window.
    pub(super) fn max_pool(&mut self, name: &str, x: &Value, window: Window) -> Value {
        let name = self.node("MaxPool", name, &[&x.name], window.attributes());
        Value { name, height: window.steps(x.height), width: window.steps(x.width), ..x.clone() }
    }

    /// The mean under each window, of what lies inside the map alone.
    pub(super) fn average_pool(&mut self, name: &str, x: &Value, window: Window) -> Value {
        let mut attributes = window.attributes();
        attributes.push(int("count_include_pad", 0));
        let name = self.node("AveragePool", name, &[&x.name], attributes);
        Value { name, height: window.steps(x.height), width: window.steps(x.width), ..x.clone() }
    }

    /// Twice as high and wide, each cell four times.
    pub(super) fn enlarge(&mut self, name: &str, x: &Value) -> Value {
        let twice = self.constant(&format!("{name}.scales"), &[4], &[1.0, 1.0, 2.0, 2.0]);
        let attributes = vec![
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor"),
        ];
        let name = self.node("Resize", name, &[&x.name, "", &twice], attributes);
        Value { name, height: 2 * x.height, width: 2 * x.width, ..x.clone() }
    }

    /// Any operator; gives the name of its value, which is the node's.
    pub(super) fn node(
        &mut self,
        operator: &str,
        name: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) -> String {
        self.graph.node.push(NodeProto {
            name: Some(name.to_owned()),
            op_type: Some(operator.to_owned()),
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.to_owned()],
            attribute,
            ..NodeProto::default()
        });
        name.to_owned()
    }

    /// Numbers that are part of the graph; gives their name.
    pub(super) fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().copied().flat_map(f32::to_le_bytes).collect();
        self.initialise(name, shape, DataType::FLOAT, bytes)
    }

    /// Sizes that are part of the graph; gives their name.
    pub(super) fn sizes(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = values.iter().copied().flat_map(i64::to_le_bytes).collect();
        self.initialise(name, &[values.len()], DataType::INT64, bytes)
    }

    fn initialise(&mut self, name: &str, shape: &[usize], data_type: DataType, bytes: Vec<u8>) -> String {
        self.graph.initializer.push(TensorProto {
            name: Some(name.to_owned()),
            dims: shape.iter().map(|&length| length as i64).collect(),
            data_type: Some(data_type),
            raw_data: Some(RefCell::new(bytes)),
            ..TensorProto::default()
        });
        name.to_owned()
    }

    /// Declares a value as one that comes out; `shape` is without the batch.
    pub(super) fn output(&mut self, name: &str, shape: &[usize]) {
        self.graph.output.push(described(name, shape));
    }

    /// What has grown.
    pub(super) fn into_graph(self) -> GraphProto {
        self.graph
    }
}

/// A value of single precision whose first dimension is any number of pictures.
fn described(name: &str, shape: &[usize]) -> ValueInfoProto {
    let batch = Dimension { dim_param: Some("batch".to_owned()), dim_value: None };
    let fixed = shape.iter().map(|&length| Dimension { dim_param: None, dim_value: Some(length as i64) });
    let shape = TensorShapeProto { dim: std::iter::once(batch).chain(fixed).collect() };
    let tensor = TypeProtoTensor { elem_type: Some(DataType::FLOAT), shape: Some(shape) };
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto { tensor_type: Some(tensor), ..TypeProto::default() }),
    }
}

pub(super) fn int(name: &str, value: i64) -> AttributeProto {
    let r#type = Some(AttributeType::INT);
    AttributeProto { name: Some(name.to_owned()), i: Some(value), r#type, ..AttributeProto::default() }
}

pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    let r#type = Some(AttributeType::FLOAT);
    AttributeProto { name: Some(name.to_owned()), f: Some(value), r#type, ..AttributeProto::default() }
}

pub(super) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    let r#type = Some(AttributeType::INTS);
    AttributeProto { name: Some(name.to_owned()), ints: values.to_vec(), r#type, ..AttributeProto::default() }
}

fn text(name: &str, value: &str) -> AttributeProto {
    let r#type = Some(AttributeType::STRING);
    AttributeProto { name: Some(name.to_owned()), s: Some(value.to_owned()), r#type, ..AttributeProto::default() }
}
