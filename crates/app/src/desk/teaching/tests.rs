//! A look at what labels would teach lasts as long as somebody waits for it, and what it saw is kept.

use std::path::PathBuf;

use crossbeam_channel::bounded;
use sightline_core::Event;

use super::*;
use crate::testing::{config, write_plate};
use crate::{Line, LineSettings, learn_line};

/// Far longer than a part takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

const PARTS: u32 = 12;

#[test]
fn a_look_ends_when_it_is_stopped_or_another_begins() {
    let dir = tempfile::tempdir().unwrap();
    let [good, watched, folder] = ["good", "camera", "line"].map(|name| dir.path().join(name));
    [&good, &watched].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    (0..24).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
    (70..70 + PARTS).for_each(|number| write_plate(&watched.join(format!("{number}.ppm")), number));
    let settings = LineSettings { device: Some("cpu".to_owned()), ..LineSettings::new("Plate", good, watched) };
    let line = Line::init(&folder, LineSettings { judged_side: 64, ..settings }).unwrap();
    learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let (desk, heard) = Desk::open(&folder, PathBuf::new()).unwrap();
    let mut judged = 0;
    while judged < PARTS {
        judged += u32::from(matches!(heard.recv_timeout(PATIENCE).unwrap(), Event::Judged { .. }));
    }

    let mut seen = 0;
    let stopped = desk.teach(10, &mut |_, _| {
        seen += 1;
        desk.stop_teaching();
        ControlFlow::Continue(())
    });
    assert!(stopped.unwrap_err().is_cancel() && seen == 1);

    let (begun, begins) = bounded(1);
    let one = desk.clone();
    let one = std::thread::spawn(move || {
        one.teach(10, &mut |_, _| {
            let mine = one.lock().looking.clone().unwrap();
            begun.send(()).unwrap();
            while one.lock().looking.as_ref().is_some_and(|now| Arc::ptr_eq(now, &mine)) {
                std::thread::yield_now();
            }
            ControlFlow::Continue(())
        })
    });
    begins.recv_timeout(PATIENCE).unwrap();
    let told = desk.teach(10, &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert!(one.join().unwrap().unwrap_err().is_cancel());
    assert_eq!((told.queue.len(), told.left_out), (10, 0));
    desk.close();

    let (nothing_there, _heard) = Desk::open(&dir.path().join("new"), PathBuf::new()).unwrap();
    let refused = nothing_there.teach(10, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(AppError::NotALine { .. })));
}
