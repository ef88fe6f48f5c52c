//! The parent's side of a learning process.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sightline_core::{Code, LearnProgress, RetrainEnd};

use crate::worker::stage_named;
use crate::{AppError, WorkerMessage, WorkerTask};

/// After a cancel the process has this long to stop by itself.
const GRACE: Duration = Duration::from_millis(1500);

/// The end of its error output that is kept for a report.
const LAST_WORDS: u64 = 4096;

/// A running learning process. Dropping it cancels.
#[derive(Debug)]
pub struct LearnChild {
    child: Arc<Mutex<Child>>,
    stdin: Option<ChildStdin>,
    reader: Option<JoinHandle<()>>,
}

impl LearnChild {
    /// Starts `executable` as a learning process for a line. `progress` gets each report, `done` the outcome, once: the
    /// live model's id, or [`AppError::KnownPartsWrong`] where the new model is kept and does not judge. Both are called
    /// on a thread of this process.
    ///
    /// # Errors
    /// When the process or the thread cannot be started.
    pub fn start(
        executable: &Path,
        line: &Path,
        progress: impl Fn(LearnProgress) + Send + 'static,
        done: impl FnOnce(Result<String, AppError>) + Send + 'static,
    ) -> Result<Self, AppError> {
        Self::run(executable, WorkerTask::Learn, line, progress, move |outcome| done(outcome.and_then(live_model)))
    }

    /// The same for learning from labels.
    ///
    /// # Errors
    /// When the process or the thread cannot be started.
    pub fn retrain(
        executable: &Path,
        line: &Path,
        progress: impl Fn(LearnProgress) + Send + 'static,
        done: impl FnOnce(Result<RetrainEnd, AppError>) + Send + 'static,
    ) -> Result<Self, AppError> {
        Self::run(executable, WorkerTask::Retrain, line, progress, move |outcome| {
            done(outcome.and_then(|last| match last {
                WorkerMessage::Retrained { challenger, promoted, before } => {
                    Ok(RetrainEnd { challenger, promoted, before })
                }
                other => Err(AppError::Worker { detail: format!("{other:?}") }),
            }));
        })
    }

    /// The same for measuring the label saving, which gets less of the processor than any learning.
    ///
    /// # Errors
    /// When the process or the thread cannot be started.
    pub fn measure(
        executable: &Path,
        line: &Path,
        progress: impl Fn(LearnProgress) + Send + 'static,
        done: impl FnOnce(Result<(), AppError>) + Send + 'static,
    ) -> Result<Self, AppError> {
        Self::run(executable, WorkerTask::Measure, line, progress, move |outcome| {
            done(outcome.and_then(|last| match last {
                WorkerMessage::Measured => Ok(()),
                other => Err(AppError::Worker { detail: format!("{other:?}") }),
            }));
        })
    }

    /// Starts a process for a task; `done` gets its last message.
    fn run(
        executable: &Path,
        task: WorkerTask,
        line: &Path,
        progress: impl Fn(LearnProgress) + Send + 'static,
        done: impl FnOnce(Result<WorkerMessage, AppError>) + Send + 'static,
    ) -> Result<Self, AppError> {
        let failed = |source| AppError::File { step: "starting", path: executable.to_owned(), source };
        let mut child = with_low_priority(executable)
            .arg(task.argument())
            .arg(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let child = Arc::new(Mutex::new(child));
        let owned = Arc::clone(&child);
        let reader = std::thread::Builder::new()
            .name("learn-reader".to_owned())
            .spawn(move || {
                let last_words = std::thread::Builder::new().name("learn-errors".to_owned()).spawn(move || {
                    let mut text = Vec::new();
                    if let Some(mut stderr) = stderr {
                        // The pipe is drained to its end, or a talkative driver would block the process.
                        let mut chunk = [0; 1024];
                        while let Ok(count @ 1..) = stderr.read(&mut chunk) {
                            text.extend_from_slice(&chunk[..count]);
                            let surplus = text.len().saturating_sub(LAST_WORDS as usize);
                            text.drain(..surplus);
                        }
                    }
                    String::from_utf8_lossy(&text).into_owned()
                });
                let mut outcome = None;
                // As bytes: what a driver prints in another encoding must not end the reading.
                let lines = stdout.map(|out| BufReader::new(out).split(b'\n')).into_iter().flatten();
                for line in lines.map_while(Result::ok) {
                    match serde_json::from_slice(&line) {
                        Ok(WorkerMessage::Failed { code, detail }) => {
                            outcome = Some(Err(AppError::WorkerFailed { code: Code::named(&code), detail }));
                        }
                        Ok(message @ WorkerMessage::Progress { .. }) => {
                            if let Some(report) = report_of(message) {
                                progress(report);
                            }
                        }
                        Ok(message) => outcome = Some(Ok(message)),
                        // A driver that prints to standard output is none of ours.
                        Err(_) => {}
                    }
                }
                let last_words = last_words.ok().and_then(|thread| thread.join().ok()).unwrap_or_default();
                if let Ok(mut child) = owned.lock() {
                    let _ = child.wait();
                }
                done(outcome.unwrap_or(Err(AppError::Worker { detail: last_words.trim().to_owned() })));
            })
            .map_err(failed)?;
        Ok(Self { child, stdin, reader: Some(reader) })
    }

    /// Asks the process to stop and makes sure that it does. What was live stays live.
    pub fn cancel(&mut self) {
        // Closing its input is the request.
        self.stdin = None;
        let asked = Instant::now();
        while self.reader.as_ref().is_some_and(|reader| !reader.is_finished()) {
            if asked.elapsed() > GRACE
                && let Ok(mut child) = self.child.try_lock()
            {
                let _ = child.kill();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }

    /// Whether the outcome has been told.
    pub fn is_finished(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for LearnChild {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// A command that leaves the processor to inspection: it gets what live verdicts leave over.
#[cfg(unix)]
fn with_low_priority(executable: &Path) -> Command {
    // POSIX has this program; it becomes the other one and keeps its number, and so does the next.
    let mut command = Command::new("nice");
    command.args(["-n", "19"]);
    if may_idle() {
        command.args(IDLE);
    }
    command.arg(executable);
    command
}

/// Linux's idle policy (util-linux's program sets it): its threads are put aside at once when another wants their core,
/// where one that is only nice keeps its turn for some milliseconds, and its disk accesses wait for others.
#[cfg(unix)]
const IDLE: [&str; 3] = ["chrt", "-i", "0"];

/// Whether this system has that policy, and allows it.
#[cfg(unix)]
fn may_idle() -> bool {
    let [program, arguments @ ..] = IDLE;
    let tried = Command::new(program).args(arguments).arg("true").stdout(Stdio::null()).stderr(Stdio::null()).status();
    cfg!(target_os = "linux") && tried.is_ok_and(|status| status.success())
}

#[cfg(windows)]
fn with_low_priority(executable: &Path) -> Command {
    use std::os::windows::process::CommandExt;
    const IDLE_PRIORITY_CLASS: u32 = 0x40;
    let mut command = Command::new(executable);
    command.creation_flags(IDLE_PRIORITY_CLASS);
    command
}

#[cfg(not(any(unix, windows)))]
fn with_low_priority(executable: &Path) -> Command {
    Command::new(executable)
}

/// The model that is live after a learning process.
fn live_model(last: WorkerMessage) -> Result<String, AppError> {
    match last {
        WorkerMessage::Learned { model, promoted: true, .. } => Ok(model),
        WorkerMessage::Learned { wrong_known, .. } => Err(AppError::KnownPartsWrong { detail: wrong_known.join("\n") }),
        other => Err(AppError::Worker { detail: format!("{other:?}") }),
    }
}

fn report_of(message: WorkerMessage) -> Option<LearnProgress> {
    match message {
        WorkerMessage::Progress { stage, done, total, seconds_left, loss, health, looks, warnings } => {
            let (stage, health) = (stage_named(&stage)?, health.map(Into::into));
            let warnings = warnings.into_iter().map(Into::into).collect();
            Some(LearnProgress { stage, done, total, seconds_left, loss, health, looks, warnings })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_kept_and_does_not_judge_is_told_with_the_known_parts() {
        let last = |promoted, wrong: &[&str]| WorkerMessage::Learned {
            model: "c0ffee".to_owned(),
            promoted,
            wrong_known: wrong.iter().map(|part| (*part).to_owned()).collect(),
        };
        assert_eq!(live_model(last(true, &[])).unwrap(), "c0ffee");
        match live_model(last(false, &["a.png is bad", "b.png is good"])) {
            Err(AppError::KnownPartsWrong { detail }) => assert_eq!(detail, "a.png is bad\nb.png is good"),
            other => panic!("{other:?}"),
        }
        assert!(matches!(live_model(WorkerMessage::Measured), Err(AppError::Worker { .. })));
    }
}
