//! Batches of fine-tuning: half labelled defects, half good parts, some of those with synthetic or pasted defects. A batch
//! depends on the seed and its step alone.

use std::ops::Range;

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
use crate::batches::generator;

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
    pub(crate) good: &'a [Input],
    pub(crate) examples: &'a Examples,
    pub(crate) preprocess: &'a Preprocess,
    pub(crate) normalise: &'a Normalise,
    pub(crate) policy: ViewPolicy,
    pub(crate) config: &'a FineTuneConfig,
}

/// One drawn part.
struct Drawn {
    picture: Input,
    marks: Option<Vec<Mark>>,
    defective: bool,
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
        let PictureSize { width, height } = self.preprocess.size;
        let (rows, columns) = (height as usize / CELL, width as usize / CELL);
        let zeros = || vec![0.0; drawn.len() * rows * columns];
        let (mut target, mut known, mut judged) = (zeros(), zeros(), zeros());
        for (number, part) in drawn.iter().enumerate() {
            let cells = number * rows * columns..(number + 1) * rows * columns;
            let (target, known, judged) = (&mut target[cells.clone()], &mut known[cells.clone()], &mut judged[cells]);
            self.fill_judged(&part.picture, columns, judged);
            match &part.marks {
                None if part.defective => {}
                None => known.copy_from_slice(judged),
                Some(marks) => {
                    known.copy_from_slice(judged);
                    fill_marks(marks, part.picture.width, columns, target, known);
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

    fn fill_judged(&self, picture: &Input, columns: usize, judged: &mut [f32]) {
        let (rows, across) = (picture.height.div_ceil(CELL), picture.width.div_ceil(CELL));
        let counts = self.preprocess.judged(PictureSize { width: across as u32, height: rows as u32 });
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
        let Defect { picture, marks, class, .. } = of_class[rng.random_range(0..of_class.len())];
        let (picture, marks) = self.posed(picture, marks.as_deref(), rng);
        Drawn { picture, marks, defective: true, class: *class }
    }

    /// A good part, with or without something drawn onto it.
    fn good(&self, rng: &mut ChaCha8Rng) -> Drawn {
        let labelled_good = &self.examples.good;
        let pick = |rng: &mut ChaCha8Rng| {
            let at = rng.random_range(0..self.good.len() + labelled_good.len());
            self.good.get(at).unwrap_or_else(|| &labelled_good[at - self.good.len()])
        };
        let mut picture = random_pose(pick(rng).clone(), &self.pose_policy(), rng);
        let size = PictureSize { width: picture.width as u32, height: picture.height as u32 };
        let judged = self.preprocess.judged(size);
        let draw: f64 = rng.random();
        let mut mask = None;
        if draw < self.config.drawn_share {
            let other = random_pose(pick(rng).clone(), &self.pose_policy(), rng);
            let synthetic = add_defects(&picture, &other, judged.as_deref(), rng);
            picture = synthetic.picture;
            mask = Some(synthetic.mask);
        } else if draw < self.config.drawn_share + self.config.pasted_share {
            let defect = &self.examples.defects[rng.random_range(0..self.examples.defects.len())];
            let (from, marks) = self.posed(&defect.picture, defect.marks.as_deref(), rng);
            if let Some(marks) = marks {
                let marked: Vec<bool> = marks.iter().map(|mark| *mark == Mark::Defect).collect();
                mask = paste_defect(&mut picture, &from, &marked, judged.as_deref(), rng);
            }
        }
        let defective = mask.as_ref().is_some_and(|mask| mask.contains(&true));
        let mark = |defect: bool| if defect { Mark::Defect } else { Mark::Good };
        let marks = mask.map(|mask| mask.into_iter().map(mark).collect());
        Drawn { picture, marks, defective, class: None }
    }

    /// A picture and its marks in one pose: the marks go along as a plane of their own.
    fn posed(&self, picture: &Input, marks: Option<&[Mark]>, rng: &mut ChaCha8Rng) -> (Input, Option<Vec<Mark>>) {
        let mut both = picture.clone();
        if let Some(marks) = marks {
            both.channels += 1;
            both.values.extend(marks.iter().map(|mark| f32::from(*mark as u8)));
        }
        let mut both = random_pose(both, &self.pose_policy(), rng);
        let marks = marks.map(|_| {
            both.channels -= 1;
            let plane = both.values.split_off(both.channels * both.height * both.width);
            let mark = |&value: &f32| match value as u8 {
                1 => Mark::Defect,
                2 => Mark::Unknown,
                _ => Mark::Good,
            };
            plane.iter().map(mark).collect()
        });
        (both, marks)
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
