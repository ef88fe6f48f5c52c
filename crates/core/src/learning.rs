//! How a learning run reports itself.

/// The stages of a learning run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LearnStage {
    /// Decoding the good parts.
    Read,
    /// Contrastive pretraining with synthetic defects.
    Pretrain,
    /// Collecting features and choosing the memory bank.
    Bank,
    /// Learning from labelled defects.
    FineTune,
    /// Scoring held-out good parts and setting the limits.
    Calibrate,
    /// Writing the model.
    Save,
}

/// One report of a running stage.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnProgress {
    /// Which stage.
    pub stage: LearnStage,
    /// Steps done in this stage.
    pub done: u64,
    /// Steps in this stage.
    pub total: u64,
    /// Estimate for the whole run, in seconds; none while unknown.
    pub seconds_left: Option<f64>,
    /// Training loss, while pretraining.
    pub loss: Option<f64>,
    /// How the features look, while pretraining; none before the first look.
    pub health: Option<LearnHealth>,
    /// A warning that the run looks dead (collapsed features), in plain words.
    pub warning: Option<String>,
}

/// How far the features of a running stage are from saying the same about every part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnHealth {
    /// Mean squared distance of two views of a part; small is good.
    pub alignment: f64,
    /// 0 when all parts are told alike, −4 when they lie as far apart as can be.
    pub uniformity: f64,
    /// Spread of the features as a share of that of independent ones; 0 is collapse.
    pub spread: f64,
}
