//! Where learning gets its good parts from.

use sightline_image::Frame;

/// One good part.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The picture.
    pub frame: Frame,
    /// BLAKE3 of the file's bytes, in hex.
    pub content_hash: String,
}

/// A frozen list of good parts. It must not change while a run uses it.
pub trait SampleSource: Sync {
    /// How many parts the list has.
    fn count(&self) -> usize;

    /// Name of a part, unique in the list.
    fn name(&self, index: usize) -> String;

    /// Burst, lot or position of a part: parts of one group stay on one side of every split.
    fn group(&self, index: usize) -> String;

    /// The part, or why it could not be read. Unreadable parts are left out and counted.
    ///
    /// # Errors
    /// In words, with the path.
    fn load(&self, index: usize) -> Result<Sample, String>;
}
