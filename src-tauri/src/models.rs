//! What the window may ask about the line's models. Files are chosen in the system's own dialog.

use std::path::PathBuf;

use sightline_app::{self as app, Desk, LineModel, line_models};
use sightline_bridge::{ErrorCode, ExportFormat, HostError, ModelView, PromiseView, PromotionView, ShadowView};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::{DialogExt, FilePath};

use crate::commands::{Answer, refused};
use crate::opening::Opened;
use crate::training::{beside, number, trial_view};

/// Letters of an id in a file's name.
const SHORT: usize = 12;

#[tauri::command]
pub(crate) async fn models(opened: State<'_, Opened>) -> Answer<Vec<ModelView>> {
    let desk = opened.desk()?;
    beside(move || Ok(line_models(desk.store()).map_err(refused)?.iter().map(model_view).collect())).await
}

#[tauri::command]
pub(crate) async fn promote_model(opened: State<'_, Opened>, id: String) -> Answer<()> {
    let desk = opened.desk()?;
    beside(move || desk.promote_model(&id).map_err(refused)).await
}

#[tauri::command]
pub(crate) async fn roll_back(opened: State<'_, Opened>) -> Answer<()> {
    let desk = opened.desk()?;
    beside(move || desk.roll_back().map_err(refused)).await
}

#[tauri::command]
pub(crate) async fn start_shadow(opened: State<'_, Opened>, id: String) -> Answer<()> {
    let desk = opened.desk()?;
    beside(move || app::start_shadow(desk.store(), &id).map_err(refused)).await
}

#[tauri::command]
pub(crate) async fn stop_shadow(opened: State<'_, Opened>) -> Answer<()> {
    opened.desk()?.store().set_challenger(None).map(|_| ()).map_err(|error| refused(error.into()))
}

/// None when no model judges beside the live one.
#[tauri::command]
pub(crate) async fn shadow_report(opened: State<'_, Opened>) -> Answer<Option<ShadowView>> {
    let report = app::shadow_report(opened.desk()?.store()).map_err(refused)?;
    Ok(report.map(|report| {
        let of = report.compared;
        let counts = [of.parts, of.both_bad, of.only_live_bad, of.only_challenger_bad];
        ShadowView::new(report.model, counts, report.since_millis)
    }))
}

/// Where it was written; none when the person changed their mind.
#[tauri::command]
pub(crate) async fn export_model(
    app: AppHandle,
    opened: State<'_, Opened>,
    id: String,
    format: ExportFormat,
) -> Answer<Option<String>> {
    let line = opened.desk()?.line().map_err(refused)?;
    beside(move || {
        let short: String = id.chars().take(SHORT).collect();
        let ending = match format {
            ExportFormat::Bundle => "sightline",
            ExportFormat::Onnx => "onnx",
        };
        let name = format!("{short}.{ending}");
        let Some(chosen) = app.dialog().file().set_file_name(name).blocking_save_file() else { return Ok(None) };
        let path = local(chosen)?;
        let written = match format {
            ExportFormat::Bundle => app::export_bundle(&line, Some(&id), &path),
            ExportFormat::Onnx => app::export_onnx(&line, Some(&id), &path),
        };
        written.map_err(refused)?;
        Ok(Some(path.to_string_lossy().into_owned()))
    })
    .await
}

/// The id of the model that was taken over; none when the person changed their mind.
#[tauri::command]
pub(crate) async fn import_model(app: AppHandle, opened: State<'_, Opened>) -> Answer<Option<String>> {
    let line = opened.desk()?.line().map_err(refused)?;
    beside(move || {
        let dialog = app.dialog().file().add_filter("Sightline", &["sightline", "slm"]);
        let Some(chosen) = dialog.blocking_pick_file() else { return Ok(None) };
        app::import_bundle(&line, &local(chosen)?).map(Some).map_err(refused)
    })
    .await
}

fn local(chosen: FilePath) -> Answer<PathBuf> {
    chosen.into_path().map_err(|error| HostError { code: ErrorCode::BadRequest, detail: error.to_string() })
}

fn model_view(model: &LineModel) -> ModelView {
    let (row, card) = (&model.known.row, model.card.as_ref());
    let made = card.map(|card| &card.made);
    ModelView {
        id: row.id.clone(),
        made_millis: row.made_millis as f64,
        live: model.known.live,
        shadow: model.shadow,
        damaged: card.is_none(),
        gone: model.gone,
        seed: made.map(|made| made.seed.to_string()).unwrap_or_default(),
        device: made.map(|made| made.device.clone()).unwrap_or_default(),
        size_bytes: model.size_bytes as f64,
        parts_learned: made.map_or(0, |made| number(made.parts_learned)),
        parts_calibrated: card.map_or(0, |card| number(card.calibration.scores.len())),
        labelled_defects: card.and_then(|card| card.known.as_ref()).map_or(0, |known| number(known.made.defects)),
        promised: card.and_then(|card| Some(PromiseView::new(&card.calibration().ok()?, card.parts_missing()))),
        data_hash: made.map(|made| made.data_hash.clone()).unwrap_or_default(),
        pretrained_from: made.and_then(|made| made.start.as_ref()).map(|start| start.hash.clone()),
        trial: trial_view(&model.known),
        promotions: model
            .promotions
            .iter()
            .map(|promotion| PromotionView { who: promotion.who.clone(), millis: promotion.made_millis as f64 })
            .collect(),
    }
}

/// How a challenger did, to be told at the end of a run.
pub(crate) fn trial_of(desk: &Desk, challenger: &str) -> Option<sightline_bridge::TrialView> {
    let known = desk.store().known_models().ok()?;
    known.iter().find(|known| known.row.id == challenger).and_then(trial_view)
}
