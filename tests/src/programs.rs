//! The programs as a person starts them, each with a time after which it is ended and the test fails.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No command of a test takes as long, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(600);

/// How often something that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// One of our programs, as `cargo build --workspace` put it beside the tests.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "{} is missing: build it first with `cargo build --workspace`", path.display());
    path
}

/// How a command ended and what it said.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; none when it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Fails the test unless the command ended with this code.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// What the command itself complained about. Libraries may write to standard error, too.
    pub fn complaint(&self) -> String {
        let ours: Vec<&str> = self.stderr.lines().filter_map(|line| line.strip_prefix("sightline: ")).collect();
        ours.join("\n")
    }

    /// Standard output as one JSON object a line.
    pub fn json_lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Runs `sightline` to its end.
pub fn sightline<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    let running = Running::sightline(arguments);
    running.finish()
}

/// A program that runs. Dropping it kills it.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts `sightline`.
    pub fn sightline<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        Self::start(Command::new(program("sightline")).args(arguments))
    }

    /// Starts a program with its output collected.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, lines, seen: Vec::new(), stderr: Some(stderr) }
    }

    /// The number by which the system knows it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines that standard output has so far.
    pub fn lines(&mut self) -> &[String] {
        self.seen.extend(self.lines.try_iter());
        &self.seen
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as Ctrl-C does, and waits until it has.
    #[cfg(unix)]
    pub fn interrupt(self) -> Ran {
        let asked = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        self.finish()
    }

    /// Waits until it ends by itself.
    pub fn finish(mut self) -> Ran {
        let status = self.wait();
        let stderr = self.stderr.take().unwrap().join().unwrap();
        self.seen.extend(self.lines.iter());
        let stdout = self.seen.iter().map(|line| format!("{line}\n")).collect();
        Ran { code: status.code(), stdout, stderr }
    }

    fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if started.elapsed() > LIMIT {
                let _ = self.child.kill();
                panic!("it did not end within {} s; so far it said:\n{}", LIMIT.as_secs(), self.lines().join("\n"));
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something holds; fails the test when it does not come to hold.
#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < LIMIT, "waited {} s in vain: {what}", LIMIT.as_secs());
        std::thread::sleep(LOOK);
    }
}
