//! `sightline evaluate`

use anyhow::Result;
use sightline_app::{
    DatasetSplit, EvaluationProgress, EvaluationReport, EvaluationSettings, Figures, LearnConfig, evaluate_dataset,
    use_threads,
};
use sightline_core::Poses;

use crate::Outcome;
use crate::arguments::{Evaluate, SplitArgument};
use crate::interrupt::Interrupt;
use crate::progress::{Shown, print_json};

pub(crate) fn run(arguments: &Evaluate) -> Result<Outcome> {
    use_threads(arguments.tuning.threads.unwrap_or(0))?;
    let config = LearnConfig { seed: arguments.seed, ..LearnConfig::new(arguments.effort.into()) };
    let settings = EvaluationSettings {
        split: arguments.split.map(|split| match split {
            SplitArgument::Group => DatasetSplit::Group,
            SplitArgument::Random => DatasetSplit::Random,
        }),
        config: arguments.tuning.apply(config)?,
        judged_side: arguments.side,
        promise: (arguments.promise.false_rejects, arguments.promise.confidence),
        poses: Poses { may_turn: arguments.poses.may_turn, may_flip: arguments.poses.may_flip },
        device: arguments.device.clone(),
    };
    let interrupt = Interrupt::listen()?;
    // Progress goes to standard error, so that the report alone is on standard output.
    let mut shown = Shown::new(false);
    let report = evaluate_dataset(&arguments.dataset, &arguments.out, &settings, &mut |progress| {
        match progress {
            EvaluationProgress::Learning(progress) => shown.report(&progress),
            EvaluationProgress::Scoring { done, total, seconds_left } => {
                shown.step("scoring", done, total, Some(seconds_left));
            }
        }
        interrupt.flow()
    });
    shown.finish();
    let report = report?;
    if arguments.json {
        print_json(&report);
    } else {
        tell(&report);
        println!("written: {}", arguments.out.join("report.json").display());
    }
    Ok(Outcome::Fine)
}

fn tell(report: &EvaluationReport) {
    println!(
        "{}: learned from {}, standardised on {}, calibrated on {}, tested on {} good and {} defective",
        report.dataset,
        report.parts_learned,
        report.parts_standardised,
        report.parts_calibrated,
        report.figures.good,
        report.figures.all.defects
    );
    if let Some(start) = &report.start {
        println!("{start}");
    }
    println!(
        "{:<12} {:>5} {:>7} {:>7} {:>6} {:>6} {:>6} {:>7} {:>6}",
        "", "parts", "AUROC", "AP", "@1 %", "@2 %", "@5 %", "pixel", "PRO"
    );
    row("all", &report.figures.all);
    for kind in &report.figures.by_type {
        row(&kind.kind, &kind.figures);
    }
    let percent = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.1} %", 100.0 * value));
    println!(
        "false rejects promised {}, achieved {}; defects rejected by the limit {}",
        percent(report.promised_false_rejects),
        percent(report.figures.achieved_false_rejects),
        percent(report.figures.all.rejected_by_limit)
    );
}

fn row(name: &str, figures: &Figures) {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    println!(
        "{name:<12} {:>5} {:>7} {:>7} {:>6} {:>6} {:>6} {:>7} {:>6}",
        figures.defects,
        number(figures.image_auroc),
        number(figures.average_precision),
        number(figures.detected_at_1_percent),
        number(figures.detected_at_2_percent),
        number(figures.detected_at_5_percent),
        number(figures.pixel_auroc),
        number(figures.pro)
    );
}
