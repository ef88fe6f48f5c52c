//! Closed lists of words.

use serde::{Deserialize, Serialize};
use specta::Type;

/// See [`sightline_core::Verdict`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum Verdict {
    Pass,
    Review,
    Reject,
    Unreadable,
}

/// See [`sightline_core::UnreadableReason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum UnreadableReason {
    Empty,
    NotAPicture,
    Damaged,
    TooLarge,
    Unsupported,
    FileError,
    JudgeError,
    NotAligned,
}

/// See [`sightline_core::LearnStage`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum LearnStage {
    Read,
    Pretrain,
    Bank,
    FineTune,
    Calibrate,
    Save,
}

/// What kind of error it is: the window has words and a next step for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "each is a sentence in the window's catalogue")]
pub enum ErrorCode {
    FolderMissing,
    FolderEmpty,
    FolderNotWritable,
    TooFewParts,
    ModelDamaged,
    ModelNewer,
    DatabaseNewer,
    DatabaseDamaged,
    DatabaseOpenElsewhere,
    LineInUse,
    LineNotReleased,
    KnownPartsWrong,
    Busy,
    BadRequest,
    Internal,
}

/// See [`sightline_core::AlarmCause`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "named as in the core")]
pub enum AlarmCause {
    SourceLost,
    SourceStalled,
    SourceSilent,
    StageStalled,
    StoreFailing,
    DatabaseRestored,
    OutputFailing,
    DeviceLost,
    DriverLate,
    ModelRefused,
    DiskLow,
    BackupFailing,
}

impl From<sightline_core::AlarmCause> for AlarmCause {
    fn from(cause: sightline_core::AlarmCause) -> Self {
        use sightline_core::AlarmCause as Core;
        match cause {
            Core::SourceLost => Self::SourceLost,
            Core::SourceStalled => Self::SourceStalled,
            Core::SourceSilent => Self::SourceSilent,
            Core::StageStalled => Self::StageStalled,
            Core::StoreFailing => Self::StoreFailing,
            Core::DatabaseRestored => Self::DatabaseRestored,
            Core::OutputFailing => Self::OutputFailing,
            Core::DeviceLost => Self::DeviceLost,
            Core::DriverLate => Self::DriverLate,
            Core::ModelRefused => Self::ModelRefused,
            Core::DiskLow => Self::DiskLow,
            Core::BackupFailing => Self::BackupFailing,
        }
    }
}

impl From<sightline_core::Verdict> for Verdict {
    fn from(verdict: sightline_core::Verdict) -> Self {
        match verdict {
            sightline_core::Verdict::Pass => Self::Pass,
            sightline_core::Verdict::Review => Self::Review,
            sightline_core::Verdict::Reject => Self::Reject,
            sightline_core::Verdict::Unreadable => Self::Unreadable,
        }
    }
}

impl From<Verdict> for sightline_core::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Review => Self::Review,
            Verdict::Reject => Self::Reject,
            Verdict::Unreadable => Self::Unreadable,
        }
    }
}

impl From<sightline_core::UnreadableReason> for UnreadableReason {
    fn from(reason: sightline_core::UnreadableReason) -> Self {
        use sightline_core::UnreadableReason as Core;
        match reason {
            Core::Empty => Self::Empty,
            Core::NotAPicture => Self::NotAPicture,
            Core::Damaged => Self::Damaged,
            Core::TooLarge => Self::TooLarge,
            Core::Unsupported => Self::Unsupported,
            Core::FileError => Self::FileError,
            Core::JudgeError => Self::JudgeError,
            Core::NotAligned => Self::NotAligned,
        }
    }
}

impl From<sightline_core::Code> for ErrorCode {
    fn from(code: sightline_core::Code) -> Self {
        use sightline_core::Code as Core;
        match code {
            Core::FolderMissing => Self::FolderMissing,
            Core::FolderEmpty => Self::FolderEmpty,
            Core::FolderNotWritable => Self::FolderNotWritable,
            Core::TooFewParts => Self::TooFewParts,
            Core::ModelDamaged => Self::ModelDamaged,
            Core::ModelNewer => Self::ModelNewer,
            Core::DatabaseNewer => Self::DatabaseNewer,
            Core::DatabaseDamaged => Self::DatabaseDamaged,
            Core::DatabaseOpenElsewhere => Self::DatabaseOpenElsewhere,
            Core::LineInUse => Self::LineInUse,
            Core::LineNotReleased => Self::LineNotReleased,
            Core::KnownPartsWrong => Self::KnownPartsWrong,
            Core::Busy => Self::Busy,
            Core::BadRequest => Self::BadRequest,
            // A cancel is announced without an error; one that arrives as a failure is a surprise.
            Core::Cancelled | Core::Internal => Self::Internal,
        }
    }
}

impl From<sightline_core::LearnStage> for LearnStage {
    fn from(stage: sightline_core::LearnStage) -> Self {
        match stage {
            sightline_core::LearnStage::Read => Self::Read,
            sightline_core::LearnStage::Pretrain => Self::Pretrain,
            sightline_core::LearnStage::Bank => Self::Bank,
            sightline_core::LearnStage::FineTune => Self::FineTune,
            sightline_core::LearnStage::Calibrate => Self::Calibrate,
            sightline_core::LearnStage::Save => Self::Save,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sightline_core::Code;

    #[test]
    fn a_code_has_one_name_for_the_window_and_for_other_programs() {
        for (code, name) in Code::NAMES {
            let shown = serde_json::to_value(ErrorCode::from(code)).unwrap();
            let expected = if code == Code::Cancelled { "internal" } else { name };
            assert_eq!(shown, expected, "{code:?}");
        }
        for (cause, name) in sightline_core::AlarmCause::NAMES {
            assert_eq!(serde_json::to_value(AlarmCause::from(cause)).unwrap(), name, "{cause:?}");
        }
    }
}
