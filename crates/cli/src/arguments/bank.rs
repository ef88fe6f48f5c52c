//! Settings of the memory bank.

use clap::{Args, ValueEnum};
use sightline_app::{BankKind, BankWhiten, LearnConfig};

#[derive(Debug, Args)]
pub(crate) struct BankArguments {
    /// What the memory bank remembers; coreset unless said. Gaussians are lighter.
    #[arg(long, value_enum)]
    pub(crate) bank: Option<BankArgument>,
    /// How features are made comparable for the memory bank; standardise unless said.
    #[arg(long, value_enum)]
    pub(crate) bank_whiten: Option<WhitenArgument>,
    /// Dimensions that the memory bank's features are projected to at random; 0 keeps all of them.
    #[arg(long)]
    pub(crate) bank_projection: Option<usize>,
    /// Hard cap of the memory bank in MiB.
    #[arg(long)]
    pub(crate) bank_mib: Option<usize>,
    /// How much a cell's place counts in the memory bank; 0 for textures. Above 0 there is a Gaussian for each place.
    #[arg(long)]
    pub(crate) place_weight: Option<f32>,
    /// Weight of the memory bank in the score; the synthetic-defect head has 1.
    #[arg(long)]
    pub(crate) bank_weight: Option<f64>,
}

impl BankArguments {
    /// The configuration with what was said overruled.
    pub(crate) fn apply(&self, config: LearnConfig) -> LearnConfig {
        LearnConfig {
            bank_kind: self.bank.map_or(config.bank_kind, Into::into),
            bank_whiten: self.bank_whiten.map_or(config.bank_whiten, Into::into),
            bank_projection: self.bank_projection.unwrap_or(config.bank_projection),
            bank_mib: self.bank_mib.unwrap_or(config.bank_mib),
            bank_place_weight: self.place_weight.unwrap_or(config.bank_place_weight),
            bank_weight: self.bank_weight.unwrap_or(config.bank_weight),
            ..config
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BankArgument {
    /// Some of the good parts' cells; the nearest counts.
    Coreset,
    /// Means and covariances of the good parts' cells.
    Gaussian,
}

impl From<BankArgument> for BankKind {
    fn from(bank: BankArgument) -> Self {
        match bank {
            BankArgument::Coreset => Self::Coreset,
            BankArgument::Gaussian => Self::Gaussian,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum WhitenArgument {
    /// Not at all.
    None,
    /// Each feature divided by its standard deviation.
    Standardise,
    /// By the covariance of all features (Ledoit and Wolf's, with a ridge of 0.01).
    Whiten,
}

impl From<WhitenArgument> for BankWhiten {
    fn from(whiten: WhitenArgument) -> Self {
        match whiten {
            WhitenArgument::None => Self::None,
            WhitenArgument::Standardise => Self::Standardise,
            WhitenArgument::Whiten => Self::Whiten,
        }
    }
}
