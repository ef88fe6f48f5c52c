//! What the window may ask: a line each. Commands are asynchronous, so none of them holds the window up.

use std::path::Path;

use sightline_app::{AppError, LearningSettings, LineSettings, in_words};
use sightline_bridge::{ErrorCode, FolderView, HostError, LineView, PartView, SetupRequest};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt;

use crate::arrivals::arrival_settings;
use crate::opening::Opened;
use crate::views::{folder_view, line_view, recipe_settings};

/// Records that one call may ask for.
const MOST_PARTS: u32 = 500;

pub(crate) type Answer<T> = Result<T, HostError>;

pub(crate) fn refused(error: AppError) -> HostError {
    HostError { code: error.code().into(), detail: in_words(&error) }
}

#[tauri::command]
pub(crate) async fn line_state(opened: State<'_, Opened>) -> Answer<LineView> {
    Ok(line_view(&opened.desk()?.view().map_err(refused)?))
}

#[tauri::command]
pub(crate) async fn choose_folder(app: AppHandle) -> Answer<Option<String>> {
    Ok(app.dialog().file().blocking_pick_folder().map(|folder| folder.to_string()))
}

#[tauri::command]
pub(crate) async fn look_at_folder(
    opened: State<'_, Opened>,
    path: String,
    false_reject_limit: f64,
) -> Answer<FolderView> {
    let confidence = LineSettings::new("", "", "").confidence;
    let desk = opened.desk()?;
    desk.look_at_folder(Path::new(&path), false_reject_limit, confidence)
        .map(|look| folder_view(&look))
        .map_err(refused)
}

#[tauri::command]
pub(crate) async fn start_learning(opened: State<'_, Opened>, setup: SetupRequest) -> Answer<()> {
    let desk = opened.desk()?;
    if setup.good_folder.is_empty() || setup.watch_folder.is_empty() {
        return Err(HostError { code: ErrorCode::BadRequest, detail: "a folder is missing".to_owned() });
    }
    // What the screen does not ask for stays as it was set.
    let before = desk.settings().map_err(refused)?.unwrap_or_else(|| LineSettings::new("", "", ""));
    desk.start_learning(with_setup(before, setup)).map_err(refused)
}

/// The settings with what was set up.
fn with_setup(before: LineSettings, setup: SetupRequest) -> LineSettings {
    LineSettings {
        name: setup.name,
        good_folder: setup.good_folder.into(),
        watch_folder: setup.watch_folder.into(),
        false_reject_limit: setup.false_reject_limit,
        may_turn: setup.may_turn,
        may_flip: setup.may_flip,
        arrivals: arrival_settings(setup.arrivals, before.arrivals),
        recipe: recipe_settings(setup.recipe),
        learning: LearningSettings {
            all_ways: said(setup.all_ways, before.learning.all_ways),
            grain: said(setup.grain, before.learning.grain),
            ..before.learning
        },
        ..before
    }
}

/// What a box says; one that was never ticked leaves the settings without a word of it.
fn said(ticked: bool, before: Option<bool>) -> Option<bool> {
    (ticked || before.is_some()).then_some(ticked)
}

#[tauri::command]
pub(crate) async fn cancel_learning(opened: State<'_, Opened>) -> Answer<()> {
    opened.desk()?.cancel_learning();
    Ok(())
}

#[tauri::command]
pub(crate) async fn check_line(opened: State<'_, Opened>) -> Answer<LineView> {
    let desk = opened.desk()?;
    // Judging takes its time: not on a thread that answers the window.
    let check = move || desk.check_line().and_then(|_| desk.view());
    let checked = tauri::async_runtime::spawn_blocking(check).await;
    let checked = checked.map_err(|error| HostError { code: ErrorCode::Internal, detail: error.to_string() })?;
    checked.map(|view| line_view(&view)).map_err(refused)
}

#[tauri::command]
pub(crate) async fn recent_parts(opened: State<'_, Opened>, before: Option<u32>, limit: u32) -> Answer<Vec<PartView>> {
    let records = opened.desk()?.store().latest(before.map(i64::from), limit.min(MOST_PARTS) as usize);
    Ok(records.map_err(|error| refused(error.into()))?.iter().map(PartView::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sightline_bridge::{ArrivalsView, RecipeView};

    #[test]
    fn a_box_that_was_ticked_is_written_one_that_never_was_is_not_and_the_rest_of_the_table_stays() {
        let setup = |all_ways: bool, grain: bool| SetupRequest {
            name: "Tile".to_owned(),
            good_folder: "good".to_owned(),
            watch_folder: "watch".to_owned(),
            false_reject_limit: 0.02,
            may_turn: true,
            may_flip: false,
            all_ways,
            grain,
            arrivals: ArrivalsView::default(),
            recipe: RecipeView {
                region: None,
                ignore: Vec::new(),
                align: false,
                shift: 0.0,
                brightness: 0.1,
                contrast: 0.2,
                gradient: 0.0,
            },
        };
        let learning = LearningSettings { width: Some(32), ..LearningSettings::default() };
        let before = LineSettings { learning, ..LineSettings::new("", "", "") };
        let ticked = with_setup(before, setup(false, true));
        let LearningSettings { all_ways, grain, width, .. } = &ticked.learning;
        assert_eq!((*all_ways, *grain, *width), (None, Some(true), Some(32)));
        assert_eq!((ticked.name.as_str(), ticked.false_reject_limit, ticked.may_turn), ("Tile", 0.02, true));
        assert_eq!(with_setup(ticked, setup(true, false)).learning.grain, Some(false), "ticked off again");
    }
}
