//! `sightline label-curve`

use anyhow::Result;
use sightline_app::{
    FineTuneConfig, LabelCurve, LabelCurveProgress, LabelCurveSettings, LabelPoint, label_curve, use_threads,
};

use crate::Outcome;
use crate::arguments::{Curve, FineTuning};
use crate::evaluate::settings;
use crate::interrupt::Interrupt;
use crate::progress::{Shown, print_json};

pub(crate) fn run(arguments: &Curve) -> Result<Outcome> {
    let Curve { evaluate, counts, from_random, leave_out, fine_tuning } = arguments;
    use_threads(evaluate.tuning.threads.unwrap_or(0))?;
    let fine_tune = FineTuneConfig { seed: evaluate.seed, ..FineTuneConfig::new(evaluate.effort.into()) };
    let settings = LabelCurveSettings {
        evaluation: settings(evaluate)?,
        fine_tune: fine_tuning.apply(fine_tune),
        counts: counts.clone(),
        from_random: *from_random,
        leave_out: *leave_out,
    };
    let interrupt = Interrupt::listen()?;
    // Progress goes to standard error, so that the report alone is on standard output.
    let mut shown = Shown::new(false);
    let curve = label_curve(&evaluate.dataset, &evaluate.out, &settings, &mut |progress| {
        if let LabelCurveProgress::Run(_, _, progress) = progress {
            shown.report(&progress);
        }
        interrupt.flow()
    });
    shown.finish();
    let curve = curve?;
    if evaluate.json {
        print_json(&curve);
    } else {
        tell(&curve);
        println!("written: {}", evaluate.out.join("labels.json").display());
    }
    Ok(Outcome::Fine)
}

impl FineTuning {
    /// The configuration with what was said overruled.
    pub(crate) fn apply(&self, config: FineTuneConfig) -> FineTuneConfig {
        FineTuneConfig {
            steps: self.tune_steps.unwrap_or(config.steps),
            batch: self.tune_batch.unwrap_or(config.batch),
            learning_rate: self.tune_rate.unwrap_or(config.learning_rate),
            encoder_rate: self.tune_encoder_rate.unwrap_or(config.encoder_rate),
            heads_first: self.tune_heads_first.unwrap_or(config.heads_first),
            drawn_share: self.tune_drawn_share.unwrap_or(config.drawn_share),
            pasted_share: self.tune_pasted_share.unwrap_or(config.pasted_share),
            together_share: self.together_share.unwrap_or(config.together_share),
            known_share: self.known_share.unwrap_or(config.known_share),
            ..config
        }
    }
}

fn tell(curve: &LabelCurve) {
    println!(
        "{}: labels from {} defects, tested on {} others and {} good parts",
        curve.dataset,
        curve.defects_to_label,
        curve.defects_tested,
        curve.points.first().map_or(0, |point| point.figures.good)
    );
    println!(
        "{:<32} {:>7} {:>6} {:>6} {:>6} {:>9} {:>7} {:>7} {:>7} {:>7}",
        "labels", "AUROC", "@1 %", "@2 %", "@5 %", "FR@98.6 %", "novel", "known", "@2 %", "class"
    );
    curve.points.iter().for_each(row);
}

fn row(point: &LabelPoint) {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let all = &point.figures.all;
    let labels = point.figures.labels.as_ref();
    let begun = if point.pretrained { "" } else { ", from random" };
    let without = point.left_out.as_ref().map_or_else(String::new, |class| format!(", without {class}"));
    println!(
        "{:<32} {:>7} {:>6} {:>6} {:>6} {:>9} {:>7} {:>7} {:>7} {:>7}",
        format!("{}{begun}{without}", point.labelled),
        number(all.image_auroc),
        number(all.detected_at_1_percent),
        number(all.detected_at_2_percent),
        number(all.detected_at_5_percent),
        number(labels.and_then(|labels| labels.together.false_rejects_at_98_6_percent)),
        number(labels.and_then(|labels| labels.novel.auroc)),
        number(labels.and_then(|labels| labels.known.auroc)),
        number(labels.and_then(|labels| labels.known.detected_at_2_percent)),
        number(labels.and_then(|labels| labels.class_accuracy)),
    );
}
