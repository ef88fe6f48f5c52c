//! What stands on an encoder's features: the logits of the per-pixel head, and the memory bank's cells. The same sums as
//! [`Network::maps`](crate::Network::maps) has, in an order that touches fewer pixels.

use super::Strides;
use super::kernel::{Affine, Kernel};
use super::nodes::{Nodes, Value, Window, int, ints};
use crate::{ModelError, PLACE, Weights};

/// Logits of the per-pixel head, `[batch, height / 4, width / 4]`.
pub(super) fn defect(
    nodes: &mut Nodes,
    weights: &Weights,
    path: &str,
    strides: &Strides,
    output: &str,
) -> Result<(), ModelError> {
    let from = |stride: usize| Kernel::read(weights, &format!("{path}.from{stride}"));
    let kernel = from(4)?;
    let norm = Affine::read(weights, &format!("{path}.norm"), kernel.shape[0])?;
    // A factor for each channel may be taken before the sum; the offset is added once.
    let fine = nodes.convolution(&strides.stride4, &kernel.scaled(&norm).shifted(&norm), 1)?;
    let middle = nodes.convolution(&strides.stride8, &from(8)?.scaled(&norm), 1)?;
    let coarse = nodes.convolution(&strides.stride16, &from(16)?.scaled(&norm), 1)?;
    // Enlarged twice by two, a cell is where it is when enlarged by four.
    let coarse = nodes.enlarge(&format!("{path}.enlarged16"), &coarse);
    let middle = nodes.add(&format!("{path}.sum8"), &middle, &coarse);
    let middle = nodes.enlarge(&format!("{path}.enlarged8"), &middle);
    let sum = nodes.add(&format!("{path}.sum4"), &fine, &middle);
    let sum = nodes.relu(&sum);
    let mix = Kernel::folded(weights, &format!("{path}.mix"), &format!("{path}.mix_norm"))?;
    let mixed = nodes.convolution(&sum, &mix, 1)?;
    let mixed = nodes.relu(&mixed);
    let logits = nodes.convolution(&mixed, &Kernel::read(weights, &format!("{path}.out"))?, 1)?;
    // 0 keeps the batch.
    let shape = nodes.sizes(&format!("{output}.shape"), &[0, logits.height as i64, logits.width as i64]);
    nodes.node("Reshape", output, &[&logits.name, &shape], Vec::new());
    nodes.output(output, &[logits.height, logits.width]);
    Ok(())
}

/// Locally averaged features of strides 8 and 16 and the place, `[batch, cells, dimensions]`, row by row.
pub(super) fn cells(nodes: &mut Nodes, pictures: &Value, strides: &Strides, output: &str) {
    let window = Window { side: 3, stride: 1, padding: 1 };
    let fine = nodes.average_pool(&format!("{output}.fine"), &strides.stride8, window);
    let coarse = nodes.average_pool(&format!("{output}.coarse"), &strides.stride16, window);
    let coarse = nodes.enlarge(&format!("{output}.enlarged"), &coarse);
    let (height, width) = (fine.height, fine.width);
    let place = nodes.constant(&format!("{output}.place"), &[1, PLACE, height, width], &place(height, width));
    // The place is the same for each picture of a batch.
    let batch =
        nodes.node("Shape", &format!("{output}.batch"), &[&pictures.name], vec![int("start", 0), int("end", 1)]);
    let one = nodes.sizes(&format!("{output}.one"), &[1; 3]);
    let times = nodes.node("Concat", &format!("{output}.times"), &[&batch, &one], vec![int("axis", 0)]);
    let place = nodes.node("Expand", &format!("{output}.places"), &[&place, &times], Vec::new());
    let stacked = [fine.name.as_str(), coarse.name.as_str(), place.as_str()];
    let stacked = nodes.node("Concat", &format!("{output}.stacked"), &stacked, vec![int("axis", 1)]);
    let dimensions = fine.channels + coarse.channels + PLACE;
    let shape = nodes.sizes(&format!("{output}.shape"), &[0, dimensions as i64, (height * width) as i64]);
    let flat = nodes.node("Reshape", &format!("{output}.flat"), &[&stacked, &shape], Vec::new());
    nodes.node("Transpose", output, &[&flat], vec![ints("perm", &[0, 2, 1])]);
    nodes.output(output, &[height * width, dimensions]);
}

/// Columns, then rows, as fractions of the picture.
fn place(height: usize, width: usize) -> Vec<f32> {
    let fraction = |step: usize, steps: usize| (step as f32 + 0.5) / steps as f32;
    let columns = (0..height * width).map(|cell| fraction(cell % width, width));
    let rows = (0..height * width).map(|cell| fraction(cell / width, height));
    columns.chain(rows).collect()
}
