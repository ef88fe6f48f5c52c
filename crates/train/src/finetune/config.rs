//! Every setting of fine-tuning, with defaults. The configuration is kept inside the model it made.

use serde::{Deserialize, Serialize};

use crate::{Effort, TrainError};

/// What the labelled half begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Beginning {
    /// A copy of the network that learned from good parts.
    Pretrained,
    /// Random weights, to see what pretraining is worth.
    Random,
}

/// Settings of learning from labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FineTuneConfig {
    /// Seed of every random draw.
    pub seed: u64,
    /// What it begins with.
    pub beginning: Beginning,
    /// Optimiser steps.
    pub steps: usize,
    /// Parts in a step: half of them labelled, half good.
    pub batch: usize,
    /// Peak learning rate of AdamW for the heads, after a warm-up over a twentieth of the steps and before a cosine decay
    /// to zero.
    pub learning_rate: f64,
    /// The encoder's learning rate as a share of the heads'.
    pub encoder_rate: f64,
    /// Share of the steps in which the heads learn alone.
    pub heads_first: f64,
    /// Decoupled weight decay.
    pub weight_decay: f32,
    /// Channels inside the decision head.
    pub hidden: usize,
    /// Share of the good half that gets synthetic defects drawn onto it, so that the unknown is not forgotten.
    pub drawn_share: f64,
    /// Share of the good half that gets labelled defects pasted onto it.
    pub pasted_share: f64,
    /// Weight of the decision "defective or not", beside 1 for the pixels.
    pub decision_weight: f32,
    /// Weight of the class, beside 1 for the pixels.
    pub class_weight: f32,
    /// Share of the false rejects that both halves together may cause: what neither is sure of.
    pub together_share: f64,
    /// Share of the other false rejects that the known evidence may cause; the novel evidence gets the rest.
    pub known_share: f64,
}

impl FineTuneConfig {
    /// Defaults for an effort.
    pub fn new(effort: Effort) -> Self {
        let (steps, batch) = match effort {
            Effort::Quick => (200, 8),
            Effort::Standard => (2000, 12),
            Effort::Thorough => (4000, 32),
        };
        Self {
            seed: 1,
            beginning: Beginning::Pretrained,
            steps,
            batch,
            learning_rate: 2e-3,
            encoder_rate: 1.0,
            heads_first: 0.1,
            weight_decay: 1e-3,
            hidden: 64,
            drawn_share: 0.3,
            pasted_share: 0.3,
            decision_weight: 0.5,
            class_weight: 0.2,
            together_share: 0.5,
            known_share: 0.5,
        }
    }

    /// The same settings from random weights on the labels alone: what is learned without pretraining.
    pub fn from_random(self) -> Self {
        Self { beginning: Beginning::Random, encoder_rate: 1.0, heads_first: 0.0, drawn_share: 0.0, ..self }
    }

    /// Checks every range.
    ///
    /// # Errors
    /// Names the first setting that is out of range.
    pub fn check(&self) -> Result<(), TrainError> {
        let in_range = [
            ("fine-tuning steps", self.steps as f64, (1.0, 1e7), "1..=10,000,000"),
            ("fine-tuning batch", self.batch as f64, (2.0, 4096.0), "2..=4096"),
            ("fine-tuning learning rate", self.learning_rate, (1e-8, 1.0), "1e-8..=1"),
            ("encoder rate", self.encoder_rate, (0.0, 1.0), "0..=1"),
            ("heads first", self.heads_first, (0.0, 1.0), "0..=1"),
            ("weight decay", f64::from(self.weight_decay), (0.0, 1.0), "0..=1"),
            ("hidden", self.hidden as f64, (1.0, 4096.0), "1..=4096"),
            ("drawn and pasted share", self.drawn_share + self.pasted_share, (0.0, 1.0), "0..=1 together"),
            ("drawn share", self.drawn_share, (0.0, 1.0), "0..=1"),
            ("pasted share", self.pasted_share, (0.0, 1.0), "0..=1"),
            ("decision weight", f64::from(self.decision_weight), (0.0, 100.0), "0..=100"),
            ("class weight", f64::from(self.class_weight), (0.0, 100.0), "0..=100"),
            ("together share", self.together_share, (0.0, 0.99), "0..=0.99"),
            ("known share", self.known_share, (0.01, 0.99), "0.01..=0.99"),
        ];
        for (name, value, (low, high), allowed) in in_range {
            if !(low..=high).contains(&value) {
                return Err(TrainError::Setting { name, value: value.to_string(), allowed });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_in_range_and_what_is_out_of_it_is_named() {
        for effort in [Effort::Quick, Effort::Standard, Effort::Thorough] {
            FineTuneConfig::new(effort).check().unwrap();
            FineTuneConfig::new(effort).from_random().check().unwrap();
        }
        let check = |change: fn(&mut FineTuneConfig), named: &str| {
            let mut config = FineTuneConfig::new(Effort::Quick);
            change(&mut config);
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        };
        check(|config| config.batch = 1, "batch");
        check(|config| config.known_share = 1.0, "known share");
        check(|config| config.drawn_share = 0.9, "together");
        check(|config| config.encoder_rate = f64::NAN, "encoder rate");
    }
}
