//! Ten labels given in the real window as a person gives them: five by the mouse, five by keys alone.

use std::time::Duration;

use sightline_app::propose_mask;
use sightline_core::{ClassId, DefectClass, Mark, Meaning, Shape, Tag};
use sightline_store::Store;

use crate::window::Window;
use crate::{TestLine, covered_part, drop_file, good_part};

/// Parts that come unlabelled; every seventh is good.
pub const UNLABELLED: u64 = 14;

/// Labels by each hand.
const BY_EACH: usize = 5;

const ENTER: char = '\u{e007}';
const ESCAPE: char = '\u{e00c}';
const RIGHT: char = '\u{e014}';
const DOWN: char = '\u{e015}';

/// Pixels of the picture by which an arrow moves the cross.
const ARROW: f64 = 5.0;

/// Pixels of the picture by which what the pointer drew may be off: the window's own pixels are finer.
const OFF: f64 = 0.5;

/// What was said of a part, and must be kept so.
#[derive(Debug, Clone, Copy)]
pub enum Said {
    /// It is good.
    Good,
    /// It is defective in this way.
    Defect(ClassId),
    /// A box: left, top, right, bottom.
    Box(ClassId, [f64; 4]),
    /// A brush's stroke from one place to another.
    Stroke(ClassId, [f64; 4]),
    /// The region of the heat map.
    Proposal(ClassId),
}

impl Said {
    /// Asserts that the store has this label of a part and nothing else.
    pub fn assert_kept(&self, store: &Store, part: i64) {
        let label = store.label(part).unwrap().unwrap().label;
        match *self {
            Self::Good => assert!(label.tag == Some(Tag::Good) && label.marks.is_empty(), "{label:?}"),
            Self::Defect(class) => {
                assert!(label.tag == Some(Tag::Defect(Some(class))) && label.marks.is_empty(), "{label:?}");
            }
            Self::Box(class, _) | Self::Stroke(class, _) | Self::Proposal(class) => {
                let [Mark { meaning, shape }] = label.marks.as_slice() else { panic!("part {part}: {label:?}") };
                assert_eq!((*meaning, label.checked), (Meaning::Defect(class), true), "part {part}");
                assert!(self.is_shape(shape, store, part), "part {part}: {self:?}, kept as {shape:?}");
            }
        }
    }

    fn is_shape(&self, shape: &Shape, store: &Store, part: i64) -> bool {
        match (self, shape) {
            (Self::Box(_, drawn), &Shape::Box { left, top, right, bottom }) => {
                drawn.iter().zip([left, top, right, bottom]).all(|(drawn, kept)| (drawn - kept).abs() <= OFF)
            }
            (Self::Stroke(_, [left, y, right, _]), Shape::Mask(mask)) => {
                let inside = |x: f64| mask.contains(x as u32, *y as u32);
                inside(*left) && inside((left + right) / 2.0) && inside(*right) && !mask.contains(0, 0)
            }
            (Self::Proposal(_), Shape::Mask(mask)) => propose_mask(store, part).unwrap().as_ref() == Some(mask),
            _ => false,
        }
    }
}

/// Lets the camera write parts for the list of what to label next, from this number on.
pub fn parts_to_label(line: &TestLine, first: u64) {
    for number in first..first + UNLABELLED {
        let (kind, bytes) = match number % 7 {
            0 => ("good", good_part(number)),
            _ => ("covered", covered_part(number)),
        };
        drop_file(&line.camera(), &format!("{kind} {number}.png"), &bytes);
    }
}

/// Labels ten parts of the list "Label these next"; what was said of which.
pub async fn label_ten(window: &Window, line: &TestLine, classes: [DefectClass; 2]) -> Vec<(i64, Said)> {
    window.click("tab-gallery").await;
    window.click("list-next").await;
    window.find("lists-again").await;
    let waiting: usize = window.find("list-next").await.attr("data-value").await.unwrap().unwrap().parse().unwrap();
    window.save("list-next").await;
    let mut said = Vec::new();
    window.click("gallery-tile").await;
    let mut part = opened_after(window, 0).await;
    for _ in 0..BY_EACH {
        let class = &classes[said.len() % 2];
        said.push((part, by_mouse(window, class, is_good(line, part), marked(&said)).await));
        part = opened_after(window, part).await;
    }
    window.save("label-list").await;

    window.press(ESCAPE).await;
    focused(window, "gallery-tile").await;
    window.press(ENTER).await;
    let mut cross = None;
    let before = said.len();
    for _ in 0..BY_EACH {
        part = opened_after(window, said.last().map_or(0, |(part, _)| *part)).await;
        let class = &classes[said.len() % 2];
        let label = by_keys(window, class, is_good(line, part), marked(&said[before..]), &mut cross).await;
        said.push((part, label));
    }
    opened_after(window, part).await;
    window.press(ESCAPE).await;
    window.wait_for("list-next", "data-value", &(waiting - said.len()).to_string()).await;
    said
}

/// Of so many parts something was marked.
fn marked(said: &[(i64, Said)]) -> usize {
    said.iter().filter(|(_, said)| !matches!(said, Said::Good)).count()
}

async fn by_mouse(window: &Window, class: &DefectClass, good: bool, marked: usize) -> Said {
    if good {
        window.click("tag-good").await;
        return Said::Good;
    }
    window.choose("class", "data-class", &class.id.0.to_string()).await;
    let said = match marked % 3 {
        0 => {
            window.click("tool-box").await;
            Said::Box(class.id, drag(window, [14.0, 18.0, 60.0, 66.0]).await)
        }
        1 => {
            window.click("tool-brush").await;
            Said::Stroke(class.id, drag(window, [30.0, 40.0, 62.0, 40.0]).await)
        }
        _ => {
            window.click("accept").await;
            Said::Proposal(class.id)
        }
    };
    window.find("mark").await;
    window.click("checked").await;
    said
}

async fn by_keys(
    window: &Window,
    class: &DefectClass,
    good: bool,
    marked: usize,
    cross: &mut Option<[f64; 2]>,
) -> Said {
    if good {
        window.press('o').await;
        return Said::Good;
    }
    window.press(char::from(b'0' + class.key.unwrap())).await;
    let said = match marked % 3 {
        0 => {
            window.press('b').await;
            focused(window, "label-canvas").await;
            Said::Box(class.id, box_by_keys(window, cross).await)
        }
        1 => {
            window.press('a').await;
            Said::Proposal(class.id)
        }
        _ => {
            window.press('d').await;
            return Said::Defect(class.id);
        }
    };
    window.find("mark").await;
    window.press('k').await;
    said
}

/// Draws a box with the cross, which begins in the middle of the picture and stays where it was on the next.
async fn box_by_keys(window: &Window, cross: &mut Option<[f64; 2]>) -> [f64; 4] {
    let [_, _, width, height, _] = picture(window).await;
    let mut at = cross.unwrap_or([width / 2.0, height / 2.0]);
    let mut corners = [0.0; 4];
    for (corner, steps) in corners.chunks_exact_mut(2).zip([[1, 1], [3, 4]]) {
        for (axis, key) in [RIGHT, DOWN].into_iter().enumerate() {
            for _ in 0..steps[axis] {
                window.press(key).await;
                at[axis] = (at[axis] + ARROW).min([width, height][axis]);
            }
        }
        window.press(ENTER).await;
        corner.copy_from_slice(&at);
    }
    *cross = Some(at);
    corners
}

/// Draws with the pointer from one place of the picture to another; where exactly, in the picture's pixels.
async fn drag(window: &Window, [left, top, right, bottom]: [f64; 4]) -> [f64; 4] {
    let [x, y, _, _, scale] = picture(window).await;
    let in_window = |place: [f64; 2]| [(x + place[0] * scale).round(), (y + place[1] * scale).round()];
    let (from, to) = (in_window([left, top]), in_window([right, bottom]));
    window.drag(from, to).await;
    let in_picture = |place: [f64; 2]| [(place[0] - x) / scale, (place[1] - y) / scale];
    let ([left, top], [right, bottom]) = (in_picture(from), in_picture(to));
    [left, top, right, bottom]
}

/// Where the open part's picture lies in the window, how large it is itself, and its scale.
async fn picture(window: &Window) -> [f64; 5] {
    let script = "const { clientWidth: width, clientHeight: height } = document.querySelector('.world'); \
        const shown = document.querySelector('.world').getBoundingClientRect(); \
        return [shown.left, shown.top, width, height, shown.width / width]";
    let told = window.ask(script).await;
    std::array::from_fn(|at| told[at].as_f64().unwrap())
}

/// The part that the label editor shows after this one, once it can be labelled.
async fn opened_after(window: &Window, before: i64) -> i64 {
    loop {
        let shown = window.find("label").await.attr("data-part-id").await.unwrap().unwrap_or_default();
        let part = shown.parse().unwrap_or(before);
        if part != before {
            window.wait_for("saved", "data-saved", "true").await;
            return part;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn focused(window: &Window, id: &str) {
    window.until(&format!("return document.activeElement?.dataset.testid === '{id}'")).await;
}

fn is_good(line: &TestLine, part: i64) -> bool {
    let stored = line.store().part(part).unwrap().unwrap();
    stored.record.judged.arrival.key.relative_path.to_string_lossy().starts_with("good")
}
