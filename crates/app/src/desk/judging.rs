//! Which model judges: the live one from the start, another when a person says so, none while the line is not released.

use std::sync::Arc;

use sightline_core::Event;
use sightline_store::LineCheck;

use super::view::facts;
use super::{Desk, failure};
use crate::live::LiveLine;
use crate::{AppError, Line, LoadedModel, check_line, load_live_model, person, promote_model, release_line, roll_back};

impl Desk {
    /// Lets another model of the line judge, from the next part on.
    ///
    /// # Errors
    /// When there is no such model, it did not pass its trial, or it cannot be loaded.
    pub fn promote_model(&self, id: &str) -> Result<(), AppError> {
        let row = promote_model(&Line::open(&self.folder)?, id, &person())?;
        self.take_up(row.id)
    }

    /// Lets the model judge again that judged before.
    ///
    /// # Errors
    /// When there is none, or it cannot be loaded.
    pub fn roll_back(&self) -> Result<(), AppError> {
        let row = roll_back(&Line::open(&self.folder)?, &person())?;
        self.take_up(row.id)
    }

    fn take_up(&self, model: String) -> Result<(), AppError> {
        let stood_still = self.lock().live.is_none();
        self.start_judging()?;
        if stood_still {
            // A running line tells it by itself.
            let _ = self.events.try_send(Event::ModelChanged { model });
        }
        Ok(())
    }

    /// Checks the line with its known parts. Where that releases it, parts are judged from then on.
    ///
    /// # Errors
    /// When nothing was learned yet, no known parts are set up or they cannot be read, or the outcome cannot be kept.
    pub fn check_line(&self) -> Result<LineCheck, AppError> {
        let line = self.line()?;
        let model = load_live_model(&self.store, &self.folder, &self.device)?;
        let check = check_line(&line, &self.store, &model, &|| false, &mut |_| std::ops::ControlFlow::Continue(()))?;
        let _exchange = Self::alone(&self.judging);
        if check.passed() && self.lock().live.is_none() {
            self.watch_with(&line, model)?;
        }
        Ok(check)
    }

    /// Loads the live model, if there is one, and lets it judge.
    pub(super) fn start_judging(&self) -> Result<(), AppError> {
        let _exchange = Self::alone(&self.judging);
        let Some(line) = self.lock().line.clone() else { return Ok(()) };
        let model = match load_live_model(&self.store, &self.folder, &self.device) {
            Ok(model) => model,
            Err(AppError::NoModel { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let facts_of_it = facts(&model);
        if let Err(error) = release_line(&line, &self.store, &model, &|| false) {
            let mut state = self.lock();
            let goes_on = |live: &LiveLine| live.model().id != model.id && live.watches(&line.settings);
            if state.live.as_ref().is_some_and(goes_on) {
                // The one before was released, and goes on under an alarm: inspection does not pause for another model.
                return Err(match error {
                    AppError::NotReleased { detail } => AppError::KnownPartsWrong { detail },
                    other => other,
                });
            }
            (state.model, state.trouble) = (Some(facts_of_it), Some(failure(&error)));
            let old = state.live.take();
            drop(state);
            drop(old);
            return Err(error);
        }
        self.watch_with(&line, model)
    }

    /// Lets a model judge: the line goes on with it, or begins.
    fn watch_with(&self, line: &Line, model: LoadedModel) -> Result<(), AppError> {
        let facts = facts(&model);
        let mut state = self.lock();
        if let Some(live) = &state.live
            && live.watches(&line.settings)
        {
            live.swap_model(model)?;
            (state.model, state.trouble) = (Some(facts), None);
            return Ok(());
        }
        (state.model, state.trouble) = (Some(facts), None);
        // The folder, or what counts in it, is another from now on; the old watch ends first, so that no part is judged
        // twice.
        let old = state.live.take();
        drop(state);
        drop(old);
        let started = LiveLine::start(line, Arc::clone(&self.store), model, self.events.clone());
        let mut state = self.lock();
        let live = match started {
            Ok(live) if !state.closed => live,
            // Nobody waits for it any more.
            Ok(late) => {
                drop(state);
                drop(late);
                return Ok(());
            }
            Err(error) => {
                // Nothing judges now: the view must say so for as long as it lasts.
                state.trouble = Some(failure(&error));
                return Err(error);
            }
        };
        if let Some(restored) = &state.restored {
            live.tell_restored(restored);
        }
        let old = state.live.replace(live);
        drop(state);
        drop(old);
        Ok(())
    }
}
