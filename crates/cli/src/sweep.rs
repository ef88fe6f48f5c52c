//! `sightline sweep`

use anyhow::Result;
use sightline_app::{
    AppError, LearnConfig, Line, LineSettings, SweepProgress, SweepReport, SweepSettings, sweep, use_threads,
};
use sightline_core::Poses;

use crate::Outcome;
use crate::arguments::Sweep;
use crate::interrupt::Interrupt;
use crate::progress::{Shown, print_json};

pub(crate) fn run(arguments: &Sweep) -> Result<Outcome> {
    arguments.tuning.check_for_sweep()?;
    let effort = arguments.effort.into();
    let line = match Line::open(&arguments.folder) {
        Ok(line) => Some(LineSettings { effort, ..line.settings }),
        Err(AppError::NotALine { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let threads = arguments.tuning.threads.or(line.as_ref().and_then(|line| line.learning.threads));
    use_threads(threads.unwrap_or(0))?;
    let mut config = line.as_ref().map_or_else(|| LearnConfig::new(effort), LineSettings::learn_config);
    config.seed = arguments.seed.unwrap_or(config.seed);
    let settings = SweepSettings {
        config: arguments.tuning.apply(config)?,
        temperatures: arguments.temperatures.clone(),
        augmentations: arguments.augmentations.clone(),
        judged_side: arguments.side,
        poses: Poses { may_turn: arguments.poses.may_turn, may_flip: arguments.poses.may_flip },
        device: arguments.device.clone().or(line.as_ref().and_then(|line| line.device.clone())),
    };
    let results = match &arguments.out {
        Some(path) => path.clone(),
        None if line.is_some() => arguments.folder.join("sweep.json"),
        None => "sweep.json".into(),
    };
    let interrupt = Interrupt::listen()?;
    // Progress goes to standard error, so that the results alone are on standard output.
    let mut shown = Shown::new(false);
    let report = sweep(&arguments.folder, &results, &settings, &mut |progress| {
        match progress {
            SweepProgress::Learning { progress, .. } => shown.report(&progress),
            SweepProgress::Scoring { done, total } => shown.step("scoring", done, total, None),
            SweepProgress::Point(point) => eprintln!(
                "temperature {}, augmentation {}: AUROC {:.4}",
                point.temperature, point.augmentation, point.auroc
            ),
        }
        interrupt.flow()
    });
    shown.finish();
    let report = report?;
    if arguments.json {
        print_json(&report);
    } else {
        tell(&report);
        println!("written: {}", results.display());
    }
    Ok(Outcome::Fine)
}

fn tell(report: &SweepReport) {
    println!("{} held-out good parts, each with and without drawn defects", report.held_out);
    println!("{:>11} {:>12} {:>7} {:>10} {:>8}", "temperature", "augmentation", "AUROC", "final loss", "seconds");
    for point in &report.points {
        println!(
            "{:>11} {:>12} {:>7.4} {:>10.4} {:>8.0}",
            point.temperature, point.augmentation, point.auroc, point.final_loss, point.seconds
        );
    }
    if let Some(best) = report.best() {
        println!("best: --temperature {} --augmentation {}", best.temperature, best.augmentation);
    }
}
