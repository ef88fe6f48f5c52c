use std::ops::ControlFlow;

use super::*;
use crate::testing::taught_line;

fn measure(line: &Line, report: Report<'_>) -> Result<LabelSaving, AppError> {
    measure_with(line, &FineTuneConfig { steps: 2, hidden: 4, ..FineTuneConfig::new(Effort::Quick) }, report)
}

#[test]
fn it_is_measured_kept_and_known_to_be_of_older_labels() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    assert_eq!(label_saving_of(&line, &store).unwrap(), KnownSaving { missing: [0, 0], last: None, outdated: false });
    let mut done = Vec::new();
    let measured = measure(&line, &mut |progress| {
        done.push(progress.done);
        assert!(progress.done <= progress.total);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(done.is_sorted() && done.last() == Some(&(6 * TICKS)), "one bar for all trainings");
    let [training, test] = labels_of(&store).unwrap();
    let all = training.defects().len();
    assert_eq!((measured.labels, measured.tested), (all, test.defects().len()));
    let runs: Vec<(usize, bool)> = measured.points.iter().map(|point| (point.labels, point.pretrained)).collect();
    assert_eq!(runs, [(all / 4, true), (all / 2, true), (all, true), (all / 4, false), (all / 2, false), (all, false)]);
    let (low, high) = measured.interval;
    assert!(low <= measured.needed && measured.needed <= high && high <= all as f64, "{measured:?}");
    assert!(measured.good > test.count() - test.defects().len(), "good parts of the folder count, too");
    let known = label_saving_of(&line, &store).unwrap();
    assert_eq!((known.last, known.outdated), (Some(measured.clone()), false));

    let part = store.labelled(None).unwrap().remove(0).record.id;
    store.undo_label(part, "Kim").unwrap();
    assert!(label_saving_of(&line, &store).unwrap().outdated);
    let cancelled = measure(&line, &mut |_| ControlFlow::Break(()));
    assert!(cancelled.unwrap_err().is_cancel());
    assert_eq!(label_saving_of(&line, &store).unwrap().last, Some(measured), "what was measured stays");
    std::fs::write(file(&line), "{").unwrap();
    assert_eq!(label_saving_of(&line, &store).unwrap().last, None);
}

#[test]
fn fewer_labels_are_among_more_and_too_few_are_refused() {
    let (_dir, line) = taught_line();
    let store = Store::open(&line.folder).unwrap();
    let [training, _] = labels_of(&store).unwrap();
    let names = |count| -> Vec<String> {
        let few = training.first_defects(count, 1);
        few.defects().into_iter().map(|part| few.name(part)).collect()
    };
    let (few, more) = (names(4), names(9));
    assert!(few.len() == 4 && more.len() == 9 && few.iter().all(|name| more.contains(name)));
    for part in store.labelled(Some(LabelUse::Test)).unwrap() {
        store.undo_label(part.record.id, "Kim").unwrap();
    }
    assert_eq!(label_saving_of(&line, &store).unwrap().missing, [0, MIN_TRIED]);
    let said = measure(&line, &mut |_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert!(said.contains("too few"), "{said}");
}

#[test]
fn a_measurement_gives_way_to_whatever_learns_on_the_line() {
    let (_dir, line) = taught_line();
    let learning = Learning::claim(&line.folder).unwrap().unwrap();
    let mut reports = 0;
    let refused = measure(&line, &mut |_| {
        reports += 1;
        ControlFlow::Continue(())
    });
    assert!(matches!(refused, Err(AppError::Busy)) && reports == 0);
    drop(learning);
    let mut learning = None;
    let ended = measure(&line, &mut |_| {
        if learning.is_none() {
            // Another process, as far as locks are concerned, and long enough for the next look.
            learning = Learning::claim(&line.folder).unwrap();
            std::thread::sleep(LOOK_EVERY);
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(ended, Err(AppError::Busy)), "{ended:?}");
}
