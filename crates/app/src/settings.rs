//! Tables of `line.toml` that a line may do without.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sightline_store::Retention;
use sightline_watch::{NamePattern, PatternError, Subfolders, WatchConfig};

/// `[arrivals]`: which files are parts, and what their names tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArrivalSettings {
    /// How names are read, as in `{lot}/{part}_{view}`.
    pub pattern: Option<String>,
    /// Folders below the watched one that count, as in `2026-*/camera 1`; `**` at any depth.
    pub subfolders: Option<String>,
    /// Look through the folder at intervals, whether the system tells of new files or not.
    pub only_poll: bool,
}

impl ArrivalSettings {
    /// How a folder is watched with these settings.
    ///
    /// # Errors
    /// When a pattern cannot be used.
    pub fn watch_config(&self, folder: &Path) -> Result<WatchConfig, WrongPattern> {
        let wrong = |field| move |error| WrongPattern { field, error };
        let pattern = self.pattern.as_deref().map(NamePattern::new).transpose().map_err(wrong(PatternField::Name))?;
        let subfolders = Subfolders::new(self.subfolders.as_deref().unwrap_or_default());
        Ok(WatchConfig {
            pattern,
            subfolders: subfolders.map_err(wrong(PatternField::Subfolders))?,
            only_poll: self.only_poll,
            ..WatchConfig::new(folder)
        })
    }
}

/// A pattern that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} cannot be used: {error}")]
pub struct WrongPattern {
    /// Which of the two.
    pub field: PatternField,
    /// What is wrong with it, and where.
    pub error: PatternError,
}

/// A pattern of `[arrivals]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternField {
    /// How names are read.
    Name,
    /// Which folders count.
    Subfolders,
}

impl std::fmt::Display for PatternField {
    /// Its name in the table.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Name => "pattern",
            Self::Subfolders => "subfolders",
        })
    }
}

/// `[health]`: when the line raises an alarm, and where its health can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthSettings {
    /// Address and port at which health (JSON) and metrics (Prometheus) can be read; nowhere unless said.
    pub listen: Option<SocketAddr>,
    /// The address may be one that other machines reach.
    pub beyond_loopback: bool,
    /// A stage that is at one part for so many seconds has stalled.
    pub stalled_seconds: u32,
    /// Without a new part for so many seconds the source is silent; never unless said.
    pub silent_seconds: Option<u32>,
    /// Below so many free MiB the disk is nearly full.
    pub disk_free_mib: u32,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self { listen: None, beyond_loopback: false, stalled_seconds: 30, silent_seconds: None, disk_free_mib: 512 }
    }
}

/// `[keep]`: how long pictures of judged parts are kept, and how many models' files. Records are kept for ever, and the
/// camera's files are never touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepSettings {
    /// Pictures of parts that passed: days.
    pub passed_days: Option<u32>,
    /// Pictures of all others: days.
    pub other_days: Option<u32>,
    /// Parts with pictures, at most.
    pub most_parts: Option<u64>,
    /// MiB that should stay free on the disk.
    pub free_mib: Option<u64>,
    /// Files of models beyond those that are needed: the live one, a challenger beside it, the last five others that
    /// judged, the newest three, and what these were tried against. With 0 nothing but these is kept.
    pub models: u32,
}

impl Default for KeepSettings {
    fn default() -> Self {
        Self { passed_days: None, other_days: None, most_parts: None, free_mib: None, models: 20 }
    }
}

impl From<&KeepSettings> for Retention {
    fn from(keep: &KeepSettings) -> Self {
        Self {
            passed_days: keep.passed_days,
            other_days: keep.other_days,
            most_parts: keep.most_parts,
            free_bytes: keep.free_mib.map(|mib| mib.saturating_mul(1 << 20)),
        }
    }
}

/// `[check]`: known parts that must come out right before the line is released.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSettings {
    /// Folder of known good parts: none may be rejected.
    pub good: Option<PathBuf>,
    /// Folder of known bad parts: each must be rejected.
    pub bad: Option<PathBuf>,
    /// Nothing is inspected before the parts came out right.
    pub required: bool,
}
