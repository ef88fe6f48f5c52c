//! Progress of learning: a bar with time left on a terminal, plain lines elsewhere, JSON on request.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use sightline_app::WorkerMessage;
use sightline_core::{LearnProgress, LearnStage};

/// Plain lines are written at each of this many shares of a stage.
const LINES_PER_STAGE: u64 = 10;

/// Shows the reports of one run.
pub(crate) struct Shown {
    how: How,
    stage: Option<LearnStage>,
    lines: u64,
}

enum How {
    Bar(ProgressBar),
    Lines,
    Json,
}

impl Shown {
    pub(crate) fn new(json: bool) -> Self {
        let how = match (json, std::io::stderr().is_terminal()) {
            (true, _) => How::Json,
            (false, false) => How::Lines,
            (false, true) => {
                let bar = ProgressBar::new(1);
                // The template is a constant; were it wrong, the bar would fall back to its default look.
                if let Ok(style) = ProgressStyle::with_template("{prefix:<22} {bar:32} {pos}/{len}  {msg}") {
                    bar.set_style(style);
                }
                How::Bar(bar)
            }
        };
        Self { how, stage: None, lines: 0 }
    }

    pub(crate) fn report(&mut self, progress: &LearnProgress) {
        if self.stage != Some(progress.stage) {
            self.stage = Some(progress.stage);
            self.lines = 0;
        }
        let mut facts = Vec::new();
        if let Some(seconds) = progress.seconds_left {
            facts.push(format!("{} left", duration(seconds)));
        }
        if let Some(loss) = progress.loss {
            facts.push(format!("loss {loss:.3}"));
        }
        facts.extend(progress.warning.clone());
        match &self.how {
            How::Bar(bar) => {
                bar.set_prefix(title(progress.stage));
                bar.set_length(progress.total);
                bar.set_position(progress.done);
                bar.set_message(facts.join(", "));
            }
            How::Lines => {
                let due = progress.done * LINES_PER_STAGE / progress.total.max(1);
                if due > self.lines || progress.done == progress.total {
                    self.lines = due;
                    eprintln!("{}: {}/{} {}", title(progress.stage), progress.done, progress.total, facts.join(", "));
                }
            }
            How::Json => print_json(&WorkerMessage::from(progress)),
        }
    }

    pub(crate) fn finish(self) {
        if let How::Bar(bar) = self.how {
            bar.finish_and_clear();
        }
    }
}

/// One JSON object on a line of standard output.
pub(crate) fn print_json(value: &impl serde::Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("sightline: {error}"),
    }
}

fn title(stage: LearnStage) -> &'static str {
    match stage {
        LearnStage::Read => "reading good parts",
        LearnStage::Pretrain => "learning",
        LearnStage::Bank => "filling the memory bank",
        LearnStage::Calibrate => "setting the limit",
        LearnStage::Save => "scoring",
    }
}

fn duration(seconds: f64) -> String {
    let seconds = seconds.round().max(0.0) as u64;
    if seconds >= 3600 {
        format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60)
    } else if seconds >= 60 {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    } else {
        format!("{seconds} s")
    }
}
