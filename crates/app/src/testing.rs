//! Pictures and the smallest learning run for the tests of this crate.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use sightline_core::{Arrival, ArrivalKey, Judged, LabelUse, PartLabel, PartName, PictureSize, Tag, Verdict};
use sightline_store::{Recorded, Store};
use sightline_train::{Effort, LearnConfig};

use crate::{
    CheckSettings, Line, LineSettings, LoadedModel, RecipeSettings, choose_device, learn_line, load_live_model,
};

/// Side of the written parts.
const SIDE: u32 = 64;

/// So many that three defects of each of two classes are held out.
const PARTS: u32 = 56;

/// Writes a binary PPM; `colour` gives red, green and blue at a column and a row.
pub(crate) fn write_ppm(path: &Path, (width, height): (u32, u32), colour: impl Fn(u32, u32) -> [u8; 3]) {
    let mut bytes = format!("P6\n{width} {height}\n255\n").into_bytes();
    for y in 0..height {
        (0..width).for_each(|x| bytes.extend(colour(x, y)));
    }
    std::fs::write(path, bytes).unwrap();
}

/// Writes a brushed grey plate; each number has its own light and grain.
pub(crate) fn write_plate(path: &Path, number: u32) {
    write_ppm(path, (SIDE, SIDE), |x, y| {
        let grain = ((y * 7 + number * 13) % 31) as u8;
        let noise = ((x * 31 + y * 17 + number * 101) % 11) as u8;
        [100 + (number % 9) as u8 + grain + noise; 3]
    });
}

/// Settings with which a run takes a second.
pub(crate) fn config() -> LearnConfig {
    let mut config = LearnConfig::new(Effort::Quick);
    (config.width, config.projection, config.head) = (4, 8, 4);
    (config.bank_cells, config.bank_candidates) = (40, 400);
    (config.pretrain.steps, config.pretrain.batch) = (4, 4);
    config
}

/// A learned line with labelled parts: plates with a dark square or a dark bar, and a few good ones.
pub(crate) fn taught_line() -> (tempfile::TempDir, Line) {
    let dir = tempfile::tempdir().unwrap();
    let [good, watched, folder] = ["good", "watched", "line"].map(|name| dir.path().join(name));
    [&good, &watched, &folder].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    (0..30).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
    let settings = LineSettings { device: Some("cpu".to_owned()), ..LineSettings::new("Plate", good, watched.clone()) };
    let line = Line::init(&folder, LineSettings { judged_side: SIDE, ..settings }).unwrap();
    learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let store = Store::open(&folder).unwrap();
    let classes = ["Bar", "Square"].map(|name| store.add_class(name, None, "").unwrap().id);
    // By turns within each use, so that each class is in all of them.
    let mut defects = [0_usize; 3];
    for number in 0..PARTS {
        let path = watched.join(format!("part {number}.ppm"));
        let bad = number % 4 != 0;
        let class = LabelUse::of_group(&format!("part {number}")) as usize;
        let square = defects[class] % 2;
        defects[class] += usize::from(bad);
        let (across, down) = [(14, 3), (7, 7)][square];
        let inside = move |x: u32, y: u32| x.abs_diff(12 + number % 40) < across && y.abs_diff(50 - number % 40) < down;
        write_ppm(&path, (SIDE, SIDE), |x, y| {
            if bad && inside(x, y) { [10; 3] } else { [100 + ((y * 7 + number * 13) % 31) as u8; 3] }
        });
        let Recorded::New(part) = store.record(&judged(&path), Some(1.0), None).unwrap() else { panic!("{number}") };
        let tag = if bad { Tag::Defect(Some(classes[square])) } else { Tag::Good };
        store.set_label(part.id, &PartLabel { tag: Some(tag), ..PartLabel::default() }, "Kim").unwrap();
    }
    (dir, line)
}

pub(crate) fn judged(path: &Path) -> Judged {
    let bytes = std::fs::read(path).unwrap();
    let key = ArrivalKey {
        relative_path: PathBuf::from(path.file_name().unwrap()),
        modified_nanos: 1,
        size_bytes: bytes.len() as u64,
    };
    Judged {
        arrival: Arrival { key, path: path.to_owned(), seen_millis: 1, name: PartName::default() },
        verdict: Verdict::Pass,
        reason: None,
        detail: None,
        score: Some(0.5),
        p_value: Some(0.5),
        heat: None,
        size: Some(PictureSize { width: SIDE, height: SIDE }),
        content_hash: Some(blake3::hash(&bytes).to_hex().to_string()),
        model: None,
        latency_millis: 1.0,
    }
}

/// A disc with a bar beside it, laid a few pixels aside, with a dark spot on it or not.
pub(crate) fn write_laid(path: &Path, number: u32, (right, down): (i32, i32), spot: bool) {
    write_ppm(path, (64, 64), |x, y| {
        let (x, y) = (x as i32 - right, y as i32 - down);
        let disc = (x - 28).pow(2) + (y - 32).pow(2) < 18 * 18;
        let bar = (50..54).contains(&x) && (20..44).contains(&y);
        let in_spot = spot && (20..28).contains(&x) && (24..32).contains(&y);
        let grain = ((y * 7 + number as i32 * 13).rem_euclid(11)) as u8;
        if in_spot {
            [((x + y) % 2) as u8 * 20; 3]
        } else if disc || bar {
            [180 + grain; 3]
        } else {
            [60 + grain; 3]
        }
    });
}

/// A model of such parts, which are aligned, and the folder that its line watches.
pub(crate) fn aligned_model(dir: &Path) -> (LoadedModel, PathBuf) {
    let folders = ["good", "watched", "line"].map(|name| dir.join(name));
    folders.iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    let [good, watched, folder] = folders;
    (0..24).for_each(|number| write_laid(&good.join(format!("{number}.ppm")), number, (0, 0), false));
    let recipe = RecipeSettings { align: true, ..RecipeSettings::default() };
    let settings =
        LineSettings { device: Some("cpu".to_owned()), recipe, ..LineSettings::new("Disc", &good, &watched) };
    let line = Line::init(&folder, LineSettings { judged_side: 64, ..settings }).unwrap();
    learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let device = choose_device(Some("cpu")).unwrap();
    (load_live_model(&Store::open(&folder).unwrap(), &folder, &device).unwrap(), watched)
}

/// Sets what the line asks of known parts, in its folder too: where much time passes, it is read there anew.
pub(crate) fn ask_for(line: &mut Line, check: CheckSettings) {
    line.settings.check = check;
    Line::init(&line.folder, line.settings.clone()).unwrap();
}
