//! Lines to test on. Learning takes seconds even when small, so a test program learns once and copies the result.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use sightline_app::{Line, LineSettings};
use sightline_core::{PartLabel, Tag};
use sightline_store::Store;
use sightline_testkit::write_good_parts;
use tempfile::TempDir;

use crate::pictures::{covered_part, drop_file, generator, good_part};
use crate::programs::sightline;

/// Good parts that a line learns from.
pub const GOOD_PARTS: usize = 30;

/// What makes `learn` and `evaluate` small.
pub const SMALL: [&str; 6] = ["--steps", "120", "--batch", "6", "--width", "8"];

/// Good parts of which some surely pass.
const CANDIDATES: u64 = 12;

/// Longest judged side, the smallest there is.
const JUDGED_SIDE: u32 = 64;

/// A line in a temporary folder of its own.
pub struct TestLine {
    dir: TempDir,
}

impl TestLine {
    /// Folders without a line in them: `good` with parts and an empty `camera 1`.
    pub fn folders(good_parts: usize) -> Self {
        let line = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(line.camera()).unwrap();
        write_good_parts(&line.good(), &generator(), good_parts, |_| {}).unwrap();
        line
    }

    /// A line that was set up and has learned nothing.
    pub fn set_up(good_parts: usize) -> Self {
        let line = Self::folders(good_parts);
        Line::init(&line.folder(), line.settings()).unwrap();
        line
    }

    /// A line with a live model.
    pub fn learned() -> Self {
        static LEARNED: OnceLock<TestLine> = OnceLock::new();
        let original = LEARNED.get_or_init(|| {
            let line = Self::set_up(GOOD_PARTS);
            let learn = ["learn".as_ref(), line.folder().into_os_string().as_os_str()].map(ToOwned::to_owned);
            sightline(learn.into_iter().chain(SMALL.map(Into::into))).expect_code(0);
            line
        });
        let line = Self { dir: tempfile::tempdir().unwrap() };
        copy_folder(original.dir.path(), line.dir.path());
        // The copy has a camera of its own.
        Line::init(&line.folder(), line.settings()).unwrap();
        line
    }

    /// A line with a live model whose camera wrote good parts and covered ones by turns, and on which a person has said
    /// which is which.
    pub fn taught(parts: u64) -> Self {
        Self::taught_with(parts, covered_part)
    }

    /// The same with other bad parts, of which it gives the bytes.
    pub fn taught_with(parts: u64, bad_part: fn(u64) -> Vec<u8>) -> Self {
        let line = Self::learned();
        for number in 0..parts {
            let bad = number % 2 == 0;
            let (kind, bytes) = if bad { ("bad", bad_part(number)) } else { ("good", good_part(number)) };
            drop_file(&line.camera(), &format!("{kind} {number:02}.png"), &bytes);
        }
        let (folder, count) = (line.folder(), parts.to_string());
        sightline(["watch".as_ref(), folder.as_os_str(), "--parts".as_ref(), count.as_ref()]).expect_code(0);
        let store = line.store();
        for record in store.latest(None, parts as usize).unwrap() {
            let bad = record.judged.arrival.key.relative_path.to_string_lossy().starts_with("bad");
            let tag = if bad { Tag::Defect(None) } else { Tag::Good };
            store.set_label(record.id, &PartLabel { tag: Some(tag), ..PartLabel::default() }, "Kim").unwrap();
        }
        line
    }

    /// The bytes of good parts that the line has not learned from and passes. With so few calibration parts it rejects
    /// some good ones, and which these are is not what the tests are about.
    pub fn clear_parts(&self) -> Vec<Vec<u8>> {
        let candidates = tempfile::tempdir().unwrap();
        for number in 0..CANDIDATES {
            drop_file(candidates.path(), &format!("{number:02}.png"), &good_part(number));
        }
        let (folder, line) = (candidates.path(), self.folder());
        let ran =
            sightline(["inspect".as_ref(), folder.as_os_str(), "--line".as_ref(), line.as_os_str(), "--json".as_ref()]);
        let passed =
            |judged: &Value| (judged["verdict"] == "pass").then(|| fs::read(judged["file"].as_str().unwrap()).unwrap());
        let clear: Vec<Vec<u8>> = ran.json_lines().iter().filter_map(passed).collect();
        assert!(
            clear.len() as u64 >= CANDIDATES / 3,
            "of {CANDIDATES} good parts only {} pass:\n{}",
            clear.len(),
            ran.stdout
        );
        clear
    }

    /// The line's own folder.
    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("line")
    }

    /// The folder of good parts.
    pub fn good(&self) -> PathBuf {
        self.dir.path().join("good")
    }

    /// The watched folder.
    pub fn camera(&self) -> PathBuf {
        self.dir.path().join("camera 1")
    }

    /// A place for anything else.
    pub fn other(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The line's memory.
    pub fn store(&self) -> Store {
        Store::open(&self.folder()).unwrap()
    }

    /// The id of the live model.
    pub fn live_model(&self) -> Option<String> {
        self.store().live_model().unwrap().map(|model| model.id)
    }

    /// Settings of a line that learns little.
    pub fn settings(&self) -> LineSettings {
        LineSettings {
            effort: serde_json::from_str("\"quick\"").unwrap(),
            judged_side: JUDGED_SIDE,
            ..LineSettings::new("Ring", self.good(), self.camera())
        }
    }
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
