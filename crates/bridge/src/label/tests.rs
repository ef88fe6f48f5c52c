//! Labels there and back, and what is refused.

use super::*;

const PICTURE: PictureSize = PictureSize { width: 64, height: 48 };

fn content(marks: Vec<MarkView>) -> LabelContent {
    LabelContent { tag: None, marks, note: String::new(), checked: false }
}

#[test]
fn a_label_goes_to_the_window_and_back() {
    let ring = Ring(vec![Point { x: 0.5, y: 1.0 }, Point { x: 9.25, y: 1.0 }, Point { x: 3.0, y: 8.0 }]);
    let marks = vec![
        Mark {
            meaning: Meaning::Defect(ClassId(2)),
            shape: Shape::Box { left: 1.0, top: 2.0, right: 3.5, bottom: 4.0 },
        },
        Mark { meaning: Meaning::Ignore, shape: Shape::Polygon(vec![ring.clone(), ring]) },
        Mark {
            meaning: Meaning::Defect(ClassId(1)),
            shape: Shape::Mask(Mask::of_box(PICTURE, [3.0, 4.0, 50.0, 44.0]).unwrap()),
        },
    ];
    let tag = Some(Tag::Defect(Some(ClassId(2))));
    let label = PartLabel { tag, marks, note: "左".into(), checked: true };
    let told = serde_json::to_string(&LabelContent::from(&label)).unwrap();
    let heard: LabelContent = serde_json::from_str(&told).unwrap();
    assert_eq!(heard.parse(PICTURE).unwrap(), label);
}

#[test]
fn what_is_no_label_of_the_picture_is_refused() {
    let check = |shape: ShapeView, words: &str| {
        let error = content(vec![MarkView { class: Some(1), shape }]).parse(PICTURE).unwrap_err();
        assert!(error.code == ErrorCode::BadRequest && error.detail.contains(words), "{error:?}");
    };
    let mask = |counts: &str| ShapeView::Mask { counts: counts.to_owned() };
    check(mask("0"), "0 pixels for a mask of 64 × 48");
    check(mask("\u{7f}"), "no letter");
    check(mask(&"0".repeat(MAX_COUNTS_LETTERS + 1)), "letters of masks");
    check(ShapeView::Polygon { rings: vec![vec![1.0, 2.0, 3.0]] }, "without its y");
    check(ShapeView::Polygon { rings: vec![vec![1.0; 4]] }, "three points");
    check(ShapeView::Polygon { rings: vec![vec![1.0; 2 * MAX_POINTS + 2]] }, "points");
    check(ShapeView::Polygon { rings: vec![vec![]; MAX_POINTS + 1] }, "points");
    check(ShapeView::Box { left: f64::NAN, top: 0.0, right: 1.0, bottom: 1.0 }, "no number");
    let shape = ShapeView::Box { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };
    let many = vec![MarkView { class: None, shape }; MAX_MARKS + 1];
    assert!(content(many).parse(PICTURE).is_err());
    let long = LabelContent { note: "x".repeat(MAX_NOTE_CHARS + 1), ..content(vec![]) };
    assert!(long.parse(PICTURE).is_err());
}
