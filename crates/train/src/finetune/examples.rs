//! Labelled parts prepared for training: pictures and marks at the judged size.

use std::collections::HashSet;
use std::sync::Arc;

use sightline_core::{Channels, LearnStage};
use sightline_image::{Frame, Input, Lie, Pixels, Preprocess};

use super::labelled::{Labelled, LabelledSource, Mark, Marks, Truth};
use super::room::Room;
use super::window::Window;
use crate::TrainError;
use crate::pace::Pace;

/// What is said behind the number of labelled parts that were left out because memory does not hold them.
pub const NO_ROOM: &str = "labelled parts: there is no room";

/// A judged pixel carries a mark that covers at least this share of it: small defects must not vanish.
const COVERED: f32 = 0.3;

/// What is known about a defective part, or a place of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Defect {
    /// What shows it.
    pub(crate) window: Window,
    /// Which of the classes, when somebody said.
    pub(crate) class: Option<usize>,
    /// Which of the source's parts it is.
    pub(crate) part: usize,
}

/// All labelled parts of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Examples {
    pub(crate) defects: Vec<Defect>,
    /// Parts that were labelled good.
    pub(crate) good: Arc<[Window]>,
    /// Names of the classes, sorted.
    pub(crate) classes: Vec<String>,
    /// BLAKE3 over names, contents and labels.
    pub(crate) hash: String,
    /// Hashes of the contents of the good parts, in their order.
    pub(super) good_contents: Vec<String>,
    /// Hashes of the contents of all defective parts that could be read.
    pub(super) defective_contents: HashSet<String>,
    /// Parts that were left out, each with the reason.
    pub(crate) unreadable: Vec<String>,
}

impl Examples {
    /// Reads all labelled parts, and keeps of them what so much memory holds. Where parts are shown in tiles and nobody said
    /// where to look, it is `suspect`'s row and column of the part, which is told where not to look.
    pub(crate) fn read(
        source: &dyn LabelledSource,
        (preprocess, mib): (&Preprocess, usize),
        suspect: impl Fn(&Input, Option<&[Mark]>) -> Result<(usize, usize), TrainError>,
        pace: &mut Pace<'_>,
    ) -> Result<Self, TrainError> {
        let shown = preprocess.tiles.map(|_| preprocess.shown());
        let window = |picture: Input, ignored: Option<Vec<Mark>>, good: bool| {
            // Where only an ignored area is left of a defect's marks, nobody said where it is.
            let marks = ignored.clone().filter(|_| good);
            match shown {
                Some(shown) => {
                    let focus = suspect(&picture, ignored.as_deref())?;
                    Ok(Window::around(focus, &picture, marks.as_deref(), shown))
                }
                None => Ok::<_, TrainError>(Window::whole(picture, marks)),
            }
        };
        let mut hasher = blake3::Hasher::new();
        let (mut room, mut defective_contents, mut unreadable) = (Room::new(mib << 20), HashSet::new(), Vec::new());
        for index in 0..source.count() {
            pace.report(LearnStage::Read, index + 1, source.count(), None)?;
            let Labelled { sample, truth } = match source.load(index) {
                Ok(labelled) => labelled,
                Err(reason) => {
                    unreadable.push(reason);
                    continue;
                }
            };
            add(&mut hasher, &source.name(index), &sample.content_hash, &truth);
            if matches!(truth, Truth::Defective { .. }) {
                defective_contents.insert(sample.content_hash.clone());
            }
            let (picture, lie) = match preprocess.look(&sample.frame) {
                Ok(looked) => looked,
                Err(error) => {
                    unreadable.push(format!("{}: {error}", source.name(index)));
                    continue;
                }
            };
            let (Truth::Good { ignored: marks } | Truth::Defective { marks, .. }) = &truth;
            if marks.as_ref().is_some_and(|marks| marks.size != sample.frame.size()) {
                unreadable.push(format!("{}: its marks are for another size", source.name(index)));
                continue;
            }
            let marks = marks.as_ref().map(|marks| at_judged_size(marks, preprocess, lie.as_ref()));
            // A mark that nothing is left of at the judged size says nothing.
            let marks = marks.filter(|marks| marks.iter().any(|mark| *mark != Mark::Good));
            match truth {
                Truth::Good { .. } => room.add_good(sample.content_hash, window(picture, marks, true)?),
                Truth::Defective { class, .. } => {
                    let windows = match (marks, shown) {
                        (Some(marks), Some(shown)) if marks.contains(&Mark::Defect) => {
                            Window::onto_marks(&picture, &marks, shown)
                        }
                        (Some(marks), None) => vec![Window::whole(picture, Some(marks))],
                        (marks, _) => vec![window(picture, marks, false)?],
                    };
                    let defect = |window| (class.clone(), Defect { window, class: None, part: index });
                    room.add_defective(windows.into_iter().map(defect).collect());
                }
            }
        }
        let Room { defects: named, good, left_out, .. } = room;
        if left_out > 0 {
            unreadable.push(format!("{left_out} {NO_ROOM} for more in {mib} MiB"));
        }
        let mut classes: Vec<String> = named.iter().filter_map(|(class, _)| class.clone()).collect();
        classes.sort();
        classes.dedup();
        let place = |name: Option<String>| name.and_then(|name| classes.iter().position(|class| *class == name));
        let defects = named.into_iter().map(|(name, defect)| Defect { class: place(name), ..defect }).collect();
        let hash = hasher.finalize().to_hex().to_string();
        let (good_contents, good): (Vec<String>, Vec<Window>) = good.into_iter().unzip();
        Ok(Self { defects, good: good.into(), classes, hash, good_contents, defective_contents, unreadable })
    }
}

impl Examples {
    /// Leaves good parts whose very picture lies in the folder of good parts to the folder: it teaches nothing new, or sets
    /// the limit there. Taken from there instead, the parts that people look at, which score high, would be missing from
    /// those that set the limit.
    pub(super) fn leave_to_folder(&mut self, folder: &HashSet<String>) {
        let kept = |(content, _): &(&String, &Window)| !folder.contains(*content);
        let (contents, good): (Vec<&String>, Vec<&Window>) =
            self.good_contents.iter().zip(self.good.iter()).filter(kept).unzip();
        let (contents, good) = (contents.into_iter().cloned().collect(), good.into_iter().cloned().collect());
        (self.good_contents, self.good) = (contents, good);
    }

    /// Whether somebody called a part with this content defective.
    pub(super) fn is_defective(&self, content_hash: &str) -> bool {
        self.defective_contents.contains(content_hash)
    }

    /// Labelled defective parts; one may show its defect in several windows.
    pub(super) fn defective_parts(&self) -> usize {
        // Windows of a part follow each other.
        self.defects.chunk_by(|a, b| a.part == b.part).count()
    }
}

/// BLAKE3 over names, contents and labels of all parts that can be read.
pub(super) fn hash_of(source: &dyn LabelledSource) -> String {
    let mut hasher = blake3::Hasher::new();
    for index in 0..source.count() {
        if let Ok(Labelled { sample, truth }) = source.load(index) {
            add(&mut hasher, &source.name(index), &sample.content_hash, &truth);
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn add(hasher: &mut blake3::Hasher, name: &str, content_hash: &str, truth: &Truth) {
    let (told, marks) = match truth {
        Truth::Good { ignored } => ("good".to_owned(), ignored.as_ref()),
        Truth::Defective { class, marks } => (format!("defective {class:?}"), marks.as_ref()),
    };
    for text in [name, content_hash, &told] {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    }
    if let Some(marks) = marks {
        let bytes: Vec<u8> = marks.values.iter().map(|mark| *mark as u8).collect();
        hasher.update(blake3::hash(&bytes).as_bytes());
    }
}

/// Marks as they lie on the judged picture, through the very preprocess that the picture goes through.
fn at_judged_size(marks: &Marks, preprocess: &Preprocess, lie: Option<&Lie>) -> Vec<Mark> {
    let preprocess = Preprocess { channels: Channels::Grey, ..preprocess.clone() };
    let share_of = |wanted: Mark| -> Vec<f32> {
        let samples = marks.values.iter().map(|mark| if *mark == wanted { 255 } else { 0 }).collect();
        Frame::new(marks.size, Pixels::Grey8(samples))
            .map_or_else(|_| Vec::new(), |frame| preprocess.apply_as(&frame, lie).values)
    };
    let (defect, unknown) = (share_of(Mark::Defect), share_of(Mark::Unknown));
    let mark = |(defect, unknown): (&f32, &f32)| match (*defect >= COVERED, *unknown >= COVERED) {
        (true, _) => Mark::Defect,
        (false, true) => Mark::Unknown,
        (false, false) => Mark::Good,
    };
    defect.iter().zip(&unknown).map(mark).collect()
}
