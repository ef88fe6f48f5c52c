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
    step: &'static str,
    lines: u64,
    /// Warnings in the last report.
    warnings: usize,
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
        Self { how, step: "", lines: 0, warnings: 0 }
    }

    /// A report of a learning run.
    pub(crate) fn report(&mut self, progress: &LearnProgress) {
        if let How::Json = self.how {
            return print_json(&WorkerMessage::from(progress));
        }
        let mut facts = Vec::new();
        facts.extend(progress.seconds_left.map(|seconds| format!("{} left", duration(seconds))));
        facts.extend(progress.loss.map(|loss| format!("loss {loss:.3}")));
        facts.extend(progress.health.map(|health| format!("spread {:.2}", health.spread)));
        facts.extend(progress.warnings.iter().map(ToString::to_string));
        // What a person should know is not left out with the lines between.
        let warns = progress.warnings.len() > self.warnings;
        self.warnings = progress.warnings.len();
        self.show(title(progress.stage), progress.done, progress.total, &facts.join(", "), warns);
    }

    /// A report of any other long work.
    pub(crate) fn step(&mut self, step: &'static str, done: usize, total: usize, seconds_left: Option<f64>) {
        let left = seconds_left.map(|seconds| format!("{} left", duration(seconds)));
        self.show(step, done as u64, total as u64, &left.unwrap_or_default(), false);
    }

    fn show(&mut self, step: &'static str, done: u64, total: u64, facts: &str, warns: bool) {
        if self.step != step {
            self.step = step;
            self.lines = 0;
        }
        match &self.how {
            How::Bar(bar) => {
                bar.set_prefix(step);
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(facts.to_owned());
            }
            How::Lines | How::Json => {
                let due = done * LINES_PER_STAGE / total.max(1);
                if due > self.lines || done == total || warns {
                    self.lines = due;
                    eprintln!("{step}: {done}/{total} {facts}");
                }
            }
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
        LearnStage::FineTune => "learning from labels",
        LearnStage::Calibrate => "setting the limit",
        LearnStage::Save => "saving the model",
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
