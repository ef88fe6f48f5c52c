use std::collections::BTreeSet;

use super::*;
use crate::DatasetSplit;
use crate::testing::{config, write_plate, write_ppm};
use sightline_core::Poses;
use sightline_train::{Effort, TrainError};

/// Plates, and plates with a bright or a dark square where the mask says so.
fn data_set() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("good")).unwrap();
    (0..40).for_each(|number| write_plate(&dir.path().join(format!("good/{number}.ppm")), number));
    for (kind, level) in [("pit", 20), ("spot", 240)] {
        let folders = ["defect", "masks"].map(|name| dir.path().join(name).join(kind));
        folders.iter().for_each(|folder| std::fs::create_dir_all(folder).unwrap());
        for number in 0..14_u32 {
            let inside = move |x: u32, y: u32| x.abs_diff(8 + number * 3) < 6 && y.abs_diff(40 - number) < 6;
            let plate = move |x, y| if inside(x, y) { [level; 3] } else { [100 + ((y * 7 + number) % 31) as u8; 3] };
            write_ppm(&folders[0].join(format!("{number}.ppm")), (64, 64), plate);
            // Formats are told by their bytes, not by their ending.
            let mask = move |x, y| [if inside(x, y) { 255 } else { 0 }; 3];
            write_ppm(&folders[1].join(format!("{number}.png")), (64, 64), mask);
        }
    }
    dir
}

#[test]
fn every_point_is_measured_on_parts_that_it_did_not_learn_from() {
    let dir = data_set();
    let out = tempfile::tempdir().unwrap();
    let settings = LabelCurveSettings {
        evaluation: EvaluationSettings {
            split: Some(DatasetSplit::Random),
            config: config(),
            judged_side: 64,
            promise: (0.1, 0.8),
            poses: Poses::default(),
            recipe: crate::RecipeSettings::default(),
            device: Some("cpu".to_owned()),
        },
        fine_tune: FineTuneConfig { steps: 2, hidden: 4, ..FineTuneConfig::new(Effort::Quick) },
        counts: vec![0, 6, 600],
        from_random: true,
        leave_out: true,
    };
    let mut runs = 0;
    let curve = label_curve(dir.path(), out.path(), &settings, &mut |progress| {
        if let LabelCurveProgress::Run(number, of, _) = progress {
            assert!(number <= of);
            runs = of;
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let points: Vec<(usize, bool, Option<&str>)> =
        curve.points.iter().map(|point| (point.labelled, point.pretrained, point.left_out.as_deref())).collect();
    let most = curve.defects_to_label;
    assert_eq!(most + curve.defects_tested, 28);
    assert_eq!(
        points[..5],
        [(0, true, None), (6, true, None), (most, true, None), (6, false, None), (most, false, None)]
    );
    assert_eq!((points[5].2, points[6].2, runs), (Some("pit"), Some("spot"), points.len()));
    for point in &curve.points {
        assert_eq!((point.figures.all.defects, point.figures.good), (curve.defects_tested, 20));
        assert_eq!(point.figures.labels.is_some(), point.labelled > 0);
    }
    let novel = |at: usize| curve.points[at].figures.labels.as_ref().unwrap().novel.auroc;
    assert_eq!(
        (novel(1), novel(5)),
        (curve.points[0].figures.all.image_auroc, novel(1)),
        "labels change no novel score"
    );
    // A curve that was stopped goes on, and one that asks for more measures only that.
    let again = |counts: &[usize], seed| {
        let mut settings = settings.clone();
        (settings.counts, settings.fine_tune.seed) = (counts.to_vec(), seed);
        let mut trained = BTreeSet::new();
        let curve = label_curve(dir.path(), out.path(), &settings, &mut |progress| {
            if let LabelCurveProgress::Testing(number, _) = progress {
                trained.insert(number);
                if seed > 1 {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        (curve.map(|curve| curve.points), trained.len())
    };
    let seed = settings.fine_tune.seed;
    let (same, trained) = again(&[6, 600], seed);
    assert_eq!((same.unwrap(), trained), (curve.points.clone(), 0));
    let (more, trained) = again(&[5, 6, 600], seed);
    assert_eq!((more.unwrap().len(), trained), (curve.points.len() + 2, 2), "with and without pretraining");
    assert!(matches!(again(&[6], 2), (Err(AppError::Train(TrainError::Cancelled)), 1)), "other settings");
    let goes_on_from = |name: &str| out.path().join(name).join("fine-tune.slc").is_file();
    assert!(goes_on_from("labels-6") && !goes_on_from("labels-5") && !goes_on_from("labels-6-random"));
    assert!(!out.path().join("good-alone").exists());
    // What was measured before is still there; only a class left out of six labels is new.
    assert_eq!(again(&[6], seed).1, 2);
    assert!(curve.points.iter().all(|point| point.learned == point.labelled));
    assert!(out.path().join("labels.json").is_file() && out.path().join("labels-6-random/scores.csv").is_file());
}
