//! A run that ends without a model that judges: what judged before goes on, where the settings say by then.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sightline_core::Code;

use super::*;
use crate::learn_line;
use crate::testing::{config, write_plate};

/// Far longer than a part takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn however_a_run_ends_the_folder_is_watched_that_it_began_with() {
    let dir = tempfile::tempdir().unwrap();
    let [good, camera, folder] = ["good", "camera", "line"].map(|name| dir.path().join(name));
    [&good, &camera].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    (0..24).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
    let settings = LineSettings { device: Some("cpu".to_owned()), ..LineSettings::new("Plate", good, camera) };
    let line = Line::init(&folder, LineSettings { judged_side: 64, ..settings }).unwrap();
    let learned = learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let (desk, heard) = Desk::open(&folder, PathBuf::new()).unwrap();

    let failed = |code| AppError::WorkerFailed { code, detail: "in words".to_owned() };
    let wrong = AppError::KnownPartsWrong { detail: "a.png is bad and came out as pass".to_owned() };
    for (number, ending) in (40..).zip([failed(Code::Cancelled), failed(Code::Internal), wrong]) {
        let (watched, name, code) =
            (dir.path().join(format!("camera {number}")), format!("{number}.ppm"), ending.code());
        std::fs::create_dir(&watched).unwrap();
        let settings = LineSettings { watch_folder: watched.clone(), ..line.settings.clone() };
        // As a run begins.
        desk.lock().line = Some(Line::init(&folder, settings).unwrap());
        desk.learned(Err(ending));
        write_plate(&watched.join(&name), number);
        let mut told = None;
        let judged = loop {
            match heard.recv_timeout(PATIENCE).unwrap() {
                Event::LearningStopped { error } => told = Some(error.map(|failure| failure.code)),
                Event::Judged { record, .. } => break record.judged,
                _ => {}
            }
        };
        assert_eq!(judged.arrival.key.relative_path, Path::new(&name));
        assert_eq!(judged.model.as_ref(), Some(&learned.model));
        assert_eq!(told, Some((code != Code::Cancelled).then_some(code)));
    }

    // A run that ends because everything does begins nothing.
    let set = line.settings.clone();
    let mut state = desk.lock();
    (state.line, state.closed) = (Some(line), true);
    drop(state);
    desk.learned(Err(failed(Code::Cancelled)));
    assert!(desk.lock().live.as_ref().is_some_and(|live| !live.watches(&set)));
    desk.close();
}
