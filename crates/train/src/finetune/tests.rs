//! From labels to a model, on small pictures: what is learned, what stays, what is refused.

use std::ops::ControlFlow;

use burn::tensor::Device;
use sightline_core::PictureSize;
use sightline_image::{Frame, Pixels};

use super::*;
use crate::testing::{Dark, Plates, SIDE, config, learned, recipe};
use crate::{Effort, LearnConfig, LearnRequest, Sample, learn};

/// Plates with a bright spot (class "spot") or a dark bar (class "bar"), each labelled in one of the ways there are.
pub(super) struct Defective {
    pub(super) count: usize,
}

impl LabelledSource for Defective {
    fn count(&self) -> usize {
        self.count
    }

    fn name(&self, index: usize) -> String {
        format!("defective-{index}.png")
    }

    fn load(&self, index: usize) -> Result<Labelled, String> {
        let (sample, marks) = defective(500 + index)?;
        let class = Some(if index.is_multiple_of(2) { "spot" } else { "bar" }.to_owned());
        let truth = match index % 7 {
            // A picture that only said to be defective, a box, a part labelled good.
            4 => Truth::Defective { class, marks: None },
            5 => {
                let mut boxed = Marks::good(marks.size);
                boxed.add_box([10.0, 10.0, 40.0, 40.0]);
                Truth::Defective { class: None, marks: Some(boxed) }
            }
            6 => {
                return Ok(Labelled {
                    sample: Plates::new(600).load(500 + index)?,
                    truth: Truth::Good { ignored: None },
                });
            }
            _ => Truth::Defective { class, marks: Some(marks) },
        };
        Ok(Labelled { sample, truth })
    }
}

/// A plate with a defect, and where it is.
fn defective(seed: usize) -> Result<(Sample, Marks), String> {
    let Sample { frame, .. } = Plates::new(seed + 1).load(seed)?;
    let Pixels::Grey8(mut samples) = frame.pixels().clone() else { return Err("not grey".to_owned()) };
    let (x, y) = (8 + seed * 7 % 40, 8 + seed * 11 % 40);
    let mut marks = Marks::good(frame.size());
    let round = seed.is_multiple_of(2);
    for (pixel, (sample, mark)) in samples.iter_mut().zip(&mut marks.values).enumerate() {
        let (dx, dy) = ((pixel % SIDE).abs_diff(x), (pixel / SIDE).abs_diff(y));
        let inside = if round { dx * dx + dy * dy <= 20 } else { dx <= 9 && dy <= 2 };
        if inside {
            *sample = if round { 215 } else { 40 };
            *mark = Mark::Defect;
        }
    }
    let content_hash = blake3::hash(&samples).to_hex().to_string();
    let size = PictureSize { width: SIDE as u32, height: SIDE as u32 };
    let frame = Frame::new(size, Pixels::Grey8(samples)).map_err(|error| error.to_string())?;
    Ok((Sample { frame, content_hash }, marks))
}

pub(super) fn cpu() -> DeviceInfo {
    DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() }
}

fn tune(
    base: &Artefact,
    source: &Plates,
    labels: usize,
    config: &FineTuneConfig,
    listen: impl FnMut(sightline_core::LearnProgress) -> ControlFlow<()>,
) -> Result<FineTuned, TrainError> {
    let labelled = Defective { count: labels };
    let request = FineTuneRequest {
        base,
        config,
        source,
        labelled: &labelled,
        confirmed: None,
        device: &cpu(),
        checkpoint: None,
        glances: None,
    };
    let mut listen = listen;
    fine_tune(&request, &mut listen)
}

pub(super) fn short(steps: usize) -> FineTuneConfig {
    FineTuneConfig { steps, hidden: 8, ..FineTuneConfig::new(Effort::Quick) }
}

#[test]
fn labelled_defects_are_found_named_and_pointed_at() {
    let source = Plates::new(40);
    let mut learning = config();
    learning.width = 8;
    let base = learned(&source, &learning).unwrap().artefact;
    let settings = FineTuneConfig { encoder_rate: 1.0, heads_first: 0.0, class_weight: 1.0, hidden: 16, ..short(100) };
    let tuned = tune(&base, &source, 28, &settings, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((&tuned.artefact.weights, &tuned.artefact.bank), (&base.weights, &base.bank));
    let card = tuned.artefact.card.known.as_ref().unwrap();
    assert_eq!(
        (card.classes.as_slice(), card.made.defects, card.made.good),
        (&["bar".to_owned(), "spot".to_owned()][..], 24, 4)
    );

    let judge = Judge::load(&tuned.artefact, &cpu()).unwrap();
    let score = |frame: &Frame| judge.score(&[judge.prepare(frame).unwrap()]).unwrap().remove(0);
    let good: Vec<f64> =
        (900..912).map(|i| score(&Plates::new(i + 1).load(i).unwrap().frame).known.unwrap().evidence).collect();
    let (mut above, mut named, mut inside) = (0, 0, 0);
    for seed in 700..712 {
        let (sample, marks) = defective(seed).unwrap();
        let scored = score(&sample.frame);
        let known = scored.known.unwrap();
        above += good.iter().filter(|&&good| good < known.evidence).count();
        named += usize::from(known.class.unwrap().name == if seed % 2 == 0 { "spot" } else { "bar" });
        let strongest = scored.map.values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        let (x, y) = (4 * (strongest % scored.map.width), 4 * (strongest / scored.map.width));
        let near = (0..SIDE * SIDE).any(|pixel| {
            marks.values[pixel] == Mark::Defect
                && (pixel % SIDE).abs_diff(x + 2) <= 6
                && (pixel / SIDE).abs_diff(y + 2) <= 6
        });
        inside += usize::from(near);
    }
    assert!(above >= 137, "{above} of 144 pairs of a defect and a good part are told apart");
    assert!(named >= 9, "{named} of 12 are named rightly");
    assert!(inside >= 10, "{inside} of 12 are pointed at");
}

#[test]
fn parts_that_are_shown_in_tiles_are_learned_from_labels_and_judged_so() {
    let source = Plates::new(40);
    let recipe = Recipe { input: PictureSize { width: 160, height: 96 }, ..recipe() };
    let learning = LearnConfig { tile: Some(64), width: 8, ..config() };
    let device = cpu();
    let request = LearnRequest {
        recipe: &recipe,
        config: &learning,
        source: &source,
        device: &device,
        beside: &[],
        checkpoint: None,
        glances: None,
    };
    let base = learn(&request, &mut |_| ControlFlow::Continue(())).unwrap().artefact;
    assert!(base.card.recipe.tiles.is_some());
    let settings = FineTuneConfig { encoder_rate: 1.0, heads_first: 0.0, class_weight: 1.0, hidden: 16, ..short(100) };
    let tuned = tune(&base, &source, 28, &settings, |_| ControlFlow::Continue(())).unwrap();
    let known = tuned.artefact.card.known.as_ref().unwrap();
    assert_eq!((known.made.defects, known.made.good), (24, 4), "parts, not windows onto them");

    // Watched or not, the same is learned.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("learning.png");
    let (labelled, few) = (Defective { count: 9 }, short(3));
    let watched = |glances| {
        let request = FineTuneRequest {
            base: &base,
            config: &few,
            source: &source,
            labelled: &labelled,
            confirmed: None,
            device: &device,
            checkpoint: None,
            glances,
        };
        let mut looks = 0;
        let tuned = fine_tune(&request, &mut |progress| {
            looks = progress.looks;
            ControlFlow::Continue(())
        });
        (tuned.unwrap().artefact.to_bytes().unwrap(), looks)
    };
    let (unseen, seen) = (watched(None), watched(Some(path.as_path())));
    assert!(unseen.0 == seen.0 && unseen.1 == 0 && seen.1 > 0 && path.is_file());

    let judge = Judge::load(&tuned.artefact, &device).unwrap();
    let score = |frame: &Frame| judge.score(&[judge.prepare(frame).unwrap()]).unwrap().remove(0);
    let (index, expected) = tuned.held_out[0];
    let live = score(&source.load(index).unwrap().frame);
    assert!((live.score - expected).abs() < 1e-2, "{} live, {expected} while calibrating", live.score);
    assert_eq!((live.map.width, live.map.height), (40, 24));
    let evidence = |frame: &Frame| score(frame).known.unwrap().evidence;
    let good: Vec<f64> = (900..912).map(|i| evidence(&Plates::new(i + 1).load(i).unwrap().frame)).collect();
    let defects: Vec<f64> = (700..712).map(|seed| evidence(&defective(seed).unwrap().0.frame)).collect();
    let above: usize = defects.iter().map(|defect| good.iter().filter(|&good| good < defect).count()).sum();
    assert!(above >= 130, "{above} of 144 pairs of a defect and a good part are told apart");
}

#[test]
fn labels_that_memory_does_not_hold_are_told_and_are_none_the_less_not_new() {
    let labelled = Defective { count: 28 };
    let preprocess = sightline_image::Preprocess::from(&recipe());
    let read = |mib| {
        let mut report = |_| ControlFlow::Continue(());
        let mut pace = Pace::fine_tuning(&mut report);
        Examples::read(&labelled, (&preprocess, mib), |_, _| Ok((0, 0)), &mut pace).unwrap()
    };
    let (all, few) = (read(64), read(0));
    assert_eq!((all.defective_parts(), all.good.len(), all.unreadable.len()), (24, 4, 0));
    assert_eq!((few.defective_parts(), few.good.len()), (MIN_LABELS, 2));
    assert_eq!(few.unreadable, ["23 labelled parts: there is no room for more in 0 MiB"]);
    assert_eq!(few.hash, all.hash);
}

#[test]
fn good_parts_that_show_no_grain_say_nothing_about_what_is_usual() {
    let (source, learning, device) =
        (Dark(Plates::new(60), |index| index.is_multiple_of(5)), LearnConfig { grain: true, ..config() }, cpu());
    let request = LearnRequest {
        recipe: &recipe(),
        config: &learning,
        source: &source,
        device: &device,
        beside: &[],
        checkpoint: None,
        glances: None,
    };
    let base = learn(&request, &mut |_| ControlFlow::Continue(())).unwrap().artefact;
    let (labelled, settings) = (Defective { count: 8 }, short(2));
    let request = FineTuneRequest {
        base: &base,
        config: &settings,
        source: &source,
        labelled: &labelled,
        confirmed: None,
        device: &device,
        checkpoint: None,
        glances: None,
    };
    let tuned = fine_tune(&request, &mut |_| ControlFlow::Continue(())).unwrap();
    let tail = tuned.artefact.card.known.as_ref().unwrap().novel_tail;
    assert!(tail.mean_excess < 1000.0 && tail.start < 1000.0, "{tail:?}");
    assert!(tuned.held_out.iter().all(|(index, _)| !index.is_multiple_of(5)));
    let scores = &tuned.artefact.card.calibration.scores;
    assert!(scores.iter().all(|score| *score < 1000.0), "{scores:?}");
}

#[test]
fn the_same_run_gives_the_same_model_and_the_limit_is_set_on_parts_that_nothing_saw() {
    let source = Plates::new(30);
    let base = learned(&source, &config()).unwrap();
    let tuned = || tune(&base.artefact, &source, 8, &short(4), |_| ControlFlow::Continue(())).unwrap();
    let (first, second) = (tuned(), tuned());
    assert_eq!(first.artefact.to_bytes().unwrap(), second.artefact.to_bytes().unwrap());
    let parts = |held_out: &[(usize, f64)]| held_out.iter().map(|(index, _)| *index).collect::<Vec<_>>();
    assert_eq!(parts(&first.held_out), parts(&base.held_out));
    let mut scores: Vec<f64> = first.held_out.iter().map(|(_, score)| *score).collect();
    scores.sort_by(f64::total_cmp);
    assert_eq!(scores, first.artefact.card.calibration.scores);
    let judge = Judge::load(&first.artefact, &cpu()).unwrap();
    let (index, expected) = first.held_out[0];
    let frame = source.load(index).unwrap().frame;
    assert_eq!(judge.score(&[judge.prepare(&frame).unwrap()]).unwrap()[0].score, expected);
}

/// Parts of which people said that they are good.
struct Confirmed(std::ops::Range<usize>);

impl LabelledSource for Confirmed {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> String {
        format!("confirmed-{index}.png")
    }

    fn load(&self, index: usize) -> Result<Labelled, String> {
        let sample = Plates::new(self.0.end).load(self.0.start + index)?;
        Ok(Labelled { sample, truth: Truth::Good { ignored: None } })
    }
}

#[test]
fn confirmed_good_parts_help_to_set_the_limit_and_are_not_learned_from() {
    let source = Plates::new(30);
    let base = learned(&source, &config()).unwrap().artefact;
    let without = tune(&base, &source, 8, &short(4), |_| ControlFlow::Continue(())).unwrap();
    // The first ten are plates of the folder itself, which count once.
    let confirmed = Confirmed(20..37);
    let labelled = Defective { count: 8 };
    let (config, device) = (short(4), cpu());
    let request = FineTuneRequest {
        base: &base,
        config: &config,
        source: &source,
        labelled: &labelled,
        confirmed: Some(&confirmed),
        device: &device,
        checkpoint: None,
        glances: None,
    };
    let with = fine_tune(&request, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((&with.artefact.known, &with.held_out), (&without.artefact.known, &without.held_out));
    let judge = Judge::load(&with.artefact, &cpu()).unwrap();
    let score = |index: usize| {
        let frame = Plates::new(index + 1).load(index).unwrap().frame;
        judge.score(&[judge.prepare(&frame).unwrap()]).unwrap()[0].score
    };
    let mut expected = without.artefact.card.calibration.scores.clone();
    expected.extend((30..37).map(score));
    expected.sort_by(f64::total_cmp);
    assert_eq!(with.artefact.card.calibration.scores, expected);
    let hash = |artefact: &Artefact| artefact.card.known.as_ref().unwrap().made.label_hash.clone();
    assert_eq!(hash(&with.artefact), label_hash(&labelled, Some(&confirmed)));
    assert_eq!(hash(&without.artefact), label_hash(&labelled, None));
    assert_ne!(hash(&with.artefact), hash(&without.artefact));
}

/// Labelled defects, and a part of the folder that was labelled, too.
struct Beside(Defective, usize, Truth);

impl LabelledSource for Beside {
    fn count(&self) -> usize {
        self.0.count() + 1
    }

    fn name(&self, index: usize) -> String {
        format!("labelled-{index}.png")
    }

    fn load(&self, index: usize) -> Result<Labelled, String> {
        if index < self.0.count() {
            return self.0.load(index);
        }
        Ok(Labelled { sample: Plates::new(self.1 + 1).load(self.1)?, truth: self.2.clone() })
    }
}

#[test]
fn the_very_picture_of_a_good_label_stays_with_the_folder_and_that_of_a_defect_sets_no_limit() {
    let source = Plates::new(30);
    let base = learned(&source, &config()).unwrap();
    let (twin, _) = base.held_out[0];
    let (settings, device) = (short(4), cpu());
    let tuned_with = |truth| {
        let labelled = Beside(Defective { count: 8 }, twin, truth);
        let request = FineTuneRequest {
            base: &base.artefact,
            config: &settings,
            source: &source,
            labelled: &labelled,
            confirmed: None,
            device: &device,
            checkpoint: None,
            glances: None,
        };
        fine_tune(&request, &mut |_| ControlFlow::Continue(())).unwrap()
    };
    let parts = |held_out: &[(usize, f64)]| held_out.iter().map(|(index, _)| *index).collect::<Vec<_>>();
    let good = tuned_with(Truth::Good { ignored: None });
    assert_eq!(parts(&good.held_out), parts(&base.held_out));
    // One of the eight is good, too; the twin would be the second.
    assert_eq!(good.artefact.card.known.unwrap().made.good, 1);
    let tuned = tuned_with(Truth::Defective { class: None, marks: None });
    assert_eq!(parts(&tuned.held_out), parts(&base.held_out)[1..]);
    assert_eq!(tuned.artefact.card.calibration.scores.len(), base.held_out.len() - 1);
    assert!(tuned.good_contents.contains(&source.load(twin).unwrap().content_hash));
    assert_eq!(tuned.good_contents.len(), 30);
}

#[test]
fn without_a_class_nothing_of_it_is_learned_and_the_challenger_stays_the_same() {
    let source = Plates::new(30);
    let base = learned(&source, &config()).unwrap().artefact;
    let plain = tune(&base, &source, 14, &short(6), |_| ControlFlow::Continue(())).unwrap();
    let labelled = Defective { count: 14 };
    let of_class = |class: &str| -> Vec<usize> {
        let is = |truth| matches!(truth, Truth::Defective { class: Some(named), .. } if named == class);
        (0..labelled.count()).filter(|&index| is(labelled.load(index).unwrap().truth)).collect()
    };
    let leave_out = ["bar", "spot"].map(|class| LeaveOut { class: class.to_owned(), parts: of_class(class) });
    let (config, device) = (short(6), cpu());
    let request = FineTuneRequest {
        base: &base,
        config: &config,
        source: &source,
        labelled: &labelled,
        confirmed: None,
        device: &device,
        checkpoint: None,
        glances: None,
    };
    let (mut last, mut total) = (0, 0);
    let (tuned, left_out) = fine_tune_leaving_out(&request, &leave_out, &mut |progress| {
        if progress.stage == LearnStage::FineTune {
            assert_eq!(progress.done, last + 1, "one bar for all of the run");
            (last, total) = (progress.done, progress.total);
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(last > 0 && last == total);
    assert_eq!(tuned.artefact.to_bytes().unwrap(), plain.artefact.to_bytes().unwrap());
    let good_alone = left_out.good_alone(&base).to_bytes().unwrap();
    assert_eq!(good_alone, base.to_bytes().unwrap(), "no part was confirmed, so its limit is the base model's");
    let learned = |at: usize| left_out.without[at].artefact(&base).card.known.unwrap();
    let names = |at: usize| (left_out.without[at].class.clone(), learned(at).classes);
    assert_eq!(names(0), ("bar".to_owned(), vec!["spot".to_owned()]));
    assert_eq!(names(1), ("spot".to_owned(), vec!["bar".to_owned()]));
    let all = LeaveOut { class: "any".to_owned(), parts: (0..labelled.count()).collect() };
    let (_, nothing) = fine_tune_leaving_out(&request, &[all], &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(nothing.without.is_empty(), "nothing is left to learn from");
    for (at, left) in leave_out.iter().enumerate() {
        assert_eq!(
            learned(at).made.defects,
            tuned.artefact.card.known.as_ref().unwrap().made.defects - left.parts.len()
        );
        assert_eq!(learned(at).made.config["steps"], 6, "as many as the challenger");
        Judge::load(&left_out.without[at].artefact(&base), &device).unwrap();
    }
}

#[test]
fn what_cannot_be_learned_from_is_refused_in_words() {
    let source = Plates::new(30);
    let base = learned(&source, &config()).unwrap().artefact;
    let refused = |source: &Plates, labels, config: &FineTuneConfig| {
        tune(&base, source, labels, config, |_| ControlFlow::Continue(())).unwrap_err().to_string()
    };
    let check = |said: String, words: &str| assert!(said.contains(words), "{said}");
    check(refused(&source, 2, &short(2)), "at least 3");
    check(refused(&Plates::new(31), 8, &short(2)), "other good parts");
    check(refused(&source, 8, &FineTuneConfig { batch: 0, ..short(2) }), "batch");
    let mut steps = 0;
    let cancelled = tune(&base, &source, 8, &short(50), |progress| {
        steps += usize::from(progress.stage == LearnStage::FineTune);
        if steps == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(cancelled, Err(TrainError::Cancelled)));
}
