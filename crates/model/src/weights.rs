//! Weights by name: what a model file keeps, and what other programs bring. Written as safetensors, in which the same
//! weights are the same bytes; Burn's own records carry random parameter numbers.

use std::collections::{BTreeMap, BTreeSet};

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Tensor, TensorData};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::ModelError;

/// Parameters and running statistics in single precision, each under its path in the network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weights {
    tensors: BTreeMap<String, Values>,
}

#[derive(Debug, Clone, PartialEq)]
struct Values {
    shape: Vec<usize>,
    /// Little-endian `f32`.
    bytes: Vec<u8>,
}

/// Names of weights that did not fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Unfit {
    /// The network's that are not given, or have another shape there.
    missing: Vec<String>,
    /// Given ones that nothing in the network matches.
    unused: Vec<String>,
}

/// A place for a weight in a network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    pub(crate) path: Vec<String>,
    pub(crate) shape: Vec<usize>,
    /// The matrix of a linear layer, with a row for each of its inputs.
    pub(crate) is_matrix: bool,
}

impl Slot {
    /// All places of a network, in its own order. No value is drawn for them.
    pub(crate) fn of<M: Module>(module: &M) -> Vec<Self> {
        let mut slots = Slots::default();
        module.visit(&mut slots);
        slots.found
    }
}

impl Weights {
    /// The weights of a network or of a part of one.
    pub fn of<M: Module>(module: &M) -> Self {
        let mut collector = Collector::default();
        module.visit(&mut collector);
        Self { tensors: collector.tensors }
    }

    /// As a safetensors file.
    ///
    /// # Errors
    /// When a tensor does not have as many values as its shape says.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let views = self
            .tensors
            .iter()
            .map(|(name, values)| Ok((name, TensorView::new(Dtype::F32, values.shape.clone(), &values.bytes)?)))
            .collect::<Result<Vec<_>, _>>();
        views.and_then(|views| safetensors::serialize(views, None)).map_err(damaged)
    }

    /// Reads a safetensors file.
    ///
    /// # Errors
    /// When the bytes are no such file, or a tensor is not in single precision.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.tensors() {
            // A counter that only training in PyTorch reads.
            if name.ends_with("num_batches_tracked") {
                continue;
            }
            if view.dtype() != Dtype::F32 {
                return Err(damaged(format!("{name} is {:?}, expected F32", view.dtype())));
            }
            tensors.insert(name, Values { shape: view.shape().to_vec(), bytes: view.data().to_vec() });
        }
        Ok(Self { tensors })
    }

    /// With others beside them, whose names get a prefix.
    pub(crate) fn with(mut self, prefix: &str, others: &Self) -> Self {
        let named = others.tensors.iter().map(|(name, values)| (format!("{prefix}{name}"), values.clone()));
        self.tensors.extend(named);
        self
    }

    /// Those whose names begin with a prefix apart from the rest, without it; none when there is none.
    pub(crate) fn apart(self, prefix: &str) -> (Self, Option<Self>) {
        let (mut rest, mut apart) = (Self::default(), Self::default());
        for (name, values) in self.tensors {
            match name.strip_prefix(prefix) {
                Some(name) => apart.tensors.insert(name.to_owned(), values),
                None => rest.tensors.insert(name, values),
            };
        }
        let found = !apart.tensors.is_empty();
        (rest, found.then_some(apart))
    }

    /// Adds a tensor with its values, row by row.
    pub(crate) fn insert(&mut self, name: String, shape: Vec<usize>, values: &[f32]) {
        let bytes = values.iter().copied().flat_map(f32::to_le_bytes).collect();
        self.tensors.insert(name, Values { shape, bytes });
    }

    /// Fills what has these names in a network, and leaves the rest as it was.
    pub(crate) fn fill<M: Module>(&self, module: M) -> M {
        self.fill_what_fits(module).0
    }

    fn fill_what_fits<M: Module>(&self, module: M) -> (M, Unfit) {
        let mut filler = Filler { path: Vec::new(), given: &self.tensors, taken: BTreeSet::new(), missing: Vec::new() };
        let module = module.map(&mut filler);
        let unused = self.tensors.keys().filter(|name| !filler.taken.contains(name)).cloned().collect();
        (module, Unfit { missing: filler.missing, unused })
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Shape and values of a tensor.
    ///
    /// # Errors
    /// When it is missing.
    pub(crate) fn tensor(&self, name: &str) -> Result<(&[usize], Vec<f32>), ModelError> {
        let values = self.tensors.get(name).ok_or_else(|| damaged(format!("{name} is missing")))?;
        let (floats, _) = values.bytes.as_chunks::<4>();
        Ok((&values.shape, floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()))
    }

    /// Values of a vector.
    ///
    /// # Errors
    /// When it is missing or has another length.
    pub(crate) fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, ModelError> {
        match self.tensor(name)? {
            (shape, values) if *shape == [length] => Ok(values),
            (shape, _) => Err(damaged(format!("{name} has the shape {shape:?}, expected [{length}]"))),
        }
    }

    /// Fills a network that has exactly these weights.
    ///
    /// # Errors
    /// Names the weights that are missing, left over or of another shape.
    pub fn fill_all<M: Module>(&self, module: M) -> Result<M, ModelError> {
        let (module, Unfit { missing, unused }) = self.fill_what_fits(module);
        if missing.is_empty() && unused.is_empty() {
            return Ok(module);
        }
        Err(damaged(format!("missing or of another shape: {missing:?}; not known: {unused:?}")))
    }
}

/// Which of several kinds a part is of does not show in its weights' names: `encoder.conv1.weight` in any encoder.
fn is_named(container_type: &str) -> bool {
    !container_type.starts_with("Enum:")
}

fn damaged(detail: impl ToString) -> ModelError {
    ModelError::Damaged { what: "weights", detail: detail.to_string() }
}

#[derive(Default)]
struct Collector {
    path: Vec<String>,
    tensors: BTreeMap<String, Values>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        if is_named(container_type) {
            self.path.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        if is_named(container_type) {
            self.path.pop();
        }
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let data = param.transform_for_save().val().into_data().convert_dtype(DType::F32);
        let bytes = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
        self.tensors.insert(self.path.join("."), Values { shape: data.shape().to_vec(), bytes });
    }
}

#[derive(Default)]
struct Slots {
    path: Vec<String>,
    /// Whether each module on the path is a field of a linear layer.
    in_linear: Vec<bool>,
    found: Vec<Slot>,
}

impl ModuleVisitor for Slots {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        if is_named(container_type) {
            self.path.push(name.to_owned());
            self.in_linear.push(container_type == "Struct:Linear");
        }
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        if is_named(container_type) {
            self.path.pop();
            self.in_linear.pop();
        }
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let is_matrix = D == 2 && self.in_linear.last() == Some(&true);
        self.found.push(Slot { path: self.path.clone(), shape: param.lazy_shape().to_vec(), is_matrix });
    }
}

struct Filler<'a> {
    path: Vec<String>,
    given: &'a BTreeMap<String, Values>,
    taken: BTreeSet<&'a String>,
    missing: Vec<String>,
}

impl ModuleMapper for Filler<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        if is_named(container_type) {
            self.path.push(name.to_owned());
        }
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        if is_named(container_type) {
            self.path.pop();
        }
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.join(".");
        let shape = param.lazy_shape();
        match self.given.get_key_value(&name) {
            Some((name, values)) if values.shape == shape.as_slice() => {
                self.taken.insert(name);
                let (floats, _) = values.bytes.as_chunks::<4>();
                let floats: Vec<f32> = floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                let data = TensorData::new(floats, values.shape.clone());
                let (tensor, id) = (Tensor::from_data(data, (&param.lazy_device(), DType::F32)), param.id);
                param.transform_for_load(tensor, id)
            }
            _ => {
                self.missing.push(name);
                param
            }
        }
    }
}
