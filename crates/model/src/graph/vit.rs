//! The nodes of a vision transformer, named as its weights are. Its last norm only serves learning and is left out.

use super::Strides;
use super::kernel::Kernel;
use super::nodes::{Nodes, Value, Window, float, int, ints};
use crate::encoder::{VitConfig, bicubic};
use crate::{ModelError, Weights};

/// What is added to a variance before its root is taken, as timm has it.
const EPSILON: f32 = 1e-6;

/// What the nodes of all blocks need.
struct Writer<'a> {
    nodes: &'a mut Nodes,
    weights: &'a Weights,
    heads: usize,
    dimensions: usize,
    /// The class token, and a token for each patch.
    tokens: usize,
}

/// The transformer whose weights lie under `path`.
///
/// # Errors
/// When weights are missing or do not fit each other.
pub(super) fn vit(
    nodes: &mut Nodes,
    weights: &Weights,
    path: &str,
    config: &VitConfig,
    pictures: &Value,
) -> Result<Strides, ModelError> {
    let kernel = Kernel::read(weights, &format!("{path}.patch_embed.proj"))?;
    let window = Window { side: kernel.shape[2], stride: kernel.shape[2], padding: 0 };
    let patches = nodes.convolve(pictures, &kernel, window)?;
    let dimensions = patches.channels;
    let tokens = 1 + patches.height * patches.width;
    let mut writer = Writer { nodes, weights, heads: config.heads.max(1), dimensions, tokens };
    let mut x = writer.tokens(path, config, pictures, &patches)?;
    // Features of strides 4 and 8 are those after a third and two thirds of the blocks.
    let ends = [config.blocks / 3, config.blocks * 2 / 3, config.blocks];
    let mut maps = Vec::with_capacity(ends.len());
    for block in 0..config.blocks {
        x = writer.block(&format!("{path}.blocks.{block}"), &x)?;
        for _ in ends.iter().filter(|&&end| end == block + 1) {
            maps.push(writer.map(&format!("{path}.map{}", maps.len()), &x, &patches));
        }
    }
    let Ok([near, middle, stride16]) = <[Value; 3]>::try_from(maps) else {
        let detail = format!("{path} has {} blocks, too few for three strides", config.blocks);
        return Err(ModelError::Damaged { what: "network", detail });
    };
    let near = nodes.enlarge(&format!("{path}.near8"), &near);
    let stride4 = nodes.enlarge(&format!("{path}.near4"), &near);
    let stride8 = nodes.enlarge(&format!("{path}.middle8"), &middle);
    Ok(Strides { stride4, stride8, stride16 })
}

impl Writer<'_> {
    /// Patches with their positions, behind the class token: `[batch, tokens, dimensions]`.
    fn tokens(
        &mut self,
        path: &str,
        config: &VitConfig,
        pictures: &Value,
        patches: &Value,
    ) -> Result<String, ModelError> {
        let (dimensions, count) = (self.dimensions, self.tokens - 1);
        let (class, places) = self.positions(path, config, [patches.height, patches.width])?;
        let nodes = &mut *self.nodes;
        let shape = nodes.sizes(&format!("{path}.flat.shape"), &[0, dimensions as i64, count as i64]);
        let flat = nodes.node("Reshape", &format!("{path}.flat"), &[&patches.name, &shape], Vec::new());
        let rows = nodes.node("Transpose", &format!("{path}.patches"), &[&flat], vec![ints("perm", &[0, 2, 1])]);
        let places = nodes.constant(&format!("{path}.places"), &[1, count, dimensions], &places);
        let placed = nodes.node("Add", &format!("{path}.placed"), &[&rows, &places], Vec::new());
        let class = nodes.constant(&format!("{path}.class"), &[1, 1, dimensions], &class);
        let span = vec![int("start", 0), int("end", 1)];
        let batch = nodes.node("Shape", &format!("{path}.batch"), &[&pictures.name], span);
        let one = nodes.sizes(&format!("{path}.one"), &[1; 2]);
        let times = nodes.node("Concat", &format!("{path}.times"), &[&batch, &one], vec![int("axis", 0)]);
        let class = nodes.node("Expand", &format!("{path}.classes"), &[&class, &times], Vec::new());
        Ok(nodes.node("Concat", &format!("{path}.tokens"), &[&class, &placed], vec![int("axis", 1)]))
    }

    /// The class token with its position, and the positions of the patches, for a grid of this many rows and columns.
    fn positions(
        &self,
        path: &str,
        config: &VitConfig,
        [rows, columns]: [usize; 2],
    ) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
        let (grid, dimensions) = (config.grid, self.dimensions);
        let class = self.sized(&format!("{path}.cls_token"), &[1, 1, dimensions])?;
        let all = self.sized(&format!("{path}.pos_embed"), &[1, 1 + grid * grid, dimensions])?;
        let (first, kept) = all.split_at(dimensions);
        let class = class.iter().zip(first).map(|(class, place)| class + place).collect();
        if [rows, columns] == [grid, grid] {
            return Ok((class, kept.to_vec()));
        }
        let (by_rows, by_columns) = (bicubic(grid, rows), bicubic(grid, columns));
        let mut places = vec![0.0; rows * columns * dimensions];
        for (cell, place) in places.chunks_exact_mut(dimensions.max(1)).enumerate() {
            let (row, column) = (cell / columns, cell % columns);
            for (from, kept) in kept.chunks_exact(dimensions.max(1)).enumerate() {
                let weight = by_rows[row * grid + from / grid] * by_columns[column * grid + from % grid];
                if weight != 0.0 {
                    place.iter_mut().zip(kept).for_each(|(place, kept)| *place += weight * kept);
                }
            }
        }
        Ok((class, places))
    }

    fn block(&mut self, path: &str, x: &str) -> Result<String, ModelError> {
        let normed = self.norm(&format!("{path}.norm1"), x)?;
        let attended = self.attention(&format!("{path}.attn"), &normed)?;
        let x = self.nodes.node("Add", &format!("{path}.sum1"), &[x, &attended], Vec::new());
        let normed = self.norm(&format!("{path}.norm2"), &x)?;
        let hidden = self.linear(&format!("{path}.mlp.fc1"), &normed)?;
        let hidden = self.gelu(&format!("{path}.mlp.gelu"), &hidden);
        let out = self.linear(&format!("{path}.mlp.fc2"), &hidden)?;
        Ok(self.nodes.node("Add", &format!("{path}.sum2"), &[&x, &out], Vec::new()))
    }

    fn norm(&mut self, path: &str, x: &str) -> Result<String, ModelError> {
        let [gamma, beta] = ["gamma", "beta"].map(|name| self.sized(&format!("{path}.{name}"), &[self.dimensions]));
        let gamma = self.nodes.constant(&format!("{path}.gamma"), &[self.dimensions], &gamma?);
        let beta = self.nodes.constant(&format!("{path}.beta"), &[self.dimensions], &beta?);
        let attributes = vec![int("axis", -1), float("epsilon", EPSILON)];
        Ok(self.nodes.node("LayerNormalization", path, &[x, &gamma, &beta], attributes))
    }

    fn attention(&mut self, path: &str, x: &str) -> Result<String, ModelError> {
        let (all, size) = (self.dimensions, self.dimensions / self.heads);
        let matrix = self.sized(&format!("{path}.qkv.weight"), &[all, 3 * all])?;
        let bias = self.sized(&format!("{path}.qkv.bias"), &[3 * all])?;
        let shape = [0, self.tokens as i64, self.heads as i64, size as i64];
        // The scale of the products of queries and keys is taken in the queries' weights.
        let scale = 1.0 / (size as f32).sqrt();
        let parts = [("q", scale, [0, 2, 1, 3]), ("k", 1.0, [0, 2, 3, 1]), ("v", 1.0, [0, 2, 1, 3])];
        let mut heads = Vec::with_capacity(parts.len());
        for (index, (name, scale, order)) in parts.into_iter().enumerate() {
            let path = format!("{path}.{name}");
            let columns = index * all..(index + 1) * all;
            let rows = matrix.chunks_exact((3 * all).max(1));
            let part: Vec<f32> = rows.flat_map(|row| &row[columns.clone()]).map(|value| value * scale).collect();
            let bias: Vec<f32> = bias[columns.clone()].iter().map(|value| value * scale).collect();
            let product = self.product(&path, x, &part, &bias);
            let shape = self.nodes.sizes(&format!("{path}.shape"), &shape);
            let split = self.nodes.node("Reshape", &format!("{path}.split"), &[&product, &shape], Vec::new());
            heads.push(self.nodes.node("Transpose", &format!("{path}.heads"), &[&split], vec![ints("perm", &order)]));
        }
        let nodes = &mut *self.nodes;
        let near = nodes.node("MatMul", &format!("{path}.near"), &[&heads[0], &heads[1]], Vec::new());
        let shares = nodes.node("Softmax", &format!("{path}.shares"), &[&near], vec![int("axis", -1)]);
        let seen = nodes.node("MatMul", &format!("{path}.seen"), &[&shares, &heads[2]], Vec::new());
        let order = vec![ints("perm", &[0, 2, 1, 3])];
        let seen = nodes.node("Transpose", &format!("{path}.together"), &[&seen], order);
        let shape = nodes.sizes(&format!("{path}.shape"), &[0, self.tokens as i64, all as i64]);
        let joined = nodes.node("Reshape", &format!("{path}.joined"), &[&seen, &shape], Vec::new());
        self.linear(&format!("{path}.proj"), &joined)
    }

    fn linear(&mut self, path: &str, x: &str) -> Result<String, ModelError> {
        let (shape, matrix) = self.weights.tensor(&format!("{path}.weight"))?;
        let outside = shape.last().copied().unwrap_or(0);
        let bias = self.weights.vector(&format!("{path}.bias"), outside)?;
        Ok(self.product(path, x, &matrix, &bias))
    }

    /// `x · matrix + bias`.
    fn product(&mut self, path: &str, x: &str, matrix: &[f32], bias: &[f32]) -> String {
        let outside = bias.len();
        let shape = [matrix.len() / outside.max(1), outside];
        let matrix = self.nodes.constant(&format!("{path}.weight"), &shape, matrix);
        let bias = self.nodes.constant(&format!("{path}.bias"), &[outside], bias);
        let product = self.nodes.node("MatMul", &format!("{path}.product"), &[x, &matrix], Vec::new());
        self.nodes.node("Add", path, &[&product, &bias], Vec::new())
    }

    /// x · (1 + erf(x / √2)) / 2 (Hendrycks and Gimpel, arXiv 1606.08415), in the words that runtimes recognise.
    fn gelu(&mut self, path: &str, x: &str) -> String {
        let nodes = &mut *self.nodes;
        let mut scalar = |name: &str, value: f32| nodes.constant(&format!("{path}.{name}"), &[], &[value]);
        let factors = [("root", std::f32::consts::FRAC_1_SQRT_2), ("one", 1.0), ("half", 0.5)];
        let [root, one, half] = factors.map(|(name, value)| scalar(name, value));
        let scaled = nodes.node("Mul", &format!("{path}.scaled"), &[x, &root], Vec::new());
        let erf = nodes.node("Erf", &format!("{path}.erf"), &[&scaled], Vec::new());
        let raised = nodes.node("Add", &format!("{path}.raised"), &[&erf, &one], Vec::new());
        let product = nodes.node("Mul", &format!("{path}.product"), &[x, &raised], Vec::new());
        nodes.node("Mul", path, &[&product, &half], Vec::new())
    }

    /// Tokens as a map of the patches' shape, without the class token.
    fn map(&mut self, path: &str, x: &str, patches: &Value) -> Value {
        let nodes = &mut *self.nodes;
        let spans = [("first", 1), ("end", self.tokens as i64), ("axis", 1)];
        let [first, end, axis] = spans.map(|(name, value)| nodes.sizes(&format!("{path}.{name}"), &[value]));
        let rest = nodes.node("Slice", &format!("{path}.rest"), &[x, &first, &end, &axis], Vec::new());
        let columns = nodes.node("Transpose", &format!("{path}.columns"), &[&rest], vec![ints("perm", &[0, 2, 1])]);
        let shape = [0, self.dimensions as i64, patches.height as i64, patches.width as i64];
        let shape = nodes.sizes(&format!("{path}.shape"), &shape);
        let name = nodes.node("Reshape", path, &[&columns, &shape], Vec::new());
        Value { name, ..patches.clone() }
    }

    /// Values of a tensor of this shape.
    fn sized(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, ModelError> {
        match self.weights.tensor(name)? {
            (shape, values) if shape == expected => Ok(values),
            (shape, _) => {
                let detail = format!("{name} has the shape {shape:?}, expected {expected:?}");
                Err(ModelError::Damaged { what: "weights", detail })
            }
        }
    }
}
