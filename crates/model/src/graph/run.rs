//! The exported graph on a CPU, by `rten`: the same file that other programs get, from memory.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, ValueView, op_registry};

use super::seats::Seats;
use super::{CELLS, DEFECT, PICTURES};
use crate::ModelError;

/// A loaded graph.
pub(crate) struct Graph {
    model: Model,
    pictures: NodeId,
    outputs: [NodeId; 2],
    spent_nanos: AtomicU64,
}

/// What the network says about one picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PictureMaps {
    /// `[height / 4 · width / 4]`: logits of the per-pixel head.
    pub(crate) defect: Vec<f32>,
    /// `[cells · dimensions]`: cells at stride 8, row by row.
    pub(crate) cells: Vec<f32>,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph").field("parameters", &self.model.total_params()).finish_non_exhaustive()
    }
}

impl Graph {
    /// Reads an exported file.
    ///
    /// # Errors
    /// When the runtime cannot use it.
    pub(crate) fn load(onnx: Vec<u8>) -> Result<Self, ModelError> {
        let operators = op_registry!(
            Add,
            AveragePool,
            Concat,
            Conv,
            Erf,
            Expand,
            LayerNormalization,
            MatMul,
            MaxPool,
            Mul,
            Relu,
            Reshape,
            Resize,
            Shape,
            Slice,
            Softmax,
            Transpose
        );
        let model = ModelOptions::with_ops(operators).load(onnx).map_err(|error| failed("loading the graph", error))?;
        let id = |name| model.node_id(name).map_err(|error| failed("loading the graph", error));
        let (pictures, outputs) = (id(PICTURES)?, [id(DEFECT)?, id(CELLS)?]);
        Ok(Self { model, pictures, outputs, spent_nanos: AtomicU64::new(0) })
    }

    /// Runs the graph on each picture, and `then` on what came out, in the pictures' order. Each picture runs alone, so
    /// that its values are the same bits whatever batch it came in: with several, threads take a picture each, with one
    /// they share it.
    ///
    /// # Errors
    /// When a picture has another shape than the graph's, or the runtime fails.
    pub(crate) fn each<T: Send>(
        &self,
        shape: [usize; 3],
        pictures: &[Vec<f32>],
        then: impl Fn(PictureMaps) -> T + Sync,
    ) -> Result<Vec<T>, ModelError> {
        let (pool, began) = (threads(), Instant::now());
        let [network, all] = [AtomicU64::new(0), AtomicU64::new(0)];
        let _seated = seats().take();
        let outcome = pool.run(|| {
            let each = pictures.par_iter().map(|picture| {
                let began = Instant::now();
                let maps = self.maps(shape, picture, pool)?;
                add(&network, began.elapsed());
                let outcome = then(maps);
                add(&all, began.elapsed());
                Ok(outcome)
            });
            each.collect()
        });
        // Pictures run beside each other: of the time that passed, the network has its share of all that was done.
        let [network, all] = [network, all].map(|nanos| nanos.into_inner() as f64);
        add(&self.spent_nanos, began.elapsed().mul_f64(if all > 0.0 { (network / all).min(1.0) } else { 0.0 }));
        outcome
    }

    /// How long it has run since it was loaded, without what was made of its maps.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent_nanos.load(Ordering::Relaxed))
    }

    fn maps(
        &self,
        [channels, height, width]: [usize; 3],
        picture: &[f32],
        pool: &Arc<ThreadPool>,
    ) -> Result<PictureMaps, ModelError> {
        let picture = ValueView::from_shape([1, channels, height, width], picture).map_err(|e| failed("reading", e))?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let inputs = vec![(self.pictures, picture.into())];
        let outputs = self.model.run_n(inputs, self.outputs, Some(options)).map_err(|e| failed("encoding", e))?;
        let [defect, cells] = outputs;
        let (_, defect) = defect.into_shape_vec::<f32, 3>().map_err(|e| failed("reading maps", e))?;
        let (_, cells) = cells.into_shape_vec::<f32, 3>().map_err(|e| failed("reading maps", e))?;
        Ok(PictureMaps { defect, cells })
    }
}

fn add(nanos: &AtomicU64, time: Duration) {
    nanos.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
}

/// Threads that all graphs of this process share; as many as the rest of its arithmetic has (`RAYON_NUM_THREADS` bounds
/// both), so that a second loaded model brings no more.
fn threads() -> &'static Arc<ThreadPool> {
    static THREADS: OnceLock<Arc<ThreadPool>> = OnceLock::new();
    THREADS.get_or_init(|| Arc::new(ThreadPool::with_num_threads(thread_count())))
}

fn seats() -> &'static Seats {
    static SEATS: OnceLock<Seats> = OnceLock::new();
    SEATS.get_or_init(|| Seats::of(threads()))
}

/// See [`threads`].
pub(crate) fn thread_count() -> usize {
    rayon::current_num_threads()
}

fn failed(step: &'static str, error: impl fmt::Display) -> ModelError {
    ModelError::Device { device: "cpu".to_owned(), step, detail: error.to_string() }
}
