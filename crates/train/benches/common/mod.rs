//! What the benches beside PyTorch share: the other side, and what both step on.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use sightline_train::LearnConfig;
use sightline_train::timing::Steps;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// Turns that are timed; a few go before them.
pub(crate) const TURNS: usize = 15;
pub(crate) const WARM: usize = 3;

/// Writes what both sides step on.
pub(crate) fn hand_over(steps: &Steps<'_>, folder: &Path, config: &LearnConfig, device: &str) -> Outcome<()> {
    std::fs::write(folder.join("weights.safetensors"), steps.weights()?)?;
    for (name, values) in ["first", "second", "pictures", "cells"].iter().zip(steps.shown()) {
        write(&folder.join(format!("{name}.f32")), &values)?;
    }
    let [view, drawn] = steps.sides();
    let threads = rayon::current_num_threads();
    let facts =
        serde_json::json!({ "view": view, "drawn": drawn, "config": config, "threads": threads, "device": device });
    Ok(std::fs::write(folder.join("step.json"), facts.to_string())?)
}

pub(crate) fn millis(work: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let started = Instant::now();
    work()?;
    Ok(1e3 * started.elapsed().as_secs_f64())
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn write(path: &Path, values: &[f32]) -> Outcome<()> {
    Ok(std::fs::write(path, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?)
}

/// The other side: it waits for a word and answers with a line of JSON.
pub(crate) struct Other {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(serde::Deserialize)]
pub(crate) struct Answer {
    pub(crate) millis: f64,
    /// The loss of a step, the squared radius that a coreset covers with, or nothing in particular.
    pub(crate) loss: f64,
}

impl Other {
    pub(crate) fn start(python: &str, script: &str, folder: &Path) -> Outcome<Self> {
        let threads = rayon::current_num_threads().to_string();
        let mut child = Command::new(python)
            .arg(script)
            .arg(folder)
            .envs(["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"].map(|name| (name, &threads)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(ask), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the other side has no pipes".into());
        };
        Ok(Self { child, ask, answers: BufReader::new(answers) })
    }

    pub(crate) fn ask(&mut self, word: &str) -> Outcome<Answer> {
        writeln!(self.ask, "{word}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(serde_json::from_str(&line).map_err(|error| format!("{word} was answered with {line:?}: {error}"))?)
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // Its input ends with us; waiting for it leaves no zombie behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
