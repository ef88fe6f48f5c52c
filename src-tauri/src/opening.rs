//! The line is opened beside the window, which says so meanwhile: a driver may take its time, or hang. Where it is refused
//! the window stays, has words for what is wrong, and may ask again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use sightline_app::{Desk, in_words};
use sightline_bridge::{ErrorCode, HostError};
use tauri::{AppHandle, Manager, State};

use crate::commands::{Answer, refused};
use crate::events;

/// The line, or why it could not be opened: then every command answers that. Until either is known commands wait.
#[derive(Clone, Default)]
pub(crate) struct Opened(Arc<(Mutex<Option<Answer<Desk>>>, Condvar)>);

impl Opened {
    fn lock(&self) -> MutexGuard<'_, Option<Answer<Desk>>> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, opened: Answer<Desk>) {
        *self.lock() = Some(opened);
        self.0.1.notify_all();
    }

    /// Once it is known.
    pub(crate) fn desk(&self) -> Answer<Desk> {
        let mut state = self.lock();
        loop {
            if let Some(opened) = &*state {
                return opened.clone();
            }
            state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Without waiting; none while it is being opened, or could not be.
    pub(crate) fn if_open(&self) -> Option<Desk> {
        self.lock().as_ref()?.as_ref().ok().cloned()
    }

    /// From here on commands wait again, if the line could not be opened.
    fn forget_failure(&self) -> bool {
        let mut state = self.lock();
        let failed = matches!(&*state, Some(Err(_)));
        if failed {
            *state = None;
        }
        failed
    }
}

/// How the line is opened.
#[derive(Clone)]
pub(crate) struct Opening {
    pub(crate) folder: PathBuf,
    /// Starts learning processes.
    pub(crate) executable: PathBuf,
    pub(crate) learn_if_needed: bool,
}

impl Opening {
    /// Opens the line on a thread of its own.
    pub(crate) fn begin(self, app: &AppHandle) -> Result<()> {
        let (app, opened) = (app.clone(), app.state::<Opened>().inner().clone());
        let open = move || match catch_unwind(AssertUnwindSafe(|| self.open(&app))) {
            Ok(Ok(desk)) => opened.is(desk),
            Ok(Err(error)) => {
                eprintln!("sightline: {}", in_words(error.as_ref()));
                app.exit(1);
            }
            // Told when it happened.
            Err(_) => app.exit(1),
        };
        std::thread::Builder::new().name("open".to_owned()).spawn(open).context("starting a thread")?;
        Ok(())
    }

    fn open(&self, app: &AppHandle) -> Result<Answer<Desk>> {
        let (desk, heard) = match Desk::open(&self.folder, self.executable.clone()) {
            Ok(opened) => opened,
            Err(error) => {
                eprintln!("sightline: {}", in_words(&error));
                return Ok(Err(refused(error)));
            }
        };
        events::forward(app.clone(), desk.clone(), heard)?;
        if self.learn_if_needed {
            desk.learn_if_needed()?;
        }
        Ok(Ok(desk))
    }
}

/// Tries once more to open a line that could not be opened; the commands after it wait for what becomes of it.
#[tauri::command]
pub(crate) async fn open_again(app: AppHandle, opened: State<'_, Opened>, opening: State<'_, Opening>) -> Answer<()> {
    if !opened.forget_failure() {
        return Ok(());
    }
    opening.inner().clone().begin(&app).map_err(|error| {
        let failed = HostError { code: ErrorCode::Internal, detail: in_words(error.as_ref()) };
        opened.is(Err(failed.clone()));
        failed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_could_not_be_opened_is_waited_for_again_and_one_that_is_open_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (opened, refusal) = (Opened::default(), HostError { code: ErrorCode::LineInUse, detail: String::new() });
        assert!(opened.if_open().is_none() && !opened.forget_failure(), "it is being opened");
        opened.is(Err(refusal.clone()));
        assert_eq!(opened.desk().err(), Some(refusal));
        assert!(opened.forget_failure());
        let (waiting, (told, answer)) = (opened.clone(), std::sync::mpsc::channel());
        let asks = std::thread::spawn(move || told.send(waiting.desk().is_ok()));
        assert!(answer.recv_timeout(std::time::Duration::from_millis(100)).is_err(), "it waits");
        let (desk, _heard) = Desk::open(dir.path(), PathBuf::from("sightline")).unwrap();
        opened.is(Ok(desk));
        assert!(answer.recv().unwrap(), "it answers once the line is open");
        asks.join().unwrap().unwrap();
        assert!(!opened.forget_failure() && opened.if_open().is_some());
        opened.if_open().unwrap().close();
    }
}
