//! Judged parts and a line for the tests of this crate.

use std::fs;
use std::path::Path;

use sightline_core::{Arrival, ArrivalKey, HeatMap, Judged, PartName, PictureSize, UnreadableReason, Verdict};

use crate::Store;

/// A new line in its own folder.
pub(crate) fn line() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

/// A part that could be judged.
pub(crate) fn judged(name: &str, verdict: Verdict) -> Judged {
    let key = ArrivalKey { relative_path: name.into(), modified_nanos: -5, size_bytes: 1234 };
    Judged {
        arrival: Arrival {
            key,
            path: Path::new("/camera").join(name),
            name: PartName { part: Some("A17".into()), lot: Some("L4".into()), view: None },
            seen_millis: 1_700_000_000_123,
        },
        verdict,
        reason: None,
        detail: None,
        score: Some(1.25),
        p_value: Some(0.125),
        heat: None,
        size: Some(PictureSize { width: 1024, height: 768 }),
        content_hash: Some("c0ffee".into()),
        model: Some("m0de1".into()),
        latency_millis: 12.5,
    }
}

/// A passed part with a heat map that fills most of a page of the database.
pub(crate) fn judged_with_heat(name: &str) -> Judged {
    let values = (0..28 * 27).map(|cell| cell as f32 / 7.0 - 3.0).collect();
    Judged { heat: Some(HeatMap { width: 28, height: 27, values }), ..judged(name, Verdict::Pass) }
}

/// A part that could not be judged.
pub(crate) fn unreadable(name: &str, reason: UnreadableReason) -> Judged {
    Judged {
        reason: Some(reason),
        detail: Some("words for the log".into()),
        score: None,
        p_value: None,
        size: None,
        content_hash: None,
        model: None,
        ..judged(name, Verdict::Unreadable)
    }
}

/// Gives models files, as such that judge must have.
pub(crate) fn model_files(store: &Store, ids: &[&str]) {
    for path in ids.iter().map(|id| store.model_path(id)) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"weights").unwrap();
    }
}
