//! What the window may ask about learning from labels.

use sightline_app::{
    ComparedReport, KnownModel, KnownSaving, LeftOutReport, MeasuringFacts, Missing, SavingPoint, TrialReport,
    training_of,
};
use sightline_bridge::{
    ClassCompared, ClassCount, ComparedView, HostError, LabelCounts, LabelSavingView, LeftOutKind, LeftOutView,
    MeasuredView, MissingKind, MissingView, NotLeftOutKind, RefusalKind, SavingPointView, TrainingView, TrialView,
};
use tauri::State;

use crate::commands::{Answer, refused};
use crate::opening::Opened;

/// Runs what takes its time off the threads that answer the window.
pub(crate) async fn beside<T: Send + 'static>(work: impl FnOnce() -> Answer<T> + Send + 'static) -> Answer<T> {
    let done = tauri::async_runtime::spawn_blocking(work).await;
    done.map_err(|error| HostError { code: sightline_bridge::ErrorCode::Internal, detail: error.to_string() })?
}

#[tauri::command]
pub(crate) async fn training(opened: State<'_, Opened>) -> Answer<TrainingView> {
    let desk = opened.desk()?;
    beside(move || {
        let line = desk.line().map_err(refused)?;
        training_of(&line, desk.store()).map(|training| training_view(&training)).map_err(refused)
    })
    .await
}

#[tauri::command]
pub(crate) async fn start_retraining(opened: State<'_, Opened>) -> Answer<()> {
    opened.desk()?.start_retraining().map_err(refused)
}

#[tauri::command]
pub(crate) async fn label_saving(opened: State<'_, Opened>) -> Answer<LabelSavingView> {
    let desk = opened.desk()?;
    beside(move || desk.label_saving().map(label_saving_view).map_err(refused)).await
}

#[tauri::command]
pub(crate) async fn start_measuring(opened: State<'_, Opened>) -> Answer<()> {
    opened.desk()?.start_measuring().map_err(refused)
}

#[tauri::command]
pub(crate) async fn cancel_measuring(opened: State<'_, Opened>) -> Answer<()> {
    let desk = opened.desk()?;
    beside(move || {
        desk.cancel_measuring();
        Ok(())
    })
    .await
}

fn label_saving_view(MeasuringFacts { known, progress, failed }: MeasuringFacts) -> LabelSavingView {
    let KnownSaving { missing: [missing_defects, missing_test], last, outdated } = known;
    let rounded = |labels: f64| number(labels.round().max(0.0) as usize);
    LabelSavingView {
        missing_defects: number(missing_defects),
        missing_test: number(missing_test),
        measuring: progress.map(|(done, total)| done as f64 / total.max(1) as f64),
        failed: failed.map(Into::into),
        last: last.map(|last| MeasuredView {
            outdated,
            labels: number(last.labels),
            needed: rounded(last.needed),
            low: rounded(last.interval.0),
            high: rounded(last.interval.1),
            tested: number(last.tested),
            points: last.points.into_iter().map(saving_point_view).collect(),
        }),
    }
}

fn saving_point_view(
    SavingPoint { labels, pretrained, detection, interval: (low, high) }: SavingPoint,
) -> SavingPointView {
    SavingPointView { labels: number(labels), pretrained, detection, low, high }
}

fn training_view(training: &sightline_app::Training) -> TrainingView {
    let labels = &training.labels;
    TrainingView {
        good_parts: number(training.good_parts),
        labels: LabelCounts {
            defects: number(labels.defects),
            good: number(labels.good),
            training: number(labels.training),
            calibration: number(labels.calibration),
            test: number(labels.test),
        },
        new_labels: u32::try_from(training.new_labels).unwrap_or(u32::MAX),
        classes: training
            .classes
            .iter()
            .map(|(name, count)| ClassCount { name: name.clone(), count: number(*count) })
            .collect(),
        missing: training
            .missing
            .iter()
            .map(|&(kind, count)| MissingView { kind: missing_kind(kind), count: number(count) })
            .collect(),
        last_trial: training.last.as_ref().and_then(trial_view),
    }
}

fn missing_kind(missing: Missing) -> MissingKind {
    match missing {
        Missing::Defects => MissingKind::Defects,
        Missing::Good => MissingKind::Good,
        Missing::Test => MissingKind::Test,
        Missing::Model => MissingKind::Model,
    }
}

/// How a model did; none when it has no trial.
pub(crate) fn trial_view(known: &KnownModel) -> Option<TrialView> {
    let trial = known.trial.as_ref()?;
    let report = TrialReport::from_json(&trial.report_json)?;
    Some(TrialView {
        challenger: known.row.id.clone(),
        champion: trial.champion.clone(),
        passed: trial.passed,
        detection: report.detection.map(compared_view),
        good_kept: report.good_kept.map(compared_view),
        unknown: report.unknown.map(compared_view),
        left_out: report.left_out.map(compared_view),
        left_out_classes: report
            .left_out_classes
            .into_iter()
            .map(|(name, compared)| ClassCompared { name, compared: compared_view(compared) })
            .collect(),
        not_left_out: report.not_left_out.as_deref().and_then(NotLeftOutKind::named),
        refusals: report.refusals.iter().filter_map(|name| RefusalKind::named(name)).collect(),
        wrong_known: report.wrong_known,
        test_defects: number(report.test_defects),
        test_good: number(report.test_good),
        labels_left_out: report.labels_left_out.into_iter().filter_map(left_out_view).collect(),
    })
}

/// None for a reason that this version has no words for.
fn left_out_view(LeftOutReport { why, count, parts }: LeftOutReport) -> Option<LeftOutView> {
    Some(LeftOutView { kind: LeftOutKind::named(&why)?, count: number(count), parts })
}

fn compared_view(report: ComparedReport) -> ComparedView {
    let ComparedReport { champion, challenger, low, high, chance_worse } = report;
    ComparedView { champion, challenger, low, high, chance_worse }
}

pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
