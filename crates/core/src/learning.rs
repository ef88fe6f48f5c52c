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
    /// How often the fixed parts were looked at so far; each look replaces the picture of what is found on them.
    pub looks: u64,
    /// All that is to be known about the run so far; an early warning stays beside later ones.
    pub warnings: Vec<LearnWarning>,
}

/// What a person should know about a run that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LearnWarning {
    /// A checkpoint is there but of no use, for this reason: learning started anew.
    CheckpointRefused(String),
    /// The last checkpoint could not be written, for this reason: a stopped run would go on from an earlier one.
    CheckpointNotWritten(String),
    /// The features say the same about every part; their spread as a percentage of that of independent ones.
    Collapsed(u32),
    /// Half precision gave no number at this step: the run went on in single precision, more slowly.
    SinglePrecision(u64),
    /// Kernels for this graphics card are compiled and tried out before its first step; the first time takes minutes.
    DevicePrepares(String),
    /// Drivers of graphics cards did not answer when devices were looked for: the CPU learns.
    DriverLate,
}

impl std::fmt::Display for LearnWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CheckpointRefused(reason) => {
                write!(f, "learning starts anew, the checkpoint cannot be used: {reason}")
            }
            Self::CheckpointNotWritten(reason) => write!(f, "the checkpoint could not be written: {reason}"),
            Self::Collapsed(percent) => {
                write!(f, "the features look collapsed: their spread is {percent} % of that of independent ones")
            }
            Self::SinglePrecision(step) => {
                write!(f, "half precision gave no number at step {step}: the run goes on in single precision")
            }
            Self::DevicePrepares(device) => write!(f, "{device} gets ready, which takes minutes the first time"),
            Self::DriverLate => write!(f, "drivers of graphics cards did not answer in time: the CPU learns"),
        }
    }
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
