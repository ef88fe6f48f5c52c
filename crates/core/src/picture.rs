//! Size and colour of a picture, as the recipe fixes them.

/// How many colour channels a part is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// One channel: brightness.
    Grey,
    /// Three channels: red, green, blue.
    Rgb,
}

impl Channels {
    /// Number of planes in a tensor.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureSize {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}
