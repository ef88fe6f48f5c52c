//! Lines to time parts on, and a learning run beside them.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use crossbeam_channel::bounded;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use sightline_app::{Effort, LearnChild, LearningSettings, Line, LineSettings, learn_line};
use sightline_core::{LearnProgress, LearnStage};
use sightline_testkit::PartGenerator;
use sightline_tests::program;

/// Good parts that a line learns from; how well it learns does not matter here.
const GOOD_PARTS: u64 = 30;

/// Longest side of drawn parts; larger pictures are these, enlarged: drawing would take longer than measuring.
const LARGEST_DRAWN: u32 = 2236;

/// How the camera writes a picture.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Picture {
    Jpeg,
    Png,
}

impl Picture {
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// A camera, and how its parts are judged.
pub(crate) struct Setting {
    /// Pixels along each side of a picture.
    pub(crate) side: u32,
    pub(crate) picture: Picture,
    pub(crate) judged_side: u32,
    /// Of the encoder; the usual one unless said.
    pub(crate) width: Option<usize>,
}

impl Setting {
    /// A good part as the camera writes it; JPEG at a quality of 92.
    pub(crate) fn draw(&self, number: u64) -> Vec<u8> {
        let drawn = self.side.min(LARGEST_DRAWN);
        let mut picture = PartGenerator::new(3, drawn).good(number);
        if drawn < self.side {
            picture = image::imageops::resize(&picture, self.side, self.side, image::imageops::FilterType::Triangle);
        }
        let mut bytes = Vec::new();
        match self.picture {
            Picture::Jpeg => picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 92)),
            Picture::Png => picture.write_with_encoder(PngEncoder::new(&mut bytes)),
        }
        .unwrap();
        bytes
    }
}

/// A line with a model of the size that it usually has, hardly trained: it takes as long to judge as any.
pub(crate) fn learned(dir: &Path, name: &str, setting: &Setting) -> Line {
    let line = set_up(dir, name, setting);
    let mut config = line.settings.learn_config();
    config.pretrain.steps = 2;
    learn_line(&line, &config, &mut |_| ControlFlow::Continue(())).unwrap();
    line
}

/// A learning run on parts as these, that trains until it is dropped.
pub(crate) fn start_learning(dir: &Path, setting: &Setting) -> LearnChild {
    let line = set_up(dir, "other line", setting);
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

fn set_up(dir: &Path, name: &str, setting: &Setting) -> Line {
    let [good, camera] = ["good", "camera"].map(|folder| dir.join(format!("{name} {folder}")));
    for folder in [&good, &camera] {
        fs::create_dir_all(folder).unwrap();
    }
    for number in 0..GOOD_PARTS {
        fs::write(good.join(format!("{number:03}.{}", setting.picture.ending())), setting.draw(number)).unwrap();
    }
    let settings = LineSettings {
        effort: Effort::Standard,
        judged_side: setting.judged_side,
        device: Some("cpu".to_owned()),
        learning: LearningSettings { width: setting.width, ..LearningSettings::default() },
        ..LineSettings::new(name, good, camera)
    };
    Line::init(&dir.join(name), settings).unwrap()
}
