//! What is kept of a part that labels are learned from: all of it, or, where parts are shown in tiles and are too large to
//! be kept, what lies around a place that matters.

use std::ops::Range;
use std::sync::Arc;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use sightline_core::{HeatMap, PictureSize};
use sightline_image::Input;
use sightline_model::CELL;

use super::labelled::Mark;

/// Windows onto one part at most; a long scratch would give any number.
pub(super) const MOST_WINDOWS: usize = 4;

/// A window onto a part as it is judged, before standardisation. Copies share the picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window {
    picture: Arc<Input>,
    /// A mark for each pixel; none when nobody said where the defect is.
    marks: Option<Arc<[Mark]>>,
    /// Row and column of the window that every piece of it shows; none where any piece will do.
    focus: Option<(usize, usize)>,
    /// Size of the part.
    part: PictureSize,
    /// Row and column of the part where the window begins.
    corner: (usize, usize),
}

/// What the network is shown of a part at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) picture: Input,
    pub(crate) marks: Option<Vec<Mark>>,
    pub(crate) place: Place,
}

/// Where that lies on the part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) part: PictureSize,
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
}

impl Window {
    /// The whole part.
    pub(crate) fn whole(picture: Input, marks: Option<Vec<Mark>>) -> Self {
        let part = size_of(&picture);
        Self { picture: Arc::new(picture), marks: marks.map(Arc::from), focus: None, part, corner: (0, 0) }
    }

    /// Memory that its picture and marks take.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.picture.values.as_slice()) + self.marks.as_ref().map_or(0, |marks| size_of_val(&**marks))
    }

    /// Whether somebody said where the defect is.
    pub(crate) fn is_marked(&self) -> bool {
        self.marks.is_some()
    }

    /// What lies around a place, a quarter wider and higher than what the network is `shown`, so that pieces differ.
    pub(crate) fn around(focus: (usize, usize), picture: &Input, marks: Option<&[Mark]>, shown: PictureSize) -> Self {
        let focus = (focus.0.min(picture.height.saturating_sub(1)), focus.1.min(picture.width.saturating_sub(1)));
        let rows = around(focus.0, shown.height as usize * 5 / 4, picture.height);
        let columns = around(focus.1, shown.width as usize * 5 / 4, picture.width);
        let marks = marks.map(|marks| cut(marks, picture.width, &rows, &columns).into());
        Self {
            picture: Arc::new(picture.cut(rows.clone(), columns.clone())),
            marks,
            focus: Some((focus.0 - rows.start, focus.1 - columns.start)),
            part: size_of(picture),
            corner: (rows.start, columns.start),
        }
    }

    /// Windows that show what is marked on a part.
    pub(crate) fn onto_marks(picture: &Input, marks: &[Mark], shown: PictureSize) -> Vec<Self> {
        foci(marks, picture.width, shown)
            .into_iter()
            .map(|focus| Self::around(focus, picture, Some(marks), shown))
            .collect()
    }

    /// A random piece of at most the size that the network is shown. Nothing is drawn where all of the window is shown.
    pub(crate) fn piece(&self, shown: PictureSize, rng: &mut ChaCha8Rng) -> Seen {
        let picture = &self.picture;
        let rows = along(picture.height, shown.height as usize, self.focus.map(|focus| focus.0), rng);
        let columns = along(picture.width, shown.width as usize, self.focus.map(|focus| focus.1), rng);
        let on_part = |range: &Range<usize>, corner: usize| range.start + corner..range.end + corner;
        Seen {
            picture: picture.cut(rows.clone(), columns.clone()),
            marks: self.marks.as_ref().map(|marks| cut(marks, picture.width, &rows, &columns)),
            place: Place {
                part: self.part,
                rows: on_part(&rows, self.corner.0),
                columns: on_part(&columns, self.corner.1),
            },
        }
    }
}

/// Places that windows are laid around: marked pixels at least half a piece apart, evenly chosen where there are many.
fn foci(marks: &[Mark], width: usize, shown: PictureSize) -> Vec<(usize, usize)> {
    let (apart_down, apart_across) = (shown.height as usize / 2, shown.width as usize / 2);
    let mut foci: Vec<(usize, usize)> = Vec::new();
    for (pixel, _) in marks.iter().enumerate().filter(|(_, mark)| **mark == Mark::Defect) {
        let (row, column) = (pixel / width, pixel % width);
        let is_near =
            |focus: &(usize, usize)| row.abs_diff(focus.0) < apart_down && column.abs_diff(focus.1) < apart_across;
        // The newest are the nearest.
        if !foci.iter().rev().any(is_near) {
            foci.push((row, column));
        }
    }
    let step = foci.len().div_ceil(MOST_WINDOWS).max(1);
    foci.into_iter().step_by(step).collect()
}

/// `length` pixels around a place, moved onto the part where they would reach beyond it.
fn around(place: usize, length: usize, whole: usize) -> Range<usize> {
    let length = length.min(whole);
    let start = place.saturating_sub(length / 2).min(whole - length);
    start..start + length
}

/// A random stretch of at most `length` out of `whole` that holds a place.
fn along(whole: usize, length: usize, focus: Option<usize>, rng: &mut ChaCha8Rng) -> Range<usize> {
    if length >= whole {
        return 0..whole;
    }
    let (first, last) = match focus {
        Some(focus) => ((focus + 1).saturating_sub(length), focus.min(whole - length)),
        None => (0, whole - length),
    };
    let start = rng.random_range(first..=last);
    start..start + length
}

fn cut(marks: &[Mark], width: usize, rows: &Range<usize>, columns: &Range<usize>) -> Vec<Mark> {
    let lines = marks.chunks_exact(width.max(1)).skip(rows.start).take(rows.len());
    lines.flat_map(|line| &line[columns.clone()]).copied().collect()
}

fn size_of(picture: &Input) -> PictureSize {
    PictureSize { width: picture.width as u32, height: picture.height as u32 }
}

/// Row and column of the pixel in the middle of a map's largest cell, in a picture this wide. Where people said that
/// something is to be ignored nothing is suspected, unless all of the part is to be.
pub(super) fn most_suspect(map: &HeatMap, ignored: Option<&[Mark]>, width: usize) -> (usize, usize) {
    let middle = |cell: usize| {
        let within = |cell: usize| cell * CELL + CELL / 2;
        (within(cell / map.width.max(1)), within(cell % map.width.max(1)))
    };
    let counts = |cell: usize| {
        let (row, column) = middle(cell);
        ignored.and_then(|marks| marks.get(row * width + column)) != Some(&Mark::Unknown)
    };
    let largest = |counts: &dyn Fn(usize) -> bool| {
        let cells = map.values.iter().enumerate().filter(|(cell, _)| counts(*cell));
        cells.max_by(|a, b| a.1.total_cmp(b.1)).map(|(cell, _)| cell)
    };
    middle(largest(&counts).or_else(|| largest(&|_| true)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const SHOWN: PictureSize = PictureSize { width: 32, height: 32 };

    /// Each pixel tells its place.
    fn part(height: usize, width: usize) -> Input {
        Input { channels: 1, height, width, values: (0..height * width).map(|pixel| pixel as f32).collect() }
    }

    fn marked(places: &[(usize, usize)], height: usize, width: usize) -> Vec<Mark> {
        let mut marks = vec![Mark::Good; height * width];
        places.iter().for_each(|(row, column)| marks[row * width + column] = Mark::Defect);
        marks
    }

    #[test]
    fn every_piece_shows_the_marked_place_and_tells_where_it_lies() {
        let (height, width) = (100, 140);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        // A corner of the part lies in one piece alone.
        for (focus, pieces) in [((0, 0), 1), ((99, 139), 1), ((50, 3), 6), ((40, 70), 6)] {
            let marks = marked(&[focus], height, width);
            let [window] = Window::onto_marks(&part(height, width), &marks, SHOWN).try_into().unwrap();
            assert!(window.picture.values.len() == 40 * 40, "no more is kept than pieces are taken from");
            let mut corners = std::collections::BTreeSet::new();
            for _ in 0..40 {
                let Seen { picture, marks, place } = window.piece(SHOWN, &mut rng);
                assert_eq!((picture.height, picture.width, place.part.width), (32, 32, 140));
                let first = (place.rows.start * width + place.columns.start) as f32;
                assert_eq!((picture.values[0], picture.values[32]), (first, first + width as f32));
                let at = (focus.0 - place.rows.start) * 32 + focus.1 - place.columns.start;
                assert_eq!(marks.unwrap()[at], Mark::Defect);
                corners.insert((place.rows.start, place.columns.start));
            }
            assert!(corners.len() >= pieces, "{focus:?}: pieces differ");
        }
    }

    #[test]
    fn a_long_defect_is_seen_in_several_windows() {
        let scratch: Vec<(usize, usize)> = (5..395).map(|column| (20, column)).collect();
        let marks = marked(&scratch, 64, 400);
        let windows = Window::onto_marks(&part(64, 400), &marks, SHOWN);
        let corners: Vec<usize> = windows.iter().map(|window| window.corner.1).collect();
        assert!(windows.len() == MOST_WINDOWS && corners.is_sorted(), "{corners:?}");
        assert!(corners[0] == 0 && corners[3] > 250, "{corners:?}");
    }

    #[test]
    fn nothing_is_suspected_where_people_said_to_look_away() {
        let (columns, rows) = (10, 6);
        let (width, height) = (columns * CELL, rows * CELL);
        let mut map = HeatMap { width: columns, height: rows, values: vec![0.0; columns * rows] };
        (map.values[2 * columns + 3], map.values[4 * columns + 8]) = (9.0, 5.0);
        let middle = |row: usize, column: usize| (row * CELL + CELL / 2, column * CELL + CELL / 2);
        assert_eq!(most_suspect(&map, None, width), middle(2, 3));
        let mut marks = vec![Mark::Good; width * height];
        assert_eq!(most_suspect(&map, Some(&marks), width), middle(2, 3));
        let (above, beside) = (2 * CELL..3 * CELL, 3 * CELL..4 * CELL);
        above.for_each(|row| marks[row * width..][beside.clone()].fill(Mark::Unknown));
        assert_eq!(most_suspect(&map, Some(&marks), width), middle(4, 8));
        marks.fill(Mark::Unknown);
        assert_eq!(most_suspect(&map, Some(&marks), width), middle(2, 3), "it has to be somewhere");
    }

    #[test]
    fn a_part_that_is_shown_whole_is_shown_whole_and_nothing_is_drawn() {
        let window = Window::whole(part(32, 24), None);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let seen = window.piece(SHOWN, &mut rng);
        assert_eq!((&seen.picture, seen.place.rows, seen.place.columns), (&*window.picture, 0..32, 0..24));
        assert_eq!(rng, ChaCha8Rng::seed_from_u64(1));
    }
}
