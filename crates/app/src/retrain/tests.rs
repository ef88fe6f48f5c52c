use std::collections::HashSet;
use std::ops::ControlFlow;

use sightline_core::label::{Mark, Meaning, Shape};
use sightline_core::{LearnStage, PartLabel, Tag};
use sightline_image::GRAIN_FIGURES;
use sightline_model::GrainBranch;
use sightline_store::Recorded;
use sightline_train::{Effort, Labelled, LabelledSource, LeaveOut, Truth};

use super::*;
use crate::testing::{aligned_model, ask_for, judged, taught_line, write_plate};
use crate::{CheckSettings, LearningSettings, LineSettings, choose_device, pictures_in, training_of};

fn short() -> FineTuneConfig {
    FineTuneConfig { steps: 3, hidden: 4, ..FineTuneConfig::new(Effort::Quick) }
}

fn retrain(line: &Line, config: &FineTuneConfig) -> RetrainOutcome {
    retrain_line(line, config, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn classes_are_left_out_that_have_enough_labels_and_others_beside_them() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let classes = store.classes().unwrap();
    let choose = |keep: &dyn Fn(&sightline_store::LabelledPart) -> bool| {
        let of = |used| {
            let parts = store.labelled(Some(used)).unwrap().into_iter().filter(|part| keep(part)).collect();
            LineLabels::new(parts, classes.clone())
        };
        let (training, test) = (of(LabelUse::Training), of(LabelUse::Test));
        classes_to_leave_out(&training, &test).map(|chosen| {
            for LeaveOut { class, parts } in &chosen {
                assert_eq!(parts, &training.parts_of_classes()[class]);
            }
            chosen.len()
        })
    };
    let is = |part: &sightline_store::LabelledPart, class: usize| part.label.classes() == [classes[class].id];
    assert_eq!(choose(&|_| true), Ok(2));
    assert_eq!(choose(&|part| !is(part, 0)), Err(NotLeftOut::OneClass));
    assert_eq!(choose(&|part| part.used == LabelUse::Training), Err(NotLeftOut::TooFewLabels));
    assert_eq!(
        choose(&|part| part.used == LabelUse::Training || is(part, 0)),
        Ok(1),
        "it is tried on what is held out"
    );
}

#[test]
fn defects_whose_class_nobody_said_are_left_out_with_every_class() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let classes = store.classes().unwrap();
    let test = LineLabels::new(store.labelled(Some(LabelUse::Test)).unwrap(), classes.clone());
    // Of the labels to learn from, all of the first class but so many lose it.
    let training = |keep: usize| {
        let mut parts = store.labelled(Some(LabelUse::Training)).unwrap();
        let of_first = parts.iter_mut().filter(|part| part.label.classes() == [classes[0].id]);
        of_first.skip(keep).for_each(|part| part.label.tag = Some(Tag::Defect(None)));
        LineLabels::new(parts, classes.clone())
    };
    let labels = training(3);
    let of_classes = labels.parts_of_classes();
    let named: Vec<usize> = of_classes.values().flatten().copied().collect();
    let is_nameless = |part: &usize| !named.contains(part);
    let chosen = classes_to_leave_out(&labels, &test).unwrap();
    assert_eq!(chosen.len(), 2);
    for LeaveOut { class, parts } in &chosen {
        let expected = |part: &usize| of_classes[class].contains(part) || is_nameless(part);
        let expected: Vec<usize> = labels.defects().into_iter().filter(expected).collect();
        assert!(*parts == expected && expected.iter().any(is_nameless), "{class}");
    }
    // Nothing is learned from the nameless ones, so they do not count as enough of the others.
    assert_eq!(classes_to_leave_out(&training(2), &test), Err(NotLeftOut::TooFewLabels));
}

fn live(line: &Line) -> String {
    Store::open(&line.folder).unwrap().live_model().unwrap().unwrap().id
}

#[test]
fn a_challenger_is_tried_and_judges_only_when_it_is_no_worse() {
    let (_dir, line) = taught_line();
    let champion = live(&line);
    let RetrainOutcome::Tried(tried) = retrain(&line, &short()) else { panic!("there are labels") };
    assert_eq!((tried.champion.as_str(), tried.pretrained_anew), (champion.as_str(), false));
    assert!(tried.trial.detection.is_some() && tried.trial.good_kept.is_some(), "{tried:?}");
    assert_eq!(tried.promoted, tried.refusals.is_empty());
    let left_out = tried.trial.left_out.as_ref().unwrap();
    let names: Vec<&str> = left_out.classes.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.len() == 2 && names.contains(&"Bar") && names.contains(&"Square"), "{left_out:?}");
    assert_eq!(live(&line), if tried.promoted { tried.challenger.clone() } else { champion.clone() });
    let known = models_of(&line.folder).unwrap();
    let challenger = known.iter().find(|known| known.row.id == tried.challenger).unwrap();
    let kept = challenger.trial.as_ref().unwrap();
    assert_eq!(kept.passed, tried.promoted);
    let report = TrialReport::from_json(&kept.report_json).unwrap();
    assert_eq!((report.left_out, report.not_left_out), (Some(left_out.together.into()), None));
    assert_eq!(report.left_out_classes.len(), 2);
    if !tried.promoted {
        let refused = promote_model(&line, &tried.challenger[..8], "Kim").unwrap_err().to_string();
        assert!(refused.contains("did not pass"), "{refused}");
    }
    assert!(promote_model(&line, "zz", "Kim").unwrap_err().to_string().contains("no model"));
}

#[test]
fn nothing_new_says_so_and_the_way_back_gives_the_old_verdicts() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let champion = live(&line);
    let RetrainOutcome::Tried(tried) = retrain(&line, &short()) else { panic!("there are labels") };
    // As if it had passed: what a person may force is the store's business alone.
    store.promote(&tried.challenger, "test", 5).unwrap();
    assert_eq!(retrain(&line, &short()), RetrainOutcome::NothingNew);
    assert_eq!(roll_back(&line, "Kim").unwrap().id, champion);
    assert_eq!(live(&line), champion);
    let before =
        RetrainOutcome::TriedBefore { challenger: tried.challenger.clone(), passed: tried.refusals.is_empty() };
    assert_eq!(retrain(&line, &short()), before, "what people went back from does not come again by itself");
    assert_eq!(live(&line), champion);

    // A good part more: what was learned from good parts is learned again first.
    write_plate(&line.settings.good_folder.join("new.ppm"), 77);
    store.promote(&tried.challenger, "test", 6).unwrap();
    let quick = Line { settings: LineSettings { effort: Effort::Quick, ..line.settings.clone() }, ..line.clone() };
    let first_of_pretraining = |until: u64| {
        let mut first = None;
        let outcome = retrain_line(&quick, &short(), &mut |progress| {
            let pretrains = progress.stage == LearnStage::Pretrain;
            if pretrains {
                first.get_or_insert(progress.done);
            }
            // It is seen to begin anew; a whole run would take its time.
            if pretrains && progress.done >= until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(outcome.unwrap_err().is_cancel());
        first
    };
    assert_eq!(first_of_pretraining(2), Some(1));
    assert_eq!(first_of_pretraining(3), Some(3), "it goes on where it was cancelled");
    assert_eq!(live(&line), tried.challenger, "a cancelled run leaves what judges in place");
}

#[test]
fn what_did_not_pass_is_not_made_again_because_its_file_was_removed() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let champion = live(&line);
    let RetrainOutcome::Tried(tried) = retrain(&line, &short()) else { panic!("there are labels") };
    if tried.promoted {
        store.promote(&champion, "test", 5).unwrap();
    }
    let models = models_of(&line.folder).unwrap();
    let known = models.into_iter().find(|known| known.row.id == tried.challenger).unwrap();
    let trial = TrialRow { passed: false, ..known.trial.unwrap() };
    store.add_challenger(&known.row, &trial).unwrap();
    let (path, card) = (store.model_path(&tried.challenger), read(&store, &tried.challenger).unwrap().card);
    std::fs::write(path.with_extension("card"), serde_json::to_vec(&card).unwrap()).unwrap();
    std::fs::remove_file(&path).unwrap();
    let before = RetrainOutcome::TriedBefore { challenger: tried.challenger.clone(), passed: false };
    assert_eq!(retrain(&line, &short()), before);
    // One that may judge can be had in no other way.
    store.add_challenger(&known.row, &TrialRow { passed: true, ..trial }).unwrap();
    assert!(matches!(retrain(&line, &short()), RetrainOutcome::Tried(_)));
}

#[test]
fn a_model_that_judges_known_parts_wrongly_is_promoted_by_nobody() {
    let (dir, mut line) = taught_line();
    let known = dir.path().join("known");
    std::fs::create_dir(&known).unwrap();
    // Whatever a model says of it is wrong: it is to be good and bad.
    write_plate(&known.join("plate.ppm"), 3);
    let asked = CheckSettings { good: Some(known.clone()), bad: Some(known), required: true };
    ask_for(&mut line, asked.clone());
    let champion = live(&line);
    let RetrainOutcome::Tried(tried) = retrain(&line, &short()) else { panic!("there are labels") };
    assert!(tried.refusals == [Refusal::KnownPartsWrong] && !tried.promoted, "{tried:?}");
    assert!(tried.wrong_known.len() == 1 && tried.wrong_known[0].contains("plate.ppm"), "{tried:?}");
    let store = Store::open(&line.folder).unwrap();
    store.promote(&tried.challenger, "test", 5).unwrap();
    let refused = roll_back(&line, "Kim").unwrap_err();
    assert!(matches!(&refused, AppError::KnownPartsWrong { detail } if detail.contains("plate.ppm")), "{refused}");
    assert_eq!(live(&line), tried.challenger, "the line would stand still");
    ask_for(&mut line, CheckSettings { required: false, ..asked });
    assert_eq!(roll_back(&line, "Kim").unwrap().id, champion);
    // The known parts may be others by now: it is worth another try.
    assert!(matches!(retrain(&line, &short()), RetrainOutcome::Tried(_)));
}

#[test]
fn a_part_that_only_one_model_can_align_counts_against_the_other_and_a_learned_one_for_nobody() {
    let (dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let champion = read(&store, &live(&line)).unwrap();
    let (discs, _) = {
        let discs = dir.path().join("discs");
        std::fs::create_dir(&discs).unwrap();
        aligned_model(&discs)
    };
    let mut challenger = champion.clone();
    (challenger.card.recipe.align, challenger.card.alignment) = (true, discs.card.alignment);
    let test = LineLabels::new(store.labelled(Some(LabelUse::Test)).unwrap(), store.classes().unwrap());
    let device = choose_device(Some("cpu")).unwrap();
    let try_out = |learned: &HashSet<String>, models: [&Artefact; 2]| {
        let bench = Bench { test: &test, learned, device: &device, seed: 1 };
        bench.try_out(models, Err(NotLeftOut::OneClass), &mut |_| ControlFlow::Continue(())).unwrap()
    };
    let (trial, tried_on) = try_out(&HashSet::new(), [&champion, &challenger]);
    assert_eq!(tried_on.iter().sum::<usize>(), test.count());
    assert_eq!([trial.detection, trial.good_kept].map(|compared| compared.unwrap().challenger), [0.0, 0.0]);
    assert_eq!(trial.unknown.unwrap().challenger, 0.0);
    let (swapped, _) = try_out(&HashSet::new(), [&challenger, &champion]);
    assert_eq!(swapped.good_kept.unwrap().champion, 0.0);
    // Neither can judge them.
    let (neither, _) = try_out(&HashSet::new(), [&challenger, &challenger]);
    assert_eq!((neither.detection, neither.good_kept), (None, None));
    let learned = HashSet::from([test.load(0).unwrap().sample.content_hash]);
    assert_eq!(try_out(&learned, [&champion, &champion]).1.iter().sum::<usize>(), test.count() - 1);
}

#[test]
fn an_ignored_area_of_a_good_part_is_told_to_learning_and_is_something_new() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let labels = |used| LineLabels::new(store.labelled(Some(used)).unwrap(), store.classes().unwrap());
    let good = store.labelled(Some(LabelUse::Test)).unwrap().into_iter().find(|part| part.label.is_good()).unwrap();
    let before = label_hash(&labels(LabelUse::Test), None);
    let shape = Shape::Box { left: 8.0, top: 8.0, right: 24.0, bottom: 16.0 };
    let marks = vec![Mark { meaning: Meaning::Ignore, shape }];
    store.set_label(good.record.id, &PartLabel { marks, ..good.label }, "Kim").unwrap();
    let test = labels(LabelUse::Test);
    let ignored = (0..test.count()).filter_map(|index| match test.load(index).unwrap() {
        Labelled { truth: Truth::Good { ignored }, .. } => ignored,
        _ => None,
    });
    let ignored: Vec<_> = ignored.collect();
    assert_eq!(ignored.len(), 1);
    let unknown = ignored[0].values.iter().filter(|mark| **mark == sightline_train::Mark::Unknown).count();
    assert_eq!(unknown, 16 * 8);
    assert_ne!(label_hash(&test, None), before);
    let champion = read(&store, &live(&line)).unwrap();
    let device = choose_device(Some("cpu")).unwrap();
    let bench = Bench { test: &test, learned: &HashSet::new(), device: &device, seed: 1 };
    let trial = bench.try_out([&champion; 2], Err(NotLeftOut::OneClass), &mut |_| ControlFlow::Continue(()));
    assert_eq!(trial.unwrap().1.iter().sum::<usize>(), test.count() - 1, "it is no test of the whole part");
}

#[test]
fn labels_are_new_that_the_live_model_has_not_seen() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let all = store.labelled(None).unwrap();
    let new_labels = || training_of(&line, &store).unwrap().new_labels;
    assert_eq!(new_labels(), all.len() as u64, "a model of good parts alone has seen none");
    let mut said = false;
    let outcome = retrain_line(&line, &short(), &mut |progress| {
        if progress.stage == LearnStage::FineTune && !std::mem::replace(&mut said, true) {
            // Milliseconds tell what came later.
            std::thread::sleep(std::time::Duration::from_millis(5));
            let label = PartLabel { note: "while it learned".to_owned(), ..all[0].label.clone() };
            store.set_label(all[0].record.id, &label, "Kim").unwrap();
        }
        ControlFlow::Continue(())
    });
    let RetrainOutcome::Tried(tried) = outcome.unwrap() else { panic!("there are labels") };
    if !tried.promoted {
        store.promote(&tried.challenger, "test", 5).unwrap();
    }
    assert_eq!(new_labels(), 1);
}

#[test]
fn learning_anew_follows_what_was_ticked_and_else_how_the_champion_was_learned() {
    let (_dir, mut line) = taught_line();
    line.settings.may_turn = true;
    let poses = line.settings.recipe(&pictures_in(&line.settings.good_folder).unwrap()).unwrap().poses;
    let mut champion = read(&Store::open(&line.folder).unwrap(), &live(&line)).unwrap().card;
    let learned = |line: &Line, poses, champion: &ModelCard| {
        let LearnConfig { all_ways, grain, .. } = learning_anew(line, poses, champion);
        (all_ways, grain)
    };
    assert_eq!(learned(&line, poses, &champion), (false, false));
    let grain = GrainBranch::fit(&[[0.0; GRAIN_FIGURES]; 3], &[0.0, 1.0, 2.0]);
    (champion.all_ways, champion.fusion.grain) = (true, Some(grain));
    assert_eq!(learned(&line, poses, &champion), (true, true));
    assert_eq!(learned(&line, Poses::default(), &champion), (false, true), "parts lie in one way only by now");
    let set = |all_ways, grain| {
        let learning = LearningSettings { all_ways, grain, ..line.settings.learning.clone() };
        Line { settings: LineSettings { learning, ..line.settings.clone() }, ..line.clone() }
    };
    assert_eq!(learned(&set(Some(false), Some(false)), poses, &champion), (false, false));
    (champion.all_ways, champion.fusion.grain) = (false, None);
    assert_eq!(learned(&set(Some(true), Some(true)), poses, &champion), (true, true));
}

#[test]
fn labels_that_come_while_a_run_goes_on_wait_for_the_next() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let learned_from = |name: &String| LabelUse::of_group(name) == LabelUse::Training;
    let name = (0..).map(|number| format!("late {number}")).find(learned_from).unwrap();
    let path = line.settings.watch_folder.join(format!("{name}.ppm"));
    write_plate(&path, 90);
    let Recorded::New(late) = store.record(&judged(&path), Some(1.0), None).unwrap() else { panic!("it is new") };
    let mut said = false;
    let outcome = retrain_line(&line, &short(), &mut |progress| {
        if progress.stage == LearnStage::FineTune && !std::mem::replace(&mut said, true) {
            let label = PartLabel { tag: Some(Tag::Good), ..PartLabel::default() };
            store.set_label(late.id, &label, "Kim").unwrap();
        }
        ControlFlow::Continue(())
    });
    let RetrainOutcome::Tried(first) = outcome.unwrap() else { panic!("there are labels") };
    store.promote(&first.challenger, "test", 5).unwrap();
    let RetrainOutcome::Tried(second) = retrain(&line, &short()) else { panic!("there is one more") };
    let learned_good = |id: &str| read(&store, id).unwrap().card.known.unwrap().made.good;
    assert_eq!(learned_good(&second.challenger), learned_good(&first.challenger) + 1);
}

#[test]
fn labels_whose_pictures_cannot_be_used_are_told_by_why() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let labelled = store.labelled(Some(LabelUse::Training)).unwrap();
    let defects = labelled.into_iter().filter(|part| part.label.is_defect());
    let pictures: Vec<_> = defects.map(|part| part.record.judged.arrival.path).take(3).collect();
    std::fs::remove_file(&pictures[0]).unwrap();
    write_plate(&pictures[1], 99);
    std::fs::write(&pictures[2], b"Shift 2: camera 1 was cleaned.").unwrap();
    let RetrainOutcome::Tried(tried) = retrain(&line, &short()) else { panic!("there are labels") };
    let known = models_of(&line.folder).unwrap();
    let trial = known.into_iter().find(|known| known.row.id == tried.challenger).unwrap().trial.unwrap();
    let told = ["gone", "changed", "unreadable"].into_iter().zip(&pictures).map(|(why, picture)| LeftOutReport {
        why: why.to_owned(),
        count: 1,
        parts: vec![picture.file_name().unwrap().to_string_lossy().into_owned()],
    });
    assert_eq!(TrialReport::from_json(&trial.report_json).unwrap().labels_left_out, told.collect::<Vec<_>>());
}

#[test]
fn too_few_labels_and_a_second_run_are_refused_in_words() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    for part in store.labelled(None).unwrap() {
        store.undo_label(part.record.id, "Kim").unwrap();
    }
    let refused = || retrain_line(&line, &short(), &mut |_| ControlFlow::Continue(())).unwrap_err();
    let said = refused().to_string();
    assert!(said.contains("too few"), "{said}");
    let learning = Learning::claim(&line.folder).unwrap();
    assert!(learning.is_some() && matches!(refused(), AppError::Busy), "one learns at a time");
}

#[test]
fn a_challenger_goes_into_the_database_that_took_a_damaged_ones_place_while_it_was_made() {
    let (_dir, line) = taught_line();
    Store::open(&line.folder).unwrap().back_up().unwrap();
    let mut restored = None;
    let outcome = retrain_line(&line, &short(), &mut |progress| {
        if progress.stage == LearnStage::FineTune && restored.is_none() {
            std::fs::write(line.folder.join("sightline.db"), b"Shift 2: camera 1 was cleaned.").unwrap();
            // As inspection does it, which must not wait until it is made.
            restored = Store::open_alone(&line.folder).unwrap().1;
        }
        ControlFlow::Continue(())
    });
    let RetrainOutcome::Tried(tried) = outcome.unwrap() else { panic!("there are labels") };
    let known = models_of(&line.folder).unwrap();
    assert!(restored.is_some() && known.iter().any(|known| known.row.id == tried.challenger && known.trial.is_some()));
}

#[test]
fn a_damaged_database_is_replaced_while_pictures_are_looked_at_for_anything_new() {
    let (_dir, line) = taught_line();
    let RetrainOutcome::Tried(tried) = retrain(&line, &short()) else { panic!("there are labels") };
    let store = Store::open(&line.folder).unwrap();
    store.promote(&tried.challenger, "test", 5).unwrap();
    store.back_up().unwrap();
    drop(store);
    let mut restored = None;
    let outcome = retrain_line(&line, &short(), &mut |_| {
        if restored.is_none() {
            std::fs::write(line.folder.join("sightline.db"), b"Shift 2: camera 1 was cleaned.").unwrap();
            // As inspection does it, which must not wait until all pictures are read.
            restored = Store::open_alone(&line.folder).unwrap().1;
        }
        ControlFlow::Continue(())
    });
    assert_eq!(outcome.unwrap(), RetrainOutcome::NothingNew);
    assert!(restored.is_some());
}
