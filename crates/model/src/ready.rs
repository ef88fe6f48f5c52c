//! A trained network made ready to judge: on a CPU by the exported graph, which other programs run too, elsewhere by
//! Burn. Calibration, the memory bank and live scoring all go through it.

use std::sync::Arc;
use std::time::Duration;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorReadError};
use sightline_core::{PictureSize, Tiles};
use sightline_image::Input;

use crate::graph::{Graph, PictureMaps, thread_count};
use crate::heads::enlarge;
use crate::network::{CELL, batch_tensor, lay_out};
use crate::tiling::Tiling;
use crate::{DeviceInfo, MemoryBank, ModelError, Network, NetworkConfig, Weights, guarded};

/// Farthest that the graph's values may lie from Burn's, as a share of the largest of them. Rounding alone makes a
/// hundredth of it.
const TOLERANCE: f32 = 1e-4;

/// What computes a network's maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// The exported graph, on this many threads.
    Graph {
        /// Shared by all loaded models.
        threads: usize,
    },
    /// Burn.
    Burn {
        /// On a CPU: why the graph does not serve.
        because: Option<String>,
    },
}

/// A network with its running statistics, for pictures of one size on one device; large ones it is shown in tiles.
#[derive(Debug, Clone)]
pub struct ReadyNetwork {
    way: Way,
    runtime: Runtime,
    channels: usize,
    dimensions: usize,
    /// What the network is shown at once.
    size: PictureSize,
    tiling: Option<Tiling>,
    device: DeviceInfo,
}

#[derive(Debug, Clone)]
enum Way {
    Graph(Arc<Graph>),
    Burn(Box<Network>),
}

/// What the network and the memory bank say about one picture, both at stride 4, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PictureScores {
    /// Logits of the per-pixel head.
    pub(crate) defect: Vec<f32>,
    /// Distances to the memory bank.
    pub(crate) bank: Vec<f32>,
}

impl ReadyNetwork {
    /// Makes a network ready. On a CPU its graph is built, run on one picture and compared with Burn; where it fails or
    /// differs, Burn judges and [`ReadyNetwork::runtime`] says why.
    pub fn new(config: &NetworkConfig, network: Network, size: PictureSize, device: &DeviceInfo) -> Self {
        Self::tiled(config, network, size, None, device)
    }

    /// The same for pictures that it is shown in tiles; whole without.
    pub fn tiled(
        config: &NetworkConfig,
        network: Network,
        picture: PictureSize,
        tiles: Option<Tiles>,
        device: &DeviceInfo,
    ) -> Self {
        let network = network.valid();
        let size = tiles.map_or(picture, |tiles| tiles.size_on(picture));
        let ready = |way, runtime| Self {
            way,
            runtime,
            channels: config.encoder.in_channels(),
            dimensions: config.cell_dimensions(),
            size,
            tiling: tiles.filter(|_| size != picture).map(|tiles| Tiling::new(picture, tiles)),
            device: device.clone(),
        };
        if device.device != Device::flex() {
            return ready(Way::Burn(Box::new(network)), Runtime::Burn { because: None });
        }
        match guarded(&device.id, "checking the graph", || checked_graph(config, &network, size)).flatten() {
            Ok(graph) => ready(Way::Graph(Arc::new(graph)), Runtime::Graph { threads: thread_count() }),
            Err(error) => ready(Way::Burn(Box::new(network)), Runtime::Burn { because: Some(error.to_string()) }),
        }
    }

    /// What computes the maps.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// How long the graph has run since it was loaded, the memory bank's search not counted; none where Burn computes, whose
    /// devices do both in one go.
    pub(crate) fn spent(&self) -> Option<Duration> {
        match &self.way {
            Way::Graph(graph) => Some(graph.spent()),
            Way::Burn(_) => None,
        }
    }

    /// The device that computes them.
    pub fn device(&self) -> &DeviceInfo {
        &self.device
    }

    /// Dimensions of a cell.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Size of what the network is shown at once.
    pub(crate) fn shown(&self) -> PictureSize {
        self.size
    }

    /// How pictures are cut; none where the network is shown them whole.
    pub(crate) fn tiling(&self) -> Option<&Tiling> {
        self.tiling.as_ref()
    }

    /// Cells of each picture of the size that the network is shown, as the memory bank compares them:
    /// `[cells · dimensions]`, row by row at stride 8.
    ///
    /// # Errors
    /// When the device fails.
    pub fn cells(&self, inputs: &[Input]) -> Result<Vec<Vec<f32>>, ModelError> {
        let step = "encoding good parts";
        match &self.way {
            Way::Graph(graph) => {
                guarded(&self.device.id, step, || graph.each(self.shape(), &self.laid_out(inputs), |maps| maps.cells))?
            }
            Way::Burn(network) => {
                let cells = guarded(&self.device.id, step, || {
                    network.maps(batch_tensor(inputs, self.size, &self.device.device)).cells.try_into_vec_as::<f32>()
                })?;
                let cells = cells.map_err(|error| self.failed(step, &error))?;
                Ok(cells.chunks_exact((cells.len() / inputs.len().max(1)).max(1)).map(<[f32]>::to_vec).collect())
            }
        }
    }

    /// Logits of the head and cells of each picture of the size that the network is shown.
    ///
    /// # Errors
    /// When the device fails.
    pub(crate) fn maps(&self, inputs: &[Input]) -> Result<Vec<PictureMaps>, ModelError> {
        let step = "scoring tiles";
        match &self.way {
            Way::Graph(graph) => {
                guarded(&self.device.id, step, || graph.each(self.shape(), &self.laid_out(inputs), |maps| maps))?
            }
            Way::Burn(network) => {
                let (defect, cells) = guarded(&self.device.id, step, || {
                    let maps = network.maps(batch_tensor(inputs, self.size, &self.device.device));
                    Ok((maps.defect.try_into_vec_as::<f32>()?, maps.cells.try_into_vec_as::<f32>()?))
                })?
                .map_err(|error: TensorReadError| self.failed("reading maps", &error))?;
                let of_each = |values: &[f32]| (values.len() / inputs.len().max(1)).max(1);
                let pictures = defect.chunks_exact(of_each(&defect)).zip(cells.chunks_exact(of_each(&cells)));
                Ok(pictures
                    .map(|(defect, cells)| PictureMaps { defect: defect.to_vec(), cells: cells.to_vec() })
                    .collect())
            }
        }
    }

    /// Logits of the head and distances to a bank for each picture that the network is shown whole.
    pub(crate) fn whole_scores(&self, inputs: &[Input], bank: &MemoryBank) -> Result<Vec<PictureScores>, ModelError> {
        let step = "scoring";
        match &self.way {
            Way::Graph(graph) => guarded(&self.device.id, step, || {
                let columns = self.size.width as usize / (2 * CELL);
                graph.each(self.shape(), &self.laid_out(inputs), |maps| PictureScores {
                    defect: maps.defect,
                    bank: twice(&bank.distances_on_host(&maps.cells), columns),
                })
            })?,
            Way::Burn(network) => {
                let (defect, bank) = guarded(&self.device.id, step, || self.burn_scores(network, inputs, bank))?
                    .map_err(|error| self.failed("reading scores", &error))?;
                let cells = (defect.len() / inputs.len().max(1)).max(1);
                let pictures = defect.chunks_exact(cells).zip(bank.chunks_exact(cells));
                Ok(pictures
                    .map(|(defect, bank)| PictureScores { defect: defect.to_vec(), bank: bank.to_vec() })
                    .collect())
            }
        }
    }

    /// Both maps, picture after picture.
    fn burn_scores(
        &self,
        network: &Network,
        inputs: &[Input],
        bank: &MemoryBank,
    ) -> Result<(Vec<f32>, Vec<f32>), TensorReadError> {
        let maps = network.maps(batch_tensor(inputs, self.size, &self.device.device));
        let [batch, height, width] = maps.defect.dims();
        let distances = bank.distances(maps.cells).reshape([batch, 1, height / 2, width / 2]);
        let distances: Tensor<4> = enlarge(distances, [height, width]);
        Ok((maps.defect.try_into_vec_as()?, distances.try_into_vec_as()?))
    }

    fn laid_out(&self, inputs: &[Input]) -> Vec<Vec<f32>> {
        inputs.iter().map(|input| lay_out(input, self.size)).collect()
    }

    fn shape(&self) -> [usize; 3] {
        shape(self.channels, self.size)
    }

    fn failed(&self, step: &'static str, error: &TensorReadError) -> ModelError {
        ModelError::Device { device: self.device.id.clone(), step, detail: error.to_string() }
    }
}

/// The network's graph, which gave what Burn gives.
fn checked_graph(config: &NetworkConfig, network: &Network, size: PictureSize) -> Result<Graph, ModelError> {
    check(Graph::load(config.to_onnx(&Weights::of(network), size, &[])?)?, config, network, size)
}

/// The graph, if it gives what the network gives on one picture.
fn check(graph: Graph, config: &NetworkConfig, network: &Network, size: PictureSize) -> Result<Graph, ModelError> {
    let shape = shape(config.encoder.in_channels(), size);
    let picture = Input {
        channels: shape[0],
        height: shape[1],
        width: shape[2],
        // Without a pattern, and spread as pictures are.
        values: (0..shape.iter().product()).map(|i: usize| 1.4 * ((i * i % 7919) as f32).sin()).collect(),
    };
    let maps = network.maps(batch_tensor(std::slice::from_ref(&picture), size, &Device::flex()));
    let read = |error: TensorReadError| differs(error.to_string());
    let (defect, cells) = (maps.defect.try_into_vec_as().map_err(read)?, maps.cells.try_into_vec_as().map_err(read)?);
    for found in graph.each(shape, &[picture.values], |maps| maps)? {
        compare("logits", &found.defect, &defect)?;
        compare("cells", &found.cells, &cells)?;
    }
    Ok(graph)
}

fn compare(what: &str, found: &[f32], expected: &[f32]) -> Result<(), ModelError> {
    let largest = expected.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
    // Not `max`, which drops what is not a number.
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * largest;
    if found.len() == expected.len() && found.iter().zip(expected).all(near) {
        return Ok(());
    }
    let farthest = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    Err(differs(format!("its {what} are off by {farthest} of {largest}")))
}

fn differs(detail: String) -> ModelError {
    ModelError::Device { device: "cpu".to_owned(), step: "checking the graph against Burn", detail }
}

fn shape(channels: usize, size: PictureSize) -> [usize; 3] {
    [channels, size.height as usize, size.width as usize]
}

/// A map twice as high and wide, each cell four times.
pub(crate) fn twice(map: &[f32], columns: usize) -> Vec<f32> {
    let mut enlarged = Vec::with_capacity(4 * map.len());
    for row in map.chunks_exact(columns.max(1)) {
        for _ in 0..2 {
            enlarged.extend(row.iter().flat_map(|&value| [value; 2]));
        }
    }
    enlarged
}

#[cfg(test)]
mod tests;
