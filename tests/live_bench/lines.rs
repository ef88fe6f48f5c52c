//! Lines to time, and the pictures that their cameras write.

use std::fs;
use std::fs::File;
use std::io::BufWriter;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use crossbeam_channel::bounded;
use image::codecs::jpeg::JpegEncoder;
use sightline_app::{LearnChild, Line, LineSettings, learn_line};
use sightline_core::{LearnProgress, LearnStage};
use sightline_testkit::PartGenerator;
use sightline_tests::program;

/// As cameras have it.
const JPEG_QUALITY: u8 = 92;

/// Different pictures in a folder of good parts: drawing large ones takes seconds each.
const DRAWN: usize = 6;

/// Parts that are judged are numbered from here, far behind those that a line learns from.
const JUDGED_FROM: u64 = 9000;

/// What a camera writes.
#[derive(Clone, Copy)]
pub(crate) struct Picture {
    pub(crate) side: u32,
    /// PNG otherwise.
    pub(crate) jpeg: bool,
}

impl Picture {
    pub(crate) fn ending(self) -> &'static str {
        if self.jpeg { "jpg" } else { "png" }
    }

    fn write(self, number: u64, path: &Path) {
        let part = PartGenerator::new(3, self.side).good(number);
        match self.jpeg {
            true => {
                let file = BufWriter::new(File::create(path).unwrap());
                part.write_with_encoder(JpegEncoder::new_with_quality(file, JPEG_QUALITY)).unwrap();
            }
            false => part.save(path).unwrap(),
        }
    }
}

/// Fills a folder with good parts.
pub(crate) fn write_parts(folder: &Path, picture: Picture, count: usize) {
    fs::create_dir_all(folder).unwrap();
    let path = |number: usize| folder.join(format!("{number:03}.{}", picture.ending()));
    for number in 0..count {
        match number.checked_sub(DRAWN) {
            None => picture.write(number as u64, &path(number)),
            Some(_) => _ = fs::copy(path(number % DRAWN), path(number)).unwrap(),
        }
    }
}

/// Bytes of parts that no line has learned.
pub(crate) fn camera_pictures(picture: Picture, count: usize) -> Vec<Vec<u8>> {
    let dir = tempfile::tempdir().unwrap();
    let bytes = |number: usize| {
        let path = dir.path().join("drawn").with_extension(picture.ending());
        picture.write(JUDGED_FROM + number as u64, &path);
        fs::read(path).unwrap()
    };
    (0..count).map(bytes).collect()
}

/// A line in `folder` that has learned nothing, on a folder of good parts there.
pub(crate) fn set_up(folder: &Path, name: &str, good: &str, change: impl FnOnce(&mut LineSettings)) -> Line {
    let camera = folder.join(format!("{name} camera"));
    fs::create_dir_all(&camera).unwrap();
    let mut settings = LineSettings::new(name, folder.join(good), camera);
    settings.device = Some("cpu".to_owned());
    change(&mut settings);
    Line::init(&folder.join(name), settings).unwrap()
}

/// The same line with a model, hardly trained: it takes as long to judge as any.
pub(crate) fn learned(line: Line) -> Line {
    let mut config = line.settings.learn_config();
    config.pretrain.steps = 2;
    // What follows the steps takes as many passes as ever, of a batch each.
    config.pretrain.batch = 2;
    learn_line(&line, &config, &mut |_| ControlFlow::Continue(())).unwrap();
    line
}

/// A learning run that trains until it is dropped.
pub(crate) fn start_learning(line: &Line) -> LearnChild {
    let (sender, training) = bounded(1);
    let told = move |progress: LearnProgress| {
        if progress.stage == LearnStage::Pretrain {
            let _ = sender.try_send(());
        }
    };
    let run = LearnChild::start(&program("sightline"), &line.folder, told, |_| ()).unwrap();
    training.recv_timeout(Duration::from_secs(300)).expect("learning did not begin");
    run
}
