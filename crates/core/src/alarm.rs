//! What keeps a line from inspecting as it should, told until it is over.

/// What kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlarmCause {
    /// The watched folder cannot be read.
    SourceLost,
    /// Looking at the watched folder does not come back, as on a share whose server is gone.
    SourceStalled,
    /// No file came for longer than the line was set up for.
    SourceSilent,
    /// A stage is at one part for too long.
    StageStalled,
    /// Verdicts cannot be stored.
    StoreFailing,
    /// The database was damaged; its backup took its place.
    DatabaseRestored,
    /// Verdicts cannot be told to an output.
    OutputFailing,
    /// The device that should judge failed or gave wrong results; the CPU judges.
    DeviceLost,
    /// A graphics card's driver did not answer when devices were looked for; the CPU judges until the next start.
    DriverLate,
    /// Another model was made the one that judges and cannot be taken up; the one before goes on.
    ModelRefused,
    /// The disk is nearly full.
    DiskLow,
    /// The database could not be backed up.
    BackupFailing,
}

impl AlarmCause {
    /// All causes with their names in files and messages.
    pub const NAMES: [(Self, &'static str); 12] = [
        (Self::SourceLost, "sourceLost"),
        (Self::SourceStalled, "sourceStalled"),
        (Self::SourceSilent, "sourceSilent"),
        (Self::StageStalled, "stageStalled"),
        (Self::StoreFailing, "storeFailing"),
        (Self::DatabaseRestored, "databaseRestored"),
        (Self::OutputFailing, "outputFailing"),
        (Self::DeviceLost, "deviceLost"),
        (Self::DriverLate, "driverLate"),
        (Self::ModelRefused, "modelRefused"),
        (Self::DiskLow, "diskLow"),
        (Self::BackupFailing, "backupFailing"),
    ];

    /// The cause's name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(cause, _)| *cause == self).map_or("", |(_, name)| name)
    }
}

/// A trouble that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// What kind.
    pub cause: AlarmCause,
    /// In words, with path, stage or device.
    pub detail: String,
    /// Since when, in milliseconds since 1970.
    pub since_millis: i64,
}
