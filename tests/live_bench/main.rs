//! How long a part waits for its verdict: from the moment its file is closed until its record is stored, at several sizes,
//! with the line at rest, with parts as fast as they are judged, and beside a learning run. Writes what it found, and the
//! pictures that the comparison in `anomalib.py` takes over. `cargo xtask bench live` runs both.
//!
//! ```text
//! cargo bench --bench live -- time FOLDER PARTS
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a program that cannot go on says where")]

mod line;
mod measure;

use std::fs;
use std::path::Path;

use line::{Picture, Setting, learned, start_learning};
use measure::{Times, times};

/// Pictures that the comparison judges.
const COMPARED: usize = 100;

/// One line of the table, measured alone and, where that says more, beside a learning run.
struct Case {
    name: &'static str,
    setting: Setting,
    beside: bool,
    /// How many parts are timed where a hundred are asked for.
    parts: usize,
}

const fn square(side: u32, picture: Picture) -> Setting {
    Setting { side, picture, judged_side: 256, width: None }
}

const CASES: [Case; 6] = [
    Case { name: "0.3 MP", setting: square(548, Picture::Jpeg), beside: true, parts: 100 },
    Case { name: "1 MP", setting: square(1000, Picture::Jpeg), beside: true, parts: 100 },
    Case { name: "1 MP, PNG", setting: square(1000, Picture::Png), beside: false, parts: 100 },
    Case {
        name: COMPARISON,
        setting: Setting { width: Some(64), ..square(1000, Picture::Jpeg) },
        beside: false,
        parts: 100,
    },
    Case { name: "5 MP", setting: square(2236, Picture::Jpeg), beside: true, parts: 60 },
    Case {
        name: "20 MP in tiles",
        setting: Setting { judged_side: 2048, ..square(4472, Picture::Jpeg) },
        beside: true,
        parts: 12,
    },
];

/// The line with the encoder that anomalib has, too.
const COMPARISON: &str = "1 MP, encoder of width 64";

fn main() {
    // What builds all targets may start them too.
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "time") {
        let parts: usize = arguments[at + 2].parse().unwrap();
        time(Path::new(&arguments[at + 1]), parts);
    }
}

fn time(folder: &Path, parts: usize) {
    let mut rows = Vec::new();
    for case in CASES {
        let count = (case.parts * parts / 100).max(5);
        let dir = tempfile::tempdir().unwrap();
        let line = learned(dir.path(), "line", &case.setting);
        let pictures: Vec<Vec<u8>> = (0..6).map(|number| case.setting.draw(9000 + number)).collect();
        let mut tell = |learning: bool, times: Times| {
            eprintln!("{}, {}: {times:?}", case.name, if learning { "beside a learning run" } else { "alone" });
            rows.push(times.row(case.name, case.setting.picture, learning));
        };
        tell(false, times(&line, &pictures, case.setting.picture, count));
        if case.beside {
            let learning = start_learning(dir.path(), &case.setting);
            tell(true, times(&line, &pictures, case.setting.picture, count));
            drop(learning);
        }
        if case.name == COMPARISON {
            leave_for_comparison(folder, &case.setting, &line.settings.good_folder);
        }
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let found = serde_json::json!({ "processors": processors, "compared": COMPARISON, "rows": rows });
    fs::write(folder.join("sightline.json"), serde_json::to_vec_pretty(&found).unwrap()).unwrap();
}

/// Good parts to fill a memory bank with, and parts to judge.
fn leave_for_comparison(folder: &Path, setting: &Setting, good: &Path) {
    let [to, judged] = ["good", "judged"].map(|name| folder.join(name));
    for folder in [&to, &judged] {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).unwrap();
    }
    for entry in fs::read_dir(good).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    let pictures: Vec<Vec<u8>> = (0..6).map(|number| setting.draw(9000 + number)).collect();
    for number in 0..COMPARED {
        fs::write(judged.join(format!("{number:03}.jpg")), &pictures[number % pictures.len()]).unwrap();
    }
}
