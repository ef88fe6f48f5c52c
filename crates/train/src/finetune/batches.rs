//! Batches of fine-tuning: half labelled defects, half good parts, some of those with synthetic or pasted defects. A batch
//! depends on the seed and its step alone.

use std::ops::Range;
use std::path::Path;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sightline_core::PictureSize;
use sightline_image::{
    Input, Normalise, NormaliseError, Preprocess, ViewPolicy, add_defects, paste_defect, random_pose, relight,
};
use sightline_model::CELL;

use super::config::FineTuneConfig;
use super::examples::{Defect, Examples};
use super::labelled::Mark;
use super::window::{Place, Seen, Window};
use crate::batches::generator;
use crate::glance::{GLANCED_AT, Glanced, Glances};

/// One step's pictures on the host; cells are those at stride 4 of the judged size.
pub(crate) struct Batch {
    pub(crate) pictures: Vec<Input>,
    /// 1 where a defect is, else 0.
    pub(crate) target: Vec<f32>,
    /// 1 where the target is known, else 0.
    pub(crate) known: Vec<f32>,
    /// 1 for cells that are judged, 0 for those beside the picture and ignored ones.
    pub(crate) judged: Vec<f32>,
    /// For each picture, 1 when the part is defective.
    pub(crate) defective: Vec<f32>,
    /// For each picture its class, where it is known.
    pub(crate) classes: Vec<Option<usize>>,
}

impl Batch {
    /// Some of the pictures.
    pub(crate) fn share(&self, pictures: Range<usize>) -> Self {
        let cells = self.target.len() / self.pictures.len().max(1);
        let of = |values: &[f32]| values[pictures.start * cells..pictures.end * cells].to_vec();
        Self {
            target: of(&self.target),
            known: of(&self.known),
            judged: of(&self.judged),
            defective: self.defective[pictures.clone()].to_vec(),
            classes: self.classes[pictures.clone()].to_vec(),
            pictures: self.pictures[pictures].to_vec(),
        }
    }
}

/// What batches are drawn from.
pub(crate) struct Drawer<'a> {
    pub(crate) good: &'a [Window],
    pub(crate) examples: &'a Examples,
    pub(crate) preprocess: &'a Preprocess,
    pub(crate) normalise: &'a Normalise,
    pub(crate) policy: ViewPolicy,
    pub(crate) config: &'a FineTuneConfig,
}

/// One drawn part, or a piece of one.
struct Drawn {
    picture: Input,
    marks: Option<Vec<Mark>>,
    place: Place,
    defective: bool,
    /// Where nothing is known nothing is looked at: an ignored area of a good part.
    ignores: bool,
    class: Option<usize>,
}

impl Drawer<'_> {
    /// The batch of one step.
    pub(crate) fn batch(&self, step: usize) -> Result<Batch, NormaliseError> {
        let config = self.config;
        let drawn = (0..config.batch).into_par_iter().map(|slot| {
            let mut rng = generator(config.seed ^ 0x7465_6163, step, slot, 0);
            let mut drawn = match slot % 2 == 0 {
                true => self.labelled(&mut rng),
                false => self.good(&mut rng),
            };
            relight(&mut drawn.picture, &self.policy, &mut rng);
            self.normalise.apply(&mut drawn.picture)?;
            Ok(drawn)
        });
        let drawn: Vec<Drawn> = drawn.collect::<Result<_, NormaliseError>>()?;
        let PictureSize { width, height } = self.preprocess.shown();
        let (rows, columns) = (height as usize / CELL, width as usize / CELL);
        let zeros = || vec![0.0; drawn.len() * rows * columns];
        let (mut target, mut known, mut judged) = (zeros(), zeros(), zeros());
        for (number, part) in drawn.iter().enumerate() {
            let cells = number * rows * columns..(number + 1) * rows * columns;
            let (target, known, judged) = (&mut target[cells.clone()], &mut known[cells.clone()], &mut judged[cells]);
            self.fill_judged(part, columns, judged);
            match &part.marks {
                None if part.defective => {}
                None => known.copy_from_slice(judged),
                Some(marks) => {
                    known.copy_from_slice(judged);
                    fill_marks(marks, part.picture.width, columns, target, known);
                    if part.ignores {
                        // The decision looks at whole pictures.
                        judged.copy_from_slice(known);
                    }
                }
            }
        }
        Ok(Batch {
            target,
            known,
            judged,
            defective: drawn.iter().map(|part| f32::from(u8::from(part.defective))).collect(),
            classes: drawn.iter().map(|part| part.class).collect(),
            pictures: drawn.into_iter().map(|part| part.picture).collect(),
        })
    }

    /// Some labelled defects, to be looked at all through a run; such with marks where there are any.
    pub(crate) fn glances(&self, path: &Path) -> Result<Option<Glances>, NormaliseError> {
        let shown = self.preprocess.shown();
        let mut defects: Vec<&Defect> = self.examples.defects.iter().collect();
        if defects.iter().any(|defect| defect.window.is_marked()) {
            defects.retain(|defect| defect.window.is_marked());
        }
        // One window of each part.
        defects.dedup_by_key(|defect| defect.part);
        let chosen =
            (0..GLANCED_AT.min(defects.len())).map(|slot| slot * defects.len() / GLANCED_AT.min(defects.len()));
        let glanced = chosen.enumerate().map(|(slot, which)| {
            let defect = defects[which];
            let mut rng = generator(self.config.seed ^ 0x7465_6163, 0, slot, 1);
            let Seen { picture: mut input, marks, .. } = defect.window.piece(shown, &mut rng);
            let across = input.width;
            self.normalise.apply(&mut input)?;
            let is_defect = |marks: Vec<Mark>| marks.into_iter().map(|mark| mark == Mark::Defect).collect();
            Ok(Glanced { input, defect: marks.map(|marks| (across, is_defect(marks))) })
        });
        Ok(Glances::new(path, glanced.collect::<Result<_, NormaliseError>>()?, self.normalise, shown))
    }

    fn fill_judged(&self, Drawn { picture, place, .. }: &Drawn, columns: usize, judged: &mut [f32]) {
        let (rows, across) = (picture.height.div_ceil(CELL), picture.width.div_ceil(CELL));
        let PictureSize { width, height } = place.part;
        let part = PictureSize { width: width.div_ceil(CELL as u32), height: height.div_ceil(CELL as u32) };
        let (top, left) = (place.rows.start / CELL, place.columns.start / CELL);
        let counts = self.preprocess.judged_within(part, top..top + rows, left..left + across);
        for cell in 0..rows * across {
            if counts.as_ref().is_none_or(|counts| counts[cell]) {
                judged[cell / across * columns + cell % across] = 1.0;
            }
        }
    }

    /// A labelled defect in one of the poses that a part may lie in; each class as often as any other.
    fn labelled(&self, rng: &mut ChaCha8Rng) -> Drawn {
        let defects = &self.examples.defects;
        let wanted = defects[rng.random_range(0..defects.len())].class;
        // Of a class drawn first, so that a class of five parts is seen as often as one of a hundred.
        let class = match (wanted, self.examples.classes.len()) {
            (Some(_), classes) if classes > 1 => Some(rng.random_range(0..classes)),
            (wanted, _) => wanted,
        };
        let of_class: Vec<&Defect> = defects.iter().filter(|defect| defect.class == class).collect();
        // Of a part drawn first, so that a long scratch, which has several windows, is seen as often as a spot.
        let parts: Vec<&[&Defect]> = of_class.chunk_by(|a, b| a.part == b.part).collect();
        let windows = parts[rng.random_range(0..parts.len())];
        let at = if windows.len() > 1 { rng.random_range(0..windows.len()) } else { 0 };
        let Defect { window, class, .. } = windows[at];
        let Seen { picture, marks, place } = self.seen(window, rng);
        Drawn { picture, marks, place, defective: true, ignores: false, class: *class }
    }

    /// A good part, with or without something drawn onto it, though not where nothing is known of it.
    fn good(&self, rng: &mut ChaCha8Rng) -> Drawn {
        let labelled_good = &self.examples.good;
        let pick = |rng: &mut ChaCha8Rng| {
            let at = rng.random_range(0..self.good.len() + labelled_good.len());
            self.good.get(at).unwrap_or_else(|| &labelled_good[at - self.good.len()])
        };
        let Seen { mut picture, marks: ignored, place } = self.seen(pick(rng), rng);
        let mut judged = self.preprocess.judged_within(place.part, place.rows.clone(), place.columns.clone());
        if let Some(ignored) = &ignored {
            let judged = judged.get_or_insert_with(|| vec![true; ignored.len()]);
            judged.iter_mut().zip(ignored).for_each(|(judged, mark)| *judged &= *mark == Mark::Good);
        }
        let draw: f64 = rng.random();
        let mut mask = None;
        if draw < self.config.drawn_share {
            let other = self.seen(pick(rng), rng).picture;
            let synthetic = add_defects(&picture, &other, judged.as_deref(), rng);
            picture = synthetic.picture;
            mask = Some(synthetic.mask);
        } else if draw < self.config.drawn_share + self.config.pasted_share {
            let defect = &self.examples.defects[rng.random_range(0..self.examples.defects.len())];
            let Seen { picture: from, marks, .. } = self.seen(&defect.window, rng);
            if let Some(marks) = marks {
                let marked: Vec<bool> = marks.iter().map(|mark| *mark == Mark::Defect).collect();
                mask = paste_defect(&mut picture, &from, &marked, judged.as_deref(), rng);
            }
        }
        let defective = mask.as_ref().is_some_and(|mask| mask.contains(&true));
        let mark = |defect: bool| if defect { Mark::Defect } else { Mark::Good };
        let drawn: Option<Vec<Mark>> = mask.map(|mask| mask.into_iter().map(mark).collect());
        let ignores = ignored.is_some();
        let marks = match (drawn, ignored) {
            (Some(mut drawn), Some(ignored)) => {
                let unknown = drawn
                    .iter_mut()
                    .zip(ignored)
                    .filter(|(mark, ignored)| **mark == Mark::Good && *ignored != Mark::Good);
                unknown.for_each(|(mark, ignored)| *mark = ignored);
                Some(drawn)
            }
            (drawn, ignored) => drawn.or(ignored),
        };
        Drawn { picture, marks, place, defective, ignores, class: None }
    }

    /// What the network is shown of a part, in one of the poses that the part may lie in. The marks go along as a plane of
    /// their own.
    fn seen(&self, window: &Window, rng: &mut ChaCha8Rng) -> Seen {
        let Seen { mut picture, marks, place } = window.piece(self.preprocess.shown(), rng);
        if let Some(marks) = &marks {
            picture.channels += 1;
            picture.values.extend(marks.iter().map(|mark| f32::from(*mark as u8)));
        }
        let mut picture = random_pose(picture, &self.pose_policy(), rng);
        let marks = marks.map(|_| {
            picture.channels -= 1;
            let plane = picture.values.split_off(picture.channels * picture.height * picture.width);
            let mark = |&value: &f32| match value as u8 {
                1 => Mark::Defect,
                2 => Mark::Unknown,
                _ => Mark::Good,
            };
            plane.iter().map(mark).collect()
        });
        Seen { picture, marks, place }
    }

    /// The recipe's ignored areas are fixed in the picture, so a part with such areas is not turned.
    fn pose_policy(&self) -> ViewPolicy {
        match self.preprocess.ignore.is_empty() && self.preprocess.ignore_outlines.is_empty() {
            true => self.policy,
            false => ViewPolicy { may_turn: false, may_flip: false, ..self.policy },
        }
    }
}

/// A cell with a defective pixel is defective; one with an unknown pixel and no defective one is unknown.
fn fill_marks(marks: &[Mark], width: usize, columns: usize, target: &mut [f32], known: &mut [f32]) {
    for (pixel, mark) in marks.iter().enumerate().filter(|(_, mark)| **mark != Mark::Good) {
        let cell = pixel / width / CELL * columns + pixel % width / CELL;
        match mark {
            Mark::Defect => target[cell] = 1.0,
            _ => known[cell] = 0.0,
        }
    }
    target.iter().zip(known).filter(|(target, _)| **target > 0.0).for_each(|(_, known)| *known = 1.0);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use rand::SeedableRng;
    use sightline_core::{Region, Tiles};

    use super::*;
    use crate::Effort;
    use crate::testing::recipe;

    #[test]
    fn what_is_ignored_on_a_part_is_ignored_on_each_piece_of_it() {
        // Brightness tells the column, and the right half is ignored.
        let (width, height) = (160, 96);
        let values = (0..width * height).map(|pixel| (pixel % width) as f32 / width as f32).collect();
        let part = Input { channels: 1, height, width, values };
        let right = Region { left: 0.5, top: 0.0, right: 1.0, bottom: 1.0 };
        let size = PictureSize { width: width as u32, height: height as u32 };
        let tiles = Some(Tiles { side: 64, overlap: 32 });
        let preprocess = Preprocess { size, tiles, ignore: vec![right], ..Preprocess::from(&recipe()) };
        let mut marks = vec![Mark::Good; width * height];
        marks[40 * width + 75] = Mark::Defect;
        let windows = Window::onto_marks(&part, &marks, preprocess.shown());
        let examples = Examples {
            defects: windows.into_iter().map(|window| Defect { window, class: None, part: 0 }).collect(),
            good: Arc::new([]),
            classes: Vec::new(),
            hash: String::new(),
            good_contents: Vec::new(),
            defective_contents: HashSet::new(),
            unreadable: Vec::new(),
        };
        let config =
            FineTuneConfig { drawn_share: 0.0, pasted_share: 0.0, batch: 4, ..FineTuneConfig::new(Effort::Quick) };
        let drawer = Drawer {
            good: &[Window::whole(part, None)],
            examples: &examples,
            preprocess: &preprocess,
            normalise: &Normalise::new(vec![0.0], vec![1.0]).unwrap(),
            policy: ViewPolicy {
                brightness: 0.0,
                contrast: 0.0,
                noise: 0.0,
                gradient: 0.0,
                may_turn: true,
                ..crate::testing::config().views(&recipe())
            },
            config: &config,
        };
        let (mut ignored, mut counted) = (0, 0);
        for step in 0..12 {
            let batch = drawer.batch(step).unwrap();
            let cells = 16 * 16;
            for (number, picture) in batch.pictures.iter().enumerate() {
                assert_eq!((picture.height, picture.width), (64, 64));
                for (cell, judged) in batch.judged[number * cells..(number + 1) * cells].iter().enumerate() {
                    let seen = picture.values[(4 * (cell / 16) + 1) * 64 + 4 * (cell % 16) + 1];
                    // Where a cell lies across the border either is right.
                    if (seen - 0.5).abs() > 4.0 / width as f32 {
                        assert_eq!(*judged == 1.0, seen < 0.5, "{seen} in step {step}");
                        *(if seen < 0.5 { &mut counted } else { &mut ignored }) += 1;
                    }
                }
                let shows = |of: &[f32]| of[number * cells..(number + 1) * cells].contains(&1.0);
                assert_eq!(shows(&batch.target), number % 2 == 0, "each piece of a defect shows it");
            }
        }
        assert!(ignored > 500 && counted > 500, "{ignored} ignored, {counted} counted");
    }

    #[test]
    fn nothing_is_taught_of_an_ignored_area_of_a_good_part_and_nothing_drawn_there() {
        let side = 64;
        let part = Input { channels: 1, height: side, width: side, values: vec![0.5; side * side] };
        // The upper half is to be ignored.
        let ignored: Vec<Mark> =
            (0..side * side).map(|pixel| if pixel < side * side / 2 { Mark::Unknown } else { Mark::Good }).collect();
        let defect = Window::whole(part.clone(), None);
        let examples = Examples {
            defects: vec![Defect { window: defect, class: None, part: 0 }],
            good: Arc::new([Window::whole(part, Some(ignored))]),
            classes: Vec::new(),
            hash: String::new(),
            good_contents: Vec::new(),
            defective_contents: HashSet::new(),
            unreadable: Vec::new(),
        };
        let config = FineTuneConfig { drawn_share: 0.5, pasted_share: 0.0, ..FineTuneConfig::new(Effort::Quick) };
        let preprocess = Preprocess::from(&recipe());
        let drawer = Drawer {
            good: &[],
            examples: &examples,
            preprocess: &preprocess,
            normalise: &Normalise::new(vec![0.0], vec![1.0]).unwrap(),
            policy: ViewPolicy {
                may_turn: false,
                may_flip: false,
                shift: 0.0,
                ..crate::testing::config().views(&recipe())
            },
            config: &config,
        };
        let (mut drawn, mut plain) = (0, 0);
        for seed in 0..40 {
            let Drawn { marks, defective, .. } = drawer.good(&mut ChaCha8Rng::seed_from_u64(seed));
            let marks = marks.unwrap();
            assert!(marks[..side * side / 2].iter().all(|mark| *mark == Mark::Unknown), "seed {seed}");
            assert_eq!(marks[side * side / 2..].contains(&Mark::Defect), defective);
            *(if defective { &mut drawn } else { &mut plain }) += 1;
        }
        assert!(drawn > 5 && plain > 5, "{drawn} drawn onto, {plain} not");
        let batch = drawer.batch(0).unwrap();
        let cells = 16 * 16;
        // Every second picture is of the good part.
        let (defect, good) = (&batch.judged[..cells], &batch.judged[cells..2 * cells]);
        assert!(defect.iter().all(|judged| *judged == 1.0));
        assert!(good[..cells / 2].iter().all(|judged| *judged == 0.0), "the decision must not look there");
        assert!(good[cells / 2..].iter().all(|judged| *judged == 1.0));
    }
}
