//! A mixture of Gaussians with full covariances, learned as GrabCut does: each point belongs to one component.

/// Components of a mixture.
const COMPONENTS: usize = 5;
/// Rounds of k-means at the start.
const ROUNDS: usize = 5;
/// Added to each variance: values are whole grey levels, so less than a tenth of one tells nothing.
const LEAST_VARIANCE: f64 = 0.01;

struct Component<const C: usize> {
    mean: [f64; C],
    /// Cholesky factor of the covariance, lower.
    lower: [[f64; C]; C],
    /// Logarithm of its share over the root of the determinant.
    ln_scale: f64,
}

pub(super) struct Mixture<const C: usize> {
    components: Vec<Component<C>>,
}

impl<const C: usize> Mixture<C> {
    /// By k-means from evenly spaced brightnesses, so that the same picture gives the same mixture. None without points.
    pub(super) fn start(points: &[[f64; C]]) -> Option<Self> {
        let mut order: Vec<&[f64; C]> = points.iter().collect();
        order.sort_by(|a, b| a.iter().sum::<f64>().total_cmp(&b.iter().sum()));
        let middle = |component: usize| order.get((2 * component + 1) * order.len() / (2 * COMPONENTS));
        let mut centres: Vec<[f64; C]> = (0..COMPONENTS).filter_map(middle).map(|centre| **centre).collect();
        let nearest = |centres: &[[f64; C]], point: &[f64; C]| least(centres.iter().map(|centre| apart(centre, point)));
        for _ in 0..ROUNDS {
            let mut sums = vec![([0.0; C], 0.0); centres.len()];
            for point in points {
                let (sum, count) = &mut sums[nearest(&centres, point)];
                (0..C).for_each(|c| sum[c] += point[c]);
                *count += 1.0;
            }
            for (centre, (sum, count)) in centres.iter_mut().zip(sums).filter(|(_, (_, count))| *count > 0.0) {
                *centre = sum.map(|value| value / count);
            }
        }
        Self::of(points, centres.len(), |point| nearest(&centres, point))
    }

    /// Learned anew from points that each belong to the component that explains them best.
    pub(super) fn again(&self, points: &[[f64; C]]) -> Option<Self> {
        Self::of(points, self.components.len(), |point| {
            least(self.components.iter().map(|component| -component.ln_density(point)))
        })
    }

    fn of(points: &[[f64; C]], components: usize, belongs: impl Fn(&[f64; C]) -> usize) -> Option<Self> {
        let mut members: Vec<Vec<&[f64; C]>> = vec![Vec::new(); components];
        points.iter().for_each(|point| members[belongs(point)].push(point));
        let all = points.len() as f64;
        let learned = |members: &Vec<&[f64; C]>| Component::of(members, members.len() as f64 / all);
        let components: Vec<_> = members.iter().filter(|members| !members.is_empty()).map(learned).collect();
        (!components.is_empty()).then_some(Self { components })
    }

    /// Natural logarithm of the density, without the constant that all mixtures of so many channels share.
    pub(super) fn ln_density(&self, point: &[f64; C]) -> f64 {
        let all = || self.components.iter().map(|component| component.ln_density(point));
        let most = all().fold(f64::NEG_INFINITY, f64::max);
        most + all().map(|value| (value - most).exp()).sum::<f64>().ln()
    }
}

impl<const C: usize> Component<C> {
    fn of(points: &[&[f64; C]], share: f64) -> Self {
        let count = points.len() as f64;
        let mut mean = [0.0; C];
        points.iter().for_each(|point| (0..C).for_each(|c| mean[c] += point[c] / count));
        let mut lower = [[0.0; C]; C];
        for (row, column) in (0..C).flat_map(|row| (0..=row).map(move |column| (row, column))) {
            let product = |point: &&[f64; C]| (point[row] - mean[row]) * (point[column] - mean[column]);
            let covariance = points.iter().map(product).sum::<f64>() / count;
            let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            lower[row][column] = if row == column {
                (covariance + LEAST_VARIANCE - known).max(LEAST_VARIANCE).sqrt()
            } else {
                (covariance - known) / lower[column][column]
            };
        }
        let ln_root: f64 = (0..C).map(|c| lower[c][c].ln()).sum();
        Self { mean, lower, ln_scale: share.ln() - ln_root }
    }

    fn ln_density(&self, point: &[f64; C]) -> f64 {
        let mut whitened = [0.0; C];
        for row in 0..C {
            let known: f64 = (0..row).map(|k| self.lower[row][k] * whitened[k]).sum();
            whitened[row] = (point[row] - self.mean[row] - known) / self.lower[row][row];
        }
        self.ln_scale - whitened.iter().map(|value| value * value).sum::<f64>() / 2.0
    }
}

fn apart<const C: usize>(a: &[f64; C], b: &[f64; C]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// Place of the smallest value, of equals the first.
fn least(values: impl Iterator<Item = f64>) -> usize {
    values.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(place, _)| place)
}
