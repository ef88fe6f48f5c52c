//! Labels that contradict themselves, feedback, and polygons against independent programs.

use serde::Deserialize;

use super::*;
use crate::Verdict;

const PICTURE: PictureSize = PictureSize { width: 40, height: 30 };

fn mark(meaning: Meaning, shape: Shape) -> Mark {
    Mark { meaning, shape }
}

fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Shape {
    Shape::Box { left, top, right, bottom }
}

fn ring(points: &[(f64, f64)]) -> Ring {
    Ring(points.iter().map(|&(x, y)| Point { x, y }).collect())
}

#[test]
fn a_label_that_contradicts_itself_is_refused() {
    let scratch = Meaning::Defect(ClassId(1));
    let with = |tag, meaning, shape| PartLabel { tag, marks: vec![mark(meaning, shape)], ..PartLabel::default() };
    let fine = rectangle(1.0, 1.0, 5.0, 5.0);
    assert_eq!(with(None, scratch, fine.clone()).check(PICTURE), Ok(()));
    assert_eq!(with(Some(Tag::Good), Meaning::Ignore, fine.clone()).check(PICTURE), Ok(()));
    assert_eq!(with(Some(Tag::Good), scratch, fine).check(PICTURE), Err(LabelError::GoodWithDefect { mark: 1 }));
    let refused = |shape: Shape| {
        assert!(
            matches!(with(None, scratch, shape.clone()).check(PICTURE), Err(LabelError::NoArea { .. })),
            "{shape:?}"
        );
    };
    refused(rectangle(5.0, 1.0, 5.0, 5.0));
    refused(rectangle(1.0, f64::NAN, 5.0, 5.0));
    refused(rectangle(1.0, 1.0, 1e7, 5.0));
    refused(Shape::Polygon(vec![]));
    refused(Shape::Polygon(vec![ring(&[(0.0, 0.0), (1.0, 0.0)])]));
    refused(Shape::Polygon(vec![ring(&[(0.0, 0.0), (1.0, 0.0), (0.0, f64::INFINITY)])]));
    refused(Shape::Mask(Mask::empty(PICTURE).unwrap()));
    let other = Mask::of_box(PictureSize { width: 30, height: 40 }, [0.0, 0.0, 3.0, 3.0]).unwrap();
    assert!(matches!(with(None, scratch, Shape::Mask(other)).check(PICTURE), Err(LabelError::OtherSize { .. })));
}

#[test]
fn limits_hold() {
    let many = |marks: usize, points: usize| {
        let shape = Shape::Polygon(vec![Ring(vec![Point { x: 1.0, y: 2.0 }; points])]);
        PartLabel { marks: vec![mark(Meaning::Ignore, shape); marks], ..PartLabel::default() }.check(PICTURE)
    };
    assert_eq!(many(MAX_MARKS, 3), Ok(()));
    assert_eq!(many(MAX_MARKS + 1, 3), Err(LabelError::TooManyMarks { found: MAX_MARKS + 1 }));
    assert_eq!(many(2, MAX_POINTS / 2 + 1), Err(LabelError::TooManyPoints { found: MAX_POINTS + 2 }));
    let note = PartLabel { note: "字".repeat(MAX_NOTE_CHARS + 1), ..PartLabel::default() };
    assert_eq!(note.check(PICTURE), Err(LabelError::NoteTooLong { found: MAX_NOTE_CHARS + 1 }));
}

#[test]
fn defects_and_ignored_areas_are_told_apart() {
    let label = PartLabel {
        tag: Some(Tag::Defect(Some(ClassId(3)))),
        marks: vec![
            mark(Meaning::Defect(ClassId(2)), rectangle(0.0, 0.0, 4.0, 4.0)),
            mark(Meaning::Ignore, rectangle(10.0, 10.0, 12.0, 13.0)),
            mark(
                Meaning::Defect(ClassId(1)),
                Shape::Polygon(vec![ring(&[(2.0, 0.0), (6.0, 0.0), (6.0, 4.0), (2.0, 4.0)])]),
            ),
        ],
        ..PartLabel::default()
    };
    assert_eq!(label.classes(), [ClassId(1), ClassId(2), ClassId(3)]);
    let tenfold = label.clone().renumbered(|class| ClassId(10 * class.0));
    assert_eq!(tenfold.classes(), [ClassId(10), ClassId(20), ClassId(30)]);
    assert_eq!(label.defect_mask(PICTURE, None).unwrap().area(), 24);
    assert_eq!(label.defect_mask(PICTURE, Some(ClassId(2))).unwrap().area(), 16);
    assert_eq!(label.ignore_mask(PICTURE).unwrap().area(), 6);
    assert!(label.is_defect() && !label.is_good() && !label.is_empty() && PartLabel::default().is_empty());
}

#[test]
fn feedback_says_what_the_part_is() {
    let check = |feedback: Feedback, verdict: Verdict, expected: Option<Tag>| {
        assert_eq!(feedback.tag(verdict), expected, "{feedback:?} of {verdict:?}");
    };
    check(Feedback::Confirm, Verdict::Pass, Some(Tag::Good));
    check(Feedback::Confirm, Verdict::Reject, Some(Tag::Defect(None)));
    check(Feedback::Confirm, Verdict::Review, None);
    check(Feedback::Confirm, Verdict::Unreadable, None);
    check(Feedback::FalseAlarm, Verdict::Reject, Some(Tag::Good));
    check(Feedback::FalseAlarm, Verdict::Review, Some(Tag::Good));
    check(Feedback::FalseAlarm, Verdict::Pass, None);
    check(Feedback::MissedDefect, Verdict::Pass, Some(Tag::Defect(None)));
    check(Feedback::MissedDefect, Verdict::Reject, None);
}

#[test]
fn feedback_keeps_what_it_does_not_contradict() {
    let ignored = mark(Meaning::Ignore, rectangle(0.0, 0.0, 1.0, 1.0));
    let label = PartLabel {
        tag: Some(Tag::Defect(Some(ClassId(4)))),
        marks: vec![mark(Meaning::Defect(ClassId(4)), rectangle(1.0, 1.0, 2.0, 2.0)), ignored.clone()],
        note: "belt side".into(),
        checked: false,
    };
    assert_eq!(Feedback::Confirm.apply(&label, Verdict::Reject), Some(label.clone()));
    let good = Feedback::FalseAlarm.apply(&label, Verdict::Reject).unwrap();
    assert_eq!(good, PartLabel { tag: Some(Tag::Good), marks: vec![ignored], ..label.clone() });
    assert_eq!(Feedback::FalseAlarm.apply(&label, Verdict::Pass), None);
}

#[derive(Deserialize)]
struct Goldens {
    masks: Vec<GoldenMask>,
    polygons: Vec<GoldenPolygon>,
}

#[derive(Deserialize)]
struct GoldenMask {
    width: u32,
    height: u32,
    rows: String,
    counts: String,
    area: u64,
    bbox: [f64; 4],
}

#[derive(Deserialize)]
struct GoldenPolygon {
    width: u32,
    height: u32,
    rings: Vec<Vec<f64>>,
    centres: Vec<u32>,
    coco: Option<String>,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../goldens/label.json")).unwrap()
}

/// Compressed runs, areas and boxes as pycocotools writes them.
#[test]
fn masks_equal_those_of_pycocotools() {
    let goldens = goldens();
    assert!(goldens.masks.len() >= 20);
    for golden in goldens.masks {
        let size = PictureSize { width: golden.width, height: golden.height };
        let rows: Vec<bool> = golden.rows.bytes().map(|byte| byte == b'1').collect();
        let mask = Mask::from_rows(size, &rows).unwrap();
        assert_eq!(counts_to_text(&mask.runs()), golden.counts);
        let runs = counts_from_text(&golden.counts, 10_000).unwrap();
        assert_eq!(Mask::from_runs(size, &runs).unwrap(), mask);
        assert_eq!(mask.area(), golden.area);
        let bounds = mask.bounds().map(|b| [b.left, b.top, b.width, b.height].map(f64::from));
        assert_eq!(bounds.unwrap_or([0.0; 4]), golden.bbox);
    }
}

/// Pixels by NumPy's test of each centre; pycocotools rounds corners to a fifth of a pixel and may differ at the border.
#[test]
fn polygons_hold_the_pixels_that_numpy_finds() {
    let goldens = goldens();
    assert!(goldens.polygons.len() >= 20);
    for golden in goldens.polygons {
        let size = PictureSize { width: golden.width, height: golden.height };
        let ring = |flat: &Vec<f64>| Ring(flat.chunks_exact(2).map(|at| Point { x: at[0], y: at[1] }).collect());
        let rings: Vec<Ring> = golden.rings.iter().map(ring).collect();
        let mask = rasterise(&rings, size).unwrap();
        assert_eq!(mask.runs(), golden.centres, "{:?}", golden.rings);
        let Some(coco) = golden.coco else { continue };
        let coco = Mask::from_runs(size, &counts_from_text(&coco, 10_000).unwrap()).unwrap();
        let differing = mask.without(&coco).unwrap().union(&coco.without(&mask).unwrap()).unwrap();
        let border = mask.grown(1).unwrap().without(&mask.shrunk(1).unwrap()).unwrap();
        assert_eq!(differing.without(&border).unwrap().area(), 0, "{:?}", golden.rings);
    }
}

#[test]
fn a_polygon_that_would_take_hours_is_refused() {
    let size = PictureSize { width: 10_000, height: 10_000 };
    let zigzag = (0..10_000).map(|i| if i % 2 == 0 { (0.0, f64::from(i)) } else { (10_000.0, f64::from(i)) });
    let rings = [ring(&zigzag.collect::<Vec<_>>())];
    assert!(matches!(rasterise(&rings, size), Err(MaskError::TooComplex { .. })));
}
