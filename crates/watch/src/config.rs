//! What is watched, and how patiently.

use std::path::PathBuf;

use crate::{NamePattern, Subfolders};

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchConfig {
    /// Where the camera writes to.
    pub folder: PathBuf,
    /// Which folders below it count.
    pub subfolders: Subfolders,
    /// What file names tell about their parts; none when they tell nothing.
    pub pattern: Option<NamePattern>,
    /// Endings of pictures, in lower case and without the dot; files with other endings are ignored.
    pub endings: Vec<String>,
    /// A file has settled when its size and modification time were the same for so long. Where the folder is polled, at
    /// least `poll_millis`: nobody tells there when a writer has finished.
    pub settle_millis: u64,
    /// The same for an empty file, which many cameras create before they write to it.
    pub empty_settle_millis: u64,
    /// The same for a file that its writer holds open, as far as the system tells; it is taken only lest it be lost.
    pub open_settle_millis: u64,
    /// How often a folder that only polling can watch, or that is lost, is looked at.
    pub poll_millis: u64,
    /// Do not ask the operating system to tell of new files. Network shares, and folders of which it turns out not to
    /// tell, are polled without being asked to.
    pub only_poll: bool,
}

impl WatchConfig {
    /// A folder with the defaults: all picture formats that can be judged, settled after 0.2 s.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let endings = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "webp", "pgm", "ppm"];
        Self {
            folder: folder.into(),
            subfolders: Subfolders::default(),
            pattern: None,
            endings: endings.map(str::to_owned).to_vec(),
            settle_millis: 200,
            empty_settle_millis: 2000,
            open_settle_millis: 30_000,
            poll_millis: 1000,
            only_poll: false,
        }
    }
}
