//! What can be chosen about the memory bank.

use serde::{Deserialize, Serialize};

/// What the memory bank remembers of good cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BankKind {
    /// Some of the cells: the default.
    #[default]
    Coreset,
    /// Means and covariances, lighter: one for each place where a cell's place counts, else one for all cells.
    Gaussian,
}

/// How features are made comparable before the memory bank measures distances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BankWhiten {
    /// Not at all: the features as the network gives them.
    None,
    /// Each divided by its standard deviation: the default.
    #[default]
    Standardise,
    /// Each in its standard deviations, then all turned and stretched so that none goes along with another.
    Whiten,
}
