//! What can go wrong in a use-case, with a code for screens and programs.

use std::error::Error;
use std::path::PathBuf;

use sightline_core::label::MaskError;
use sightline_core::{Code, Feedback, Verdict};
use sightline_image::ReadError;
use sightline_labels::LabelFileError;
use sightline_model::ModelError;
use sightline_outputs::OutputError;
use sightline_store::StoreError;
use sightline_train::TrainError;
use sightline_watch::WatchError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A folder that is not there.
    #[error("the folder {path} does not exist")]
    FolderMissing {
        /// Which.
        path: PathBuf,
    },
    /// A folder without a picture.
    #[error("the folder {path} holds no pictures (PNG, JPEG, BMP, TIFF, WebP, PGM or PPM)")]
    FolderEmpty {
        /// Which.
        path: PathBuf,
    },
    /// A folder that cannot be written.
    #[error("the folder {path} cannot be written: {detail}")]
    FolderNotWritable {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        detail: String,
    },
    /// A folder without a line in it.
    #[error("{path} is not a Sightline line; make one with `sightline init`")]
    NotALine {
        /// Which.
        path: PathBuf,
    },
    /// Settings that cannot be read.
    #[error("the settings {path} cannot be used: {detail}")]
    Settings {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the place.
        detail: String,
    },
    /// A folder with too few good parts to learn anything from.
    #[error("the folder {path} holds {found} readable good parts; at least {needed} are needed to learn from")]
    TooFewParts {
        /// Which.
        path: PathBuf,
        /// How many there are.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// Nothing has been learned on this line yet.
    #[error("the line {path} has no model yet; learn one with `sightline learn`")]
    NoModel {
        /// Which line.
        path: PathBuf,
    },
    /// A model that the line does not have.
    #[error("the line has no model, or more than one, whose id begins with {id}; `sightline models` lists them")]
    NoSuchModel {
        /// What was asked for.
        id: String,
    },
    /// A model that did not pass its trial.
    #[error("the model {id} may not judge: it did not pass its trial against the one that judged then: {report}")]
    NotPromoted {
        /// Which one.
        id: String,
        /// What was compared, as JSON.
        report: String,
    },
    /// A model of another line that looks at parts in another way.
    #[error("the model does not fit this line: {what} of its recipe is not as it is set up here")]
    OtherRecipe {
        /// What differs.
        what: &'static str,
    },
    /// There is no way back.
    #[error("no other model judged before on the line {path}")]
    NothingBefore {
        /// Which line.
        path: PathBuf,
    },
    /// A model that cannot be used.
    #[error("the model {path} cannot be used: {source}")]
    Model {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ModelError,
    },
    /// A file operation failed.
    #[error("{step} {path} failed: {source}")]
    File {
        /// What was tried.
        step: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A picture that cannot be used for what was asked.
    #[error("the picture {path} cannot be used: {detail}")]
    Picture {
        /// Which.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// A data set without the expected folders.
    #[error("{path} is not a data set: {detail}")]
    Dataset {
        /// Which folder or file.
        path: PathBuf,
        /// What is missing.
        detail: String,
    },
    /// The training process ended without a result.
    #[error("the learning process ended without a result: {detail}")]
    Worker {
        /// Its last words.
        detail: String,
    },
    /// The training process reported a failure.
    #[error("{detail}")]
    WorkerFailed {
        /// What it was.
        code: Code,
        /// In words.
        detail: String,
    },
    /// A part that is not there.
    #[error("there is no part \"{name}\" on this line")]
    NoPart {
        /// Number or file name.
        name: String,
    },
    /// An answer that makes no sense for the verdict.
    #[error("{feedback:?} makes no sense for part {part}, whose verdict is {verdict:?}")]
    Feedback {
        /// The part.
        part: i64,
        /// The answer.
        feedback: Feedback,
        /// The verdict.
        verdict: Verdict,
    },
    /// Labels of pictures that this line has not seen.
    #[error("{count} labelled pictures are not known on this line, the first is \"{first}\"; nothing was taken over")]
    UnknownPictures {
        /// How many.
        count: usize,
        /// The name of the first.
        first: String,
    },
    /// A picture that is gone, or another one than was judged.
    #[error("the picture {path} is gone or has changed since it was judged")]
    PictureGone {
        /// Which file.
        path: PathBuf,
    },
    /// A mask that cannot be.
    #[error(transparent)]
    Mask(#[from] MaskError),
    /// A label file.
    #[error(transparent)]
    Labels(#[from] LabelFileError),
    /// A learning run is going on already.
    #[error("a learning run is going on already")]
    Busy,
    /// The address for the line's health cannot be had.
    #[error("health cannot be told at {address}: {source}")]
    HealthPort {
        /// Which.
        address: std::net::SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A model is not let judge that judges known parts wrongly. What judged before goes on.
    #[error("the model judges known parts wrongly, and is not let judge: {detail}")]
    KnownPartsWrong {
        /// What came out wrong.
        detail: String,
    },
    /// Known parts came out wrong, or there are none.
    #[error("the line is not released: {detail}")]
    NotReleased {
        /// What came out wrong.
        detail: String,
    },
    /// The line's memory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The watched folder.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// Learning.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The device.
    #[error(transparent)]
    Device(#[from] ModelError),
    /// A picture's file.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An output.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl AppError {
    /// The code of this error.
    pub fn code(&self) -> Code {
        match self {
            Self::FolderMissing { .. } | Self::Watch(WatchError::Missing { .. }) => Code::FolderMissing,
            Self::FolderEmpty { .. } => Code::FolderEmpty,
            Self::FolderNotWritable { .. } | Self::Store(StoreError::NotWritable { .. }) => Code::FolderNotWritable,
            Self::TooFewParts { .. } | Self::Train(TrainError::TooFewParts { .. }) => Code::TooFewParts,
            Self::Train(TrainError::Cancelled) => Code::Cancelled,
            Self::Train(TrainError::Setting { .. } | TrainError::TooFewLabels { .. })
            | Self::NoSuchModel { .. }
            | Self::NotPromoted { .. }
            | Self::NothingBefore { .. }
            | Self::OtherRecipe { .. }
            | Self::NotALine { .. }
            | Self::NoModel { .. }
            | Self::Settings { .. }
            | Self::Dataset { .. }
            | Self::Picture { .. }
            | Self::NoPart { .. }
            | Self::Feedback { .. }
            | Self::UnknownPictures { .. }
            | Self::PictureGone { .. }
            | Self::Mask(_)
            | Self::Labels(_)
            | Self::Store(
                StoreError::NoPart { .. }
                | StoreError::NoClass { .. }
                | StoreError::Class(_)
                | StoreError::Label { .. },
            )
            | Self::Watch(_) => Code::BadRequest,
            Self::Model { source: ModelError::Newer { .. }, .. } => Code::ModelNewer,
            Self::Model { .. } | Self::Store(StoreError::ModelDamaged { .. } | StoreError::ModelGone { .. }) => {
                Code::ModelDamaged
            }
            Self::Busy => Code::Busy,
            Self::HealthPort { .. } => Code::BadRequest,
            Self::NotReleased { .. } => Code::LineNotReleased,
            Self::KnownPartsWrong { .. } => Code::KnownPartsWrong,
            Self::Store(StoreError::InUse { .. }) => Code::LineInUse,
            Self::Store(StoreError::OpenElsewhere { .. }) => Code::DatabaseOpenElsewhere,
            Self::Store(StoreError::Newer { .. }) => Code::DatabaseNewer,
            Self::Store(StoreError::Damaged { .. }) => Code::DatabaseDamaged,
            Self::WorkerFailed { code, .. } => *code,
            _ => Code::Internal,
        }
    }

    /// Whether a person asked for this end.
    pub fn is_cancel(&self) -> bool {
        self.code() == Code::Cancelled
    }
}

/// An error with its causes as one sentence. A cause that the error itself has told already is not told again.
pub fn in_words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !words.ends_with(&said) {
            words.push_str(": ");
            words.push_str(&said);
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let system = || std::io::Error::other("no space left");
        let told = AppError::File { step: "writing", path: "a.csv".into(), source: system() };
        assert_eq!(in_words(&told), "writing a.csv failed: no space left");
        let untold = StoreError::File { step: "writing", path: "b.jpg".into(), source: system() };
        assert_eq!(in_words(&AppError::from(untold)), "writing b.jpg failed: no space left");
    }
}
