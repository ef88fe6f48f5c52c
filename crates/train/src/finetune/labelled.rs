//! Labelled parts as fine-tuning takes them, whatever drew the labels.

use sightline_core::PictureSize;

use crate::Sample;

/// What a label says about one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing is wrong here.
    Good,
    /// Part of a defect.
    Defect,
    /// Nobody said: the border of a box, an area to be ignored.
    Unknown,
}

/// Marks of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// Pixels of the picture.
    pub size: PictureSize,
    /// `size.width · size.height`, row by row.
    pub values: Vec<Mark>,
}

/// What is known about a labelled part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It is good.
    Good {
        /// Unknown where nothing is said of it: an area to be ignored. None when all of it is good.
        ignored: Option<Marks>,
    },
    /// It is defective.
    Defective {
        /// Name of the defect class, when somebody gave one.
        class: Option<String>,
        /// Where the defect is; none when somebody only said that there is one.
        marks: Option<Marks>,
    },
}

/// One labelled part.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// The picture.
    pub sample: Sample,
    /// What is known about it.
    pub truth: Truth,
}

/// A frozen list of labelled parts. It must not change while a run uses it.
pub trait LabelledSource: Sync {
    /// How many parts the list has.
    fn count(&self) -> usize;

    /// Name of a part, unique in the list.
    fn name(&self, index: usize) -> String;

    /// The part and its label, or why it could not be read. Unreadable parts are left out and counted.
    ///
    /// # Errors
    /// In words, with the path.
    fn load(&self, index: usize) -> Result<Labelled, String>;
}

/// Share of a box's side, inwards and outwards of its edge, that says nothing: boxes are drawn generously.
const BORDER: f32 = 0.15;

impl Marks {
    /// Nothing marked.
    pub fn good(size: PictureSize) -> Self {
        Self { size, values: vec![Mark::Good; size.width as usize * size.height as usize] }
    }

    /// Marks a box, `[left, top, right, bottom]` in pixels: its inside is defective, its border says nothing. What was
    /// marked as a defect before stays one.
    pub fn add_box(&mut self, [left, top, right, bottom]: [f32; 4]) {
        let (across, down) = (BORDER * (right - left), BORDER * (bottom - top));
        let within = |x: f32, y: f32, grow: f32| {
            (left - grow * across..=right + grow * across).contains(&x)
                && (top - grow * down..=bottom + grow * down).contains(&y)
        };
        let width = self.size.width as usize;
        for (pixel, mark) in self.values.iter_mut().enumerate() {
            let (x, y) = ((pixel % width) as f32 + 0.5, (pixel / width) as f32 + 0.5);
            if within(x, y, -1.0) {
                *mark = Mark::Defect;
            } else if within(x, y, 1.0) && *mark == Mark::Good {
                *mark = Mark::Unknown;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_defective_inside_and_says_nothing_at_its_border() {
        let mut marks = Marks::good(PictureSize { width: 40, height: 30 });
        marks.add_box([10.0, 10.0, 30.0, 20.0]);
        let at = |x: usize, y: usize| marks.values[y * 40 + x];
        assert_eq!((at(20, 15), at(14, 12)), (Mark::Defect, Mark::Defect));
        assert_eq!((at(10, 15), at(8, 15), at(20, 9)), (Mark::Unknown, Mark::Unknown, Mark::Unknown));
        assert_eq!((at(5, 15), at(20, 25)), (Mark::Good, Mark::Good));
    }
}
