//! Stopped, killed or never stopped: the watch comes to the same.

use sightline_core::{Arrival, ArrivalKey, Judged, PartName, UnreadableReason, Verdict};
use sightline_store::ModelRow;

use super::*;

/// A number from 0 to 1 for each part, without a visible order.
fn spread(number: usize) -> f64 {
    (number * 7919 % 1009) as f64 / 1009.0
}

/// The score of each part: usual ones, some rejected, and from 1150 on only high ones.
fn score(number: usize) -> f64 {
    match number {
        _ if number % 13 == 5 => 3.0,
        0..1150 => spread(number),
        _ => 0.6 + 0.3 * spread(number),
    }
}

/// Lets the model "m" judge.
fn make_live(store: &Store) {
    let path = store.model_path("m");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, b"weights").unwrap();
    let row = ModelRow { id: "m".into(), made_millis: 0, file_name: "m.slm".into(), promise_json: "{}".into() };
    store.add_model_and_make_live(&row).unwrap();
}

fn record(store: &Store, number: usize, model: Option<&str>) {
    let name = format!("{number}.png");
    let key = ArrivalKey { relative_path: name.clone().into(), modified_nanos: 1, size_bytes: 1 };
    let judged = Judged {
        arrival: Arrival { key, path: name.into(), name: PartName::default(), seen_millis: 0 },
        verdict: if model.is_some() { Verdict::Pass } else { Verdict::Unreadable },
        reason: model.is_none().then_some(UnreadableReason::Damaged),
        detail: None,
        score: model.map(|_| score(number)),
        p_value: None,
        heat: None,
        size: None,
        content_hash: None,
        model: model.map(str::to_owned),
        latency_millis: 1.0,
    };
    store.record(&judged, None, None).unwrap();
}

#[test]
fn a_line_that_was_stopped_or_killed_comes_to_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    record(&store, 9999, Some("m"));
    make_live(&store);
    let calibration = Calibration::new((0..120).map(spread).collect(), 0.05, 0.95).unwrap();

    let mut never_stopped = DriftMonitor::new(&calibration, "m");
    let mut watch = DriftWatch::resume(&store, "m", &calibration).unwrap();
    for number in 0..1250 {
        match number % 17 {
            3 => record(&store, number, Some("another model")),
            11 => record(&store, number, None),
            _ => {
                record(&store, number, Some("m"));
                // One part was recorded before the model became live, and numbers begin at 1.
                let part = number as i64 + 2;
                let stored_millis = store.part(part).unwrap().unwrap().record.stored_millis;
                never_stopped.observe(PartMark { part, stored_millis }, score(number));
            }
        }
        match number % 50 {
            // Killed: what was not kept is looked at again. Stopped: kept first.
            20 => watch = DriftWatch::resume(&store, "m", &calibration).unwrap(),
            40 => {
                watch.catch_up(&store).unwrap();
                watch.keep(&store).unwrap();
                watch = DriftWatch::resume(&store, "m", &calibration).unwrap();
            }
            1 | 2 | 17 | 39 => watch.catch_up(&store).unwrap(),
            _ => {}
        }
        // An alarm is kept at once, so that no kill forgets it.
        let kept = || store.drift("m").unwrap().memory.is_some_and(|memory| memory.bets.alarmed);
        assert!(watch.drift().alarm.is_none() || kept(), "part {number}");
    }
    watch.catch_up(&store).unwrap();
    assert_eq!(watch.monitor, never_stopped);
    assert!(watch.drift().alarm.is_some_and(|since| since.part > 1100), "{:?}", watch.drift());
}

#[test]
fn a_long_catch_up_is_kept_on_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    make_live(&store);
    (0..KEPT_EVERY as usize + READ).for_each(|number| record(&store, number, None));
    let calibration = Calibration::new(vec![1.0, 2.0], 0.05, 0.95).unwrap();
    let watch = DriftWatch::resume(&store, "m", &calibration).unwrap();
    assert_eq!(watch.upto, KEPT_EVERY + READ as i64);
    assert!(store.drift("m").unwrap().upto >= KEPT_EVERY);
}
