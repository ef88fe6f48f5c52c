//! Failures that a screen has words and a next step for.

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A folder does not exist.
    FolderMissing,
    /// A folder holds no pictures.
    FolderEmpty,
    /// A folder cannot be written.
    FolderNotWritable,
    /// Too few readable good parts.
    TooFewParts,
    /// A model file is damaged.
    ModelDamaged,
    /// A model file comes from a newer version.
    ModelNewer,
    /// The database comes from a newer version.
    DatabaseNewer,
    /// The database is damaged.
    DatabaseDamaged,
    /// The database is damaged, and another process has it open.
    DatabaseOpenElsewhere,
    /// Another process inspects on the line.
    LineInUse,
    /// Known parts came out wrong, or none are there: the line is not released.
    LineNotReleased,
    /// A model judges known parts wrongly and is not let judge.
    KnownPartsWrong,
    /// A learning run is going on already.
    Busy,
    /// A person cancelled.
    Cancelled,
    /// What the caller gave does not make sense.
    BadRequest,
    /// Anything else.
    Internal,
}

impl Code {
    /// All codes with their names in files and messages.
    pub const NAMES: [(Self, &'static str); 16] = [
        (Self::FolderMissing, "folderMissing"),
        (Self::FolderEmpty, "folderEmpty"),
        (Self::FolderNotWritable, "folderNotWritable"),
        (Self::TooFewParts, "tooFewParts"),
        (Self::ModelDamaged, "modelDamaged"),
        (Self::ModelNewer, "modelNewer"),
        (Self::DatabaseNewer, "databaseNewer"),
        (Self::DatabaseDamaged, "databaseDamaged"),
        (Self::DatabaseOpenElsewhere, "databaseOpenElsewhere"),
        (Self::LineInUse, "lineInUse"),
        (Self::LineNotReleased, "lineNotReleased"),
        (Self::KnownPartsWrong, "knownPartsWrong"),
        (Self::Busy, "busy"),
        (Self::Cancelled, "cancelled"),
        (Self::BadRequest, "badRequest"),
        (Self::Internal, "internal"),
    ];

    /// The code's name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(code, _)| *code == self).map_or("internal", |(_, name)| name)
    }

    /// The code with a name; an unknown name is `Internal`.
    pub fn named(name: &str) -> Self {
        Self::NAMES.iter().find(|(_, known)| *known == name).map_or(Self::Internal, |(code, _)| *code)
    }
}

/// A failure as it is told to a screen or another process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind.
    pub code: Code,
    /// In words, with path, size or step.
    pub detail: String,
}
