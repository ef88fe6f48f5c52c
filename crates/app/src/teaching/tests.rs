//! One question about a line with labels: each part once, likely mislabels and copies found, the picture read once.

use std::path::{Path, PathBuf};

use sightline_core::teaching::{Doubt, Why};
use sightline_core::{Arrival, ArrivalKey, Judged, PartLabel, PartName, Tag, Verdict};

use super::*;
use crate::testing::{config, write_plate, write_ppm};
use crate::{Line, LineSettings, choose_device, learn_line, load_live_model};

fn keep(store: &Store, path: &Path, tag: Option<Tag>) -> i64 {
    let captured = capture(path);
    let key = ArrivalKey { relative_path: PathBuf::from(path.file_name().unwrap()), modified_nanos: 1, size_bytes: 1 };
    let judged = Judged {
        arrival: Arrival { key, path: path.to_owned(), seen_millis: 1, name: PartName::default() },
        verdict: Verdict::Pass,
        reason: None,
        detail: None,
        score: Some(0.5),
        p_value: Some(0.5),
        heat: None,
        size: captured.frame.ok().map(|frame| frame.size()),
        content_hash: captured.content_hash,
        model: Some("m".to_owned()),
        latency_millis: 1.0,
    };
    store.record(&judged, Some(1.0), None).unwrap();
    let part = store.newest_part().unwrap();
    if tag.is_some() {
        store.set_label(part, &PartLabel { tag, ..PartLabel::default() }, "Kim").unwrap();
    }
    part
}

#[test]
fn unlabelled_parts_are_queued_and_odd_labels_and_copies_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let [good, watched, folder] = ["good", "watched", "line"].map(|name| dir.path().join(name));
    [&good, &watched, &folder].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    (0..30).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
    let settings = LineSettings { device: Some("cpu".to_owned()), ..LineSettings::new("Plate", good, watched.clone()) };
    let line = Line::init(&folder, LineSettings { judged_side: 64, ..settings }).unwrap();
    learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let store = Store::open(&folder).unwrap();
    let model = load_live_model(&store, &folder, &choose_device(Some("cpu")).unwrap()).unwrap();

    let path = |name: &str| watched.join(format!("{name}.ppm"));
    let plate = |number: u32, tag| {
        write_plate(&path(&number.to_string()), number);
        keep(&store, &path(&number.to_string()), tag)
    };
    let labelled: Vec<i64> = (40..52).map(|number| plate(number, Some(Tag::Good))).collect();
    let called_bad = plate(60, Some(Tag::Defect(None)));
    let open: Vec<i64> = (70..82).map(|number| plate(number, None)).collect();
    std::fs::copy(path("40"), path("copy")).unwrap();
    let copy = keep(&store, &path("copy"), Some(Tag::Good));
    write_ppm(&path("gone"), (64, 64), |_, _| [90; 3]);
    keep(&store, &path("gone"), None);
    std::fs::remove_file(path("gone")).unwrap();

    let (mut looks, mut done) = (Looks::default(), Vec::new());
    let mut ask = |looks: &mut Looks| {
        teach(&store, &model, (10, 1), looks, &mut |at, of| {
            done.push((at, of));
            ControlFlow::Continue(())
        })
    };
    let told = ask(&mut looks).unwrap();
    let queued: Vec<i64> = told.queue.iter().map(|lesson| lesson.part).collect();
    assert!(queued.len() == 10 && queued.iter().all(|part| open.contains(part)), "{queued:?}");
    assert_eq!((told.queue[4].why, told.queue[9].why, told.left_out), (Why::Random, Why::Random, 1));
    assert!(told.alike.iter().any(|group| group.parts == [labelled[0], copy] && !group.leaks), "{:?}", told.alike);
    let odd: Vec<_> = told.doubtful.iter().map(|part| (part.part, part.doubt)).collect();
    assert!(odd.contains(&(called_bad, Doubt::LooksGood)), "{odd:?}");
    assert_eq!(done.first().zip(done.last()), Some((&(1, 27), &(27, 27))));

    // What was seen is not read again, and the answer is the same.
    std::fs::remove_file(path("70")).unwrap();
    let again = |looks: &mut Looks| teach(&store, &model, (10, 1), looks, &mut |_, _| ControlFlow::Continue(()));
    assert_eq!(again(&mut looks).unwrap(), told);
    assert_eq!(again(&mut Looks::default()).unwrap().left_out, 2);
    // A label that a person found right is not asked about again.
    let right = PartLabel { tag: Some(Tag::Defect(None)), checked: true, ..PartLabel::default() };
    store.set_label(called_bad, &right, "Kim").unwrap();
    assert!(!again(&mut looks).unwrap().doubtful.iter().any(|part| part.part == called_bad));
    let cancelled = teach(&store, &model, (10, 1), &mut looks, &mut |_, _| ControlFlow::Break(()));
    assert!(cancelled.unwrap_err().is_cancel());
}
