//! Pretraining in stages, one after another: each takes a share of the steps and some of the terms' weights.

use serde::{Deserialize, Serialize};

use crate::{PretrainConfig, TrainError};

/// A stretch of pretraining: its share of the steps, and what it takes of each term's weight (1 all, 0 nothing).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the terms of `PretrainConfig`")]
pub struct Stage {
    /// Relative to the shares of all stages; 0 skips the stage.
    pub share: f32,
    pub contrastive: f32,
    pub dense: f32,
    pub synthetic: f32,
}

/// Weights of the terms at a step; 0 leaves a term out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Weights {
    pub(crate) contrastive: f32,
    pub(crate) dense: f32,
    pub(crate) synthetic: f32,
}

/// All steps, all weights.
const WHOLE: Stage = Stage { share: 1.0, contrastive: 1.0, dense: 1.0, synthetic: 1.0 };

impl PretrainConfig {
    /// Weights of the terms at a step.
    pub(crate) fn weights(&self, step: usize) -> Weights {
        let total: f64 = self.stages.iter().map(|stage| f64::from(stage.share)).sum();
        let mut end = 0.0;
        let stage = self.stages.iter().find(|stage| {
            end += f64::from(stage.share);
            (step as f64) < (end / total * self.steps as f64).round()
        });
        // Past the last step there is no stage; the last one stands for it.
        self.weighted(stage.or(self.stages.last()).unwrap_or(&WHOLE))
    }

    fn weighted(&self, stage: &Stage) -> Weights {
        Weights {
            contrastive: self.contrastive_weight * stage.contrastive,
            dense: self.dense_weight * stage.dense,
            synthetic: self.synthetic_weight * stage.synthetic,
        }
    }

    /// Whether any stage asks something of the weights.
    pub(crate) fn any_stage(&self, asks: impl Fn(Weights) -> bool) -> bool {
        let stages = if self.stages.is_empty() { &[WHOLE] } else { self.stages.as_slice() };
        stages.iter().filter(|stage| stage.share > 0.0).any(|stage| asks(self.weighted(stage)))
    }

    /// Checks the stages.
    ///
    /// # Errors
    /// When a number is out of range, or a stage has nothing to learn by.
    pub(crate) fn check_stages(&self) -> Result<(), TrainError> {
        for stage in &self.stages {
            for (name, value) in [
                ("stage share", stage.share),
                ("stage's contrastive factor", stage.contrastive),
                ("stage's dense factor", stage.dense),
                ("stage's synthetic factor", stage.synthetic),
            ] {
                if !(0.0..=100.0).contains(&value) {
                    return Err(TrainError::Setting { name, value: value.to_string(), allowed: "0..=100" });
                }
            }
        }
        if !self.stages.is_empty() && self.stages.iter().all(|stage| stage.share == 0.0) {
            let value = format!("{} stages without a share of the steps", self.stages.len());
            return Err(TrainError::Setting { name: "stages", value, allowed: "at least one with a share above 0" });
        }
        let nothing = |weights: Weights| weights == Weights { contrastive: 0.0, dense: 0.0, synthetic: 0.0 };
        if self.any_stage(nothing) {
            return Err(TrainError::Setting {
                name: "contrastive, dense and synthetic weight",
                value: "0 in a stage".to_owned(),
                allowed: "at least one above 0",
            });
        }
        if self.synthetic_weight > 0.0 && !self.any_stage(|weights| weights.synthetic > 0.0) {
            return Err(TrainError::Setting {
                name: "synthetic weight",
                value: format!("{}, but no stage takes any of it", self.synthetic_weight),
                allowed: "0, or used by a stage: the head would judge without having learnt",
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effort, LearnConfig};

    #[test]
    fn stages_take_their_share_of_the_steps_and_of_the_weights() {
        let stage = |share, contrastive, dense, synthetic| Stage { share, contrastive, dense, synthetic };
        let mut config = LearnConfig::new(Effort::Quick);
        (config.pretrain.steps, config.pretrain.dense_weight) = (100, 0.5);
        let weights = |config: &LearnConfig, step| {
            let Weights { contrastive, dense, synthetic } = config.pretrain.weights(step);
            [contrastive, dense, synthetic]
        };
        assert_eq!(weights(&config, 7), [0.1, 0.5, 1.0]);
        config.pretrain.stages = vec![stage(0.0, 1.0, 1.0, 1.0), stage(1.0, 10.0, 0.0, 0.0), stage(3.0, 1.0, 1.0, 1.0)];
        config.check().unwrap();
        for (step, expected) in
            [(0, [1.0, 0.0, 0.0]), (24, [1.0, 0.0, 0.0]), (25, [0.1, 0.5, 1.0]), (99, [0.1, 0.5, 1.0])]
        {
            assert_eq!(weights(&config, step), expected, "step {step}");
        }
        let check = |stages: Vec<Stage>, named: &str| {
            let mut config = config.clone();
            config.pretrain.stages = stages;
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        };
        check(vec![stage(0.0, 1.0, 1.0, 1.0)], "share above 0");
        check(vec![stage(1.0, -1.0, 1.0, 1.0)], "contrastive factor");
        check(vec![stage(1.0, 0.0, 0.0, 0.0), stage(1.0, 1.0, 1.0, 1.0)], "at least one above 0");
        check(vec![stage(1.0, 1.0, 1.0, 0.0)], "no stage takes any of it");
    }
}
