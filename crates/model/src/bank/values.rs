//! What a memory bank is made of, as learning gives it and the model file carries it.

use serde::{Deserialize, Serialize};

use crate::PLACE;

/// From a cell as the network gives it to one as the bank compares it: standardised, and mixed where asked for. The
/// place, the last dimensions, is weighed and never mixed.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduction {
    /// `[dimensions]`
    pub mean: Vec<f32>,
    /// `[dimensions]`: 1 / standard deviation; the weight of the place.
    pub scale: Vec<f32>,
    /// `[mixed, dimensions - PLACE]`, row by row: whitens standardised features, projects them, or both; empty leaves
    /// them as they are.
    pub matrix: Vec<f32>,
}

/// How good cells are remembered.
#[derive(Debug, Clone, PartialEq)]
pub enum Good {
    /// Some of the cells; a new one is as strange as it is far from the nearest of them (PatchCore, arXiv 2106.08265).
    Coreset {
        /// `[kept, reduced]`
        rows: Vec<f32>,
    },
    /// Mean and covariance of the features; a new cell is as strange as its Mahalanobis distance (PaDiM, arXiv
    /// 2011.08785). One for all cells, or one for each place of the map.
    Gaussians {
        /// `[places, features]`
        mean: Vec<f32>,
        /// `[places, features · (features + 1) / 2]`: the inverse of the covariance's Cholesky factor, row by row up to
        /// the diagonal. |whiten · (x − mean)| is the distance.
        whiten: Vec<f32>,
    },
}

/// A bank before it is put where it is searched.
#[derive(Debug, Clone, PartialEq)]
pub struct BankValues {
    /// What is done to a cell first.
    pub reduction: Reduction,
    /// What it is compared with.
    pub good: Good,
}

/// What the model card says about the bank. Nothing is a coreset of standardised cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankCard {
    /// Dimensions that a cell's features are mixed to, where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixed: Option<usize>,
    /// Gaussians in place of a coreset: one, or one for each cell of the map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gaussians: Option<usize>,
}

impl BankCard {
    /// Whether it says nothing.
    pub(crate) fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

impl Reduction {
    /// Standardises alone.
    pub fn standardise(mean: Vec<f32>, scale: Vec<f32>) -> Self {
        Self { mean, scale, matrix: Vec::new() }
    }

    /// Dimensions of a cell as the network gives it.
    pub fn dimensions(&self) -> usize {
        self.mean.len()
    }

    /// Dimensions of a cell's features, without its place.
    pub fn features(&self) -> usize {
        self.dimensions().saturating_sub(PLACE)
    }

    /// Dimensions that features are mixed to, where they are.
    pub fn mixed(&self) -> Option<usize> {
        (!self.matrix.is_empty()).then(|| self.matrix.len() / self.features().max(1))
    }

    /// Dimensions of a cell as the bank compares it: features, then its place.
    pub fn reduced(&self) -> usize {
        self.mixed().map_or(self.dimensions(), |mixed| mixed + PLACE)
    }
}

impl BankValues {
    /// A coreset of standardised cells.
    pub fn coreset(mean: Vec<f32>, scale: Vec<f32>, rows: Vec<f32>) -> Self {
        Self { reduction: Reduction::standardise(mean, scale), good: Good::Coreset { rows } }
    }

    /// What the model card says about it.
    pub fn card(&self) -> BankCard {
        let features = self.reduction.reduced().saturating_sub(PLACE).max(1);
        let gaussians = match &self.good {
            Good::Coreset { .. } => None,
            Good::Gaussians { mean, .. } => Some(mean.len() / features),
        };
        BankCard { mixed: self.reduction.mixed(), gaussians }
    }

    /// All values, in the model file's order.
    pub(crate) fn parts(&self) -> [&[f32]; 5] {
        let Reduction { mean, scale, matrix } = &self.reduction;
        let [first, second]: [&[f32]; 2] = match &self.good {
            Good::Coreset { rows } => [rows, &[]],
            Good::Gaussians { mean, whiten } => [mean, whiten],
        };
        [mean, scale, matrix, first, second]
    }

    /// The bank that a card describes. None when the values are more or fewer than it needs: a card is read from a file
    /// and may claim any number, so nothing is multiplied unchecked or set aside before the values are there.
    pub(crate) fn from_parts(card: BankCard, dimensions: usize, values: &[f32]) -> Option<Self> {
        let features = dimensions.checked_sub(PLACE)?;
        let (mean, rest) = values.split_at_checked(dimensions)?;
        let (scale, rest) = rest.split_at_checked(dimensions)?;
        let (matrix, rest) = rest.split_at_checked(card.mixed.unwrap_or(0).checked_mul(features)?)?;
        let reduction = Reduction { mean: mean.to_vec(), scale: scale.to_vec(), matrix: matrix.to_vec() };
        if reduction.mixed() != card.mixed {
            return None;
        }
        let good = match card.gaussians {
            None => {
                let whole = !rest.is_empty() && rest.len().is_multiple_of(reduction.reduced());
                whole.then(|| Good::Coreset { rows: rest.to_vec() })?
            }
            Some(places) => {
                let features = card.mixed.unwrap_or(features);
                let (mean, whiten) = rest.split_at_checked(places.checked_mul(features)?)?;
                let fits = !mean.is_empty() && Some(whiten.len()) == places.checked_mul(triangle(features)?);
                fits.then(|| Good::Gaussians { mean: mean.to_vec(), whiten: whiten.to_vec() })?
            }
        };
        Some(Self { reduction, good })
    }

    /// Whether all values are numbers.
    pub(crate) fn is_finite(&self) -> bool {
        self.parts().into_iter().flatten().all(|value| value.is_finite())
    }
}

/// Values of a triangle with its diagonal.
fn triangle(side: usize) -> Option<usize> {
    Some(side.checked_mul(side.checked_add(1)?)? / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::values;

    #[test]
    fn every_bank_comes_back_and_lengths_that_do_not_fit_are_refused() {
        let (mean, scale) = (values(5, 0.1), values(5, 0.2));
        let reduction = |mixed: usize| Reduction { matrix: values(3 * mixed, 0.3), ..plain(&mean, &scale) };
        let gaussians = |places: usize, features: usize| Good::Gaussians {
            mean: values(places * features, 0.4),
            whiten: values(places * features * (features + 1) / 2, 0.5),
        };
        let banks = [
            (plain(&mean, &scale), Good::Coreset { rows: values(4 * 5, 0.6) }, None, None),
            (reduction(2), Good::Coreset { rows: values(6 * 4, 0.6) }, Some(2), None),
            (plain(&mean, &scale), gaussians(7, 3), None, Some(7)),
            (reduction(2), gaussians(1, 2), Some(2), Some(1)),
        ];
        for (reduction, good, mixed, gaussians) in banks {
            let bank = BankValues { reduction, good };
            let card = bank.card();
            assert_eq!((card.mixed, card.gaussians), (mixed, gaussians));
            assert_eq!(card.is_plain(), (mixed, gaussians) == (None, None));
            let all = bank.parts().concat();
            assert_eq!(BankValues::from_parts(card, 5, &all).unwrap(), bank);
            assert_eq!(BankValues::from_parts(card, 5, &all[..all.len() - 1]), None);
            assert_eq!(BankValues::from_parts(card, 5, &[&all[..], &[0.0]].concat()), None);
            for wild in [0, usize::MAX, usize::MAX / 3 + 1] {
                let claims = [
                    (BankCard { mixed: Some(wild), ..card }, 5),
                    (BankCard { gaussians: Some(wild), ..card }, 5),
                    (BankCard { mixed: Some(wild), gaussians: Some(wild) }, 5),
                    (card, wild),
                    (card, 1),
                ];
                for (claim, dimensions) in claims {
                    assert_eq!(BankValues::from_parts(claim, dimensions, &all), None, "{claim:?}, {dimensions}");
                }
            }
        }
    }

    fn plain(mean: &[f32], scale: &[f32]) -> Reduction {
        Reduction::standardise(mean.to_vec(), scale.to_vec())
    }
}
