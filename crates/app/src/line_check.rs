//! A check of the line with known parts, as at the start of a shift: each good one must pass or be for review, each bad
//! one must be rejected. A part that cannot be judged is wrong either way.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use sightline_core::Verdict;
use sightline_store::{LineCheck, Store};

use crate::inspect::inspect_surely;
use crate::learning::{as_set_now, now_millis};
use crate::{AppError, Line, LoadedModel, pictures_in, verdict_name};

/// What a known part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownPart {
    /// It must not be rejected.
    Good,
    /// It must be rejected.
    Bad,
}

/// How one known part came out.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedPart {
    /// Its picture.
    pub path: PathBuf,
    /// What it is.
    pub known: KnownPart,
    /// What the model says.
    pub verdict: Verdict,
    /// Its score; none when it could not be judged.
    pub score: Option<f64>,
}

impl CheckedPart {
    /// Whether it came out as it must.
    pub fn is_right(&self) -> bool {
        match self.known {
            KnownPart::Good => matches!(self.verdict, Verdict::Pass | Verdict::Review),
            KnownPart::Bad => self.verdict == Verdict::Reject,
        }
    }
}

/// Judges the line's known parts and keeps the outcome. `tell` hears of each part and may stop the check; so may
/// `given_up`, in the middle of a part that a device does not answer for.
///
/// # Errors
/// When no folder of known parts is set up or one cannot be read, the check was stopped, or the outcome cannot be kept.
pub fn check_line(
    line: &Line,
    store: &Store,
    model: &LoadedModel,
    given_up: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&CheckedPart) -> ControlFlow<()>,
) -> Result<LineCheck, AppError> {
    let (parts, wrong) = judge_known_parts(line, model, given_up, tell)?;
    let check = LineCheck { made_millis: now_millis(), model: model.id.clone(), parts, wrong: wrong.join("\n") };
    store.keep_check(&check)?;
    Ok(check)
}

/// The known parts that a model does not judge as they must be, a line each. Nothing of it is kept.
///
/// # Errors
/// When no folder of known parts is set up or one cannot be read.
pub(crate) fn wrong_known_parts(line: &Line, model: &LoadedModel) -> Result<Vec<String>, AppError> {
    judge_known_parts(line, model, &|| false, &mut |_| ControlFlow::Continue(())).map(|(_, wrong)| wrong)
}

/// The known parts of a line, each with what it is.
///
/// # Errors
/// When no folder of known parts is set up or one cannot be read.
pub(crate) fn known_parts(line: &Line) -> Result<Vec<(PathBuf, KnownPart)>, AppError> {
    let settings = &line.settings.check;
    let known = [(&settings.good, KnownPart::Good), (&settings.bad, KnownPart::Bad)];
    if known.iter().all(|(folder, _)| folder.is_none()) {
        let detail = "[check] names no folder of known parts; say good and bad".to_owned();
        return Err(AppError::NotReleased { detail });
    }
    let mut parts = Vec::new();
    for (folder, known) in known {
        let Some(folder) = folder else { continue };
        parts.extend(pictures_in(folder)?.into_iter().map(|path| (path, known)));
    }
    Ok(parts)
}

/// How many known parts there are, and those that come out wrong.
fn judge_known_parts(
    line: &Line,
    model: &LoadedModel,
    given_up: &dyn Fn() -> bool,
    tell: &mut dyn FnMut(&CheckedPart) -> ControlFlow<()>,
) -> Result<(u64, Vec<String>), AppError> {
    let known = known_parts(line)?;
    let mut wrong = Vec::new();
    for (path, known) in &known {
        let part = checked(model, path, *known, given_up);
        if !part.is_right() {
            wrong.push(words(&part));
        }
        if tell(&part).is_break() || given_up() {
            return Err(AppError::NotReleased { detail: "the check was stopped".to_owned() });
        }
    }
    Ok((known.len() as u64, wrong))
}

/// Refuses to go on where the line asks for a check and its known parts do not come out right. What it asks for stands in
/// its settings as they are now: a line runs for weeks, and people ask for a check, or no more, meanwhile.
///
/// # Errors
/// As [`check_line`], and when a part came out wrong.
pub fn release_line(
    line: &Line,
    store: &Store,
    model: &LoadedModel,
    given_up: &dyn Fn() -> bool,
) -> Result<(), AppError> {
    let line = &as_set_now(line);
    if !line.settings.check.required {
        return Ok(());
    }
    let check = check_line(line, store, model, given_up, &mut |_| ControlFlow::Continue(()))?;
    if check.passed() { Ok(()) } else { Err(AppError::NotReleased { detail: check.wrong }) }
}

fn checked(model: &LoadedModel, path: &Path, known: KnownPart, given_up: &dyn Fn() -> bool) -> CheckedPart {
    let inspected = inspect_surely(model, path, given_up);
    let score = inspected.scored.map(|scored| scored.score);
    CheckedPart { path: path.to_owned(), known, verdict: inspected.verdict, score }
}

fn words(part: &CheckedPart) -> String {
    let known = match part.known {
        KnownPart::Good => "good",
        KnownPart::Bad => "bad",
    };
    format!("{} is {known} and came out as {}", part.path.display(), verdict_name(part.verdict))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_part_is_right_as_the_line_is_told() {
        let check = |known, verdict, right| {
            let part = CheckedPart { path: "a.png".into(), known, verdict, score: None };
            assert_eq!(part.is_right(), right, "{known:?} {verdict:?}");
        };
        check(KnownPart::Good, Verdict::Pass, true);
        check(KnownPart::Good, Verdict::Review, true);
        check(KnownPart::Good, Verdict::Reject, false);
        check(KnownPart::Good, Verdict::Unreadable, false);
        check(KnownPart::Bad, Verdict::Reject, true);
        check(KnownPart::Bad, Verdict::Review, false);
        check(KnownPart::Bad, Verdict::Pass, false);
        check(KnownPart::Bad, Verdict::Unreadable, false);
    }
}
