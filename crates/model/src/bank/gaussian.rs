//! Mahalanobis distances to the Gaussians of good cells, in host memory (PaDiM, arXiv 2011.08785).

/// Products that are summed side by side, so that a processor can take several at once.
const LANES: usize = 16;

/// Gaussians in host memory.
#[derive(Debug, Clone)]
pub(super) struct HostGaussians {
    /// `[places, features]`
    mean: Vec<f32>,
    /// `[places, features · (features + 1) / 2]`
    whiten: Vec<f32>,
    features: usize,
}

impl HostGaussians {
    pub(super) fn new(mean: Vec<f32>, whiten: Vec<f32>, features: usize) -> Self {
        Self { mean, whiten, features }
    }

    /// Distances of a block of reduced cells, the first of which is the picture's cell `first`. With as many Gaussians
    /// as cells each is held against its own, with one against that.
    ///
    /// # Shapes
    /// - `cells`: `[cells, reduced]`
    /// - `found`: `[cells]`
    pub(super) fn search(
        &self,
        cells: &[f32],
        reduced: usize,
        first: usize,
        found: &mut [f32],
        centred: &mut Vec<f32>,
    ) {
        let features = self.features;
        let triangle = features * (features + 1) / 2;
        let places = (self.mean.len() / features.max(1)).max(1);
        for ((offset, found), cell) in found.iter_mut().enumerate().zip(cells.chunks_exact(reduced.max(1))) {
            let place = (first + offset) % places;
            let mean = &self.mean[place * features..(place + 1) * features];
            let mut whiten = &self.whiten[place * triangle..(place + 1) * triangle];
            centred.clear();
            centred.extend(cell.iter().zip(mean).map(|(value, mean)| value - mean));
            let mut squared = 0.0;
            for width in 1..=features {
                let (row, rest) = whiten.split_at(width);
                squared += product(row, &centred[..width]).powi(2);
                whiten = rest;
            }
            *found = squared.sqrt();
        }
    }
}

fn product(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (a, b) in a.0.iter().zip(b.0) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.into_iter().sum::<f32>() + a.1.iter().zip(b.1).map(|(a, b)| a * b).sum::<f32>()
}
