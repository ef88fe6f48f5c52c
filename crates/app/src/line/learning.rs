//! How learning uses the machine: the table `[learning]` of `line.toml`. The window's Learn and the command's follow it
//! alike; what the command line says goes before it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sightline_train::{EncoderKind, LearnConfig, Precision};

/// Settings that most lines leave as the effort has them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LearningSettings {
    /// The encoder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderKind>,
    /// Channels of a ResNet's first layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// Weights of torchvision or timm that the encoder starts with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// CPU threads; 0 is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
    /// Memory for the activations of a training step, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<usize>,
    /// Whether activations are computed again instead of kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recompute: Option<bool>,
    /// In which precision training steps are computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// Memory for prepared good parts, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples_mib: Option<usize>,
    /// Hard cap of the memory bank, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bank_mib: Option<usize>,
    /// Whether parts are judged in all the ways that they may lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all_ways: Option<bool>,
    /// Whether parts have a grain, and what interrupts it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grain: Option<bool>,
}

/// What stands at the end of each `line.toml`.
pub(super) const EXPLAINED: &str = "
# How learning uses this machine; each line below stands for what is taken unless it is said.
#
# [learning]
# encoder = \"resnet18\"      # resnet18, resnet34, resnet50, vit-tiny or vit-small
# width = 24                # channels of a ResNet's first layer: 16 quick, 24 standard, 64 thorough
# weights = \"resnet18.pth\"  # weights of torchvision or timm to start from, in this folder; at random unless said
# threads = 0               # CPU threads; 0 is all
# memory_mib = 8192         # activations of a training step; what does not fit is computed again, or in shares
# recompute = false         # always compute activations again instead of keeping them: slower, the same result
# precision = \"auto\"        # f32, bf16 or f16; auto takes half precision on GPUs that are right with it
# samples_mib = 2048        # prepared good parts, and as much for labelled ones; more are thinned
# bank_mib = 64             # memory bank of the model
# all_ways = false          # judge parts in all the ways that they may lie: finds more, two or four times as long
# grain = false             # parts were ground, brushed, rolled or drawn: what interrupts their grain counts, too
";

impl LearningSettings {
    /// Whether the effort's settings are taken as they are.
    pub(super) fn says_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The configuration with what is said here overruled.
    pub(super) fn apply(&self, config: LearnConfig) -> LearnConfig {
        let mut config = match self.encoder {
            Some(encoder) => config.with_encoder(encoder),
            None => config,
        };
        config.start_weights.clone_from(&self.weights);
        for (setting, said) in [
            (&mut config.width, self.width),
            (&mut config.pretrain.memory_mib, self.memory_mib),
            (&mut config.samples_mib, self.samples_mib),
            (&mut config.bank_mib, self.bank_mib),
        ] {
            *setting = said.unwrap_or(*setting);
        }
        config.all_ways = self.all_ways.unwrap_or(config.all_ways);
        config.grain = self.grain.unwrap_or(config.grain);
        config.pretrain.recompute = self.recompute.unwrap_or(config.pretrain.recompute);
        config.pretrain.precision = self.precision.unwrap_or(config.pretrain.precision);
        config
    }

    /// Whether parts are judged in all the ways that they may lie, and looked at for a grain: as is said here, and what is
    /// not, as a model `made` before was learned.
    pub fn ways_and_grain(&self, made: (bool, bool)) -> (bool, bool) {
        (self.all_ways.unwrap_or(made.0), self.grain.unwrap_or(made.1))
    }

    /// Checks what goes together. Ranges are checked with the rest of the configuration.
    pub(super) fn check(&self) -> Result<(), String> {
        match (self.encoder, self.width) {
            (Some(encoder), Some(width)) if encoder.is_vit() => {
                Err(format!("learning.width is {width}, but the encoder is a vision transformer, whose width is fixed"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{Line, LineSettings};

    /// A line in `dir` with `added` behind what was written.
    fn line_with(dir: &Path, added: &str) -> Result<Line, crate::AppError> {
        let [good, watched, folder] = ["good", "watched", "line"].map(|name| dir.join(name));
        [&good, &watched].iter().for_each(|folder| std::fs::create_dir_all(folder).unwrap());
        Line::init(&folder, LineSettings::new("Ring", good, watched)).unwrap();
        let path = folder.join("line.toml");
        std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + added).unwrap();
        Line::open(&folder)
    }

    #[test]
    fn what_is_explained_is_what_is_taken_and_what_is_said_reaches_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let explained: String = EXPLAINED
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .skip(1)
            .fold(String::new(), |text, line| text + line + "\n");
        let line = line_with(dir.path(), &explained).unwrap();
        let (said, plain) = (line.settings.learn_config(), line_with(dir.path(), "").unwrap().settings.learn_config());
        assert_eq!(said.start_weights, Some(line.folder.join("resnet18.pth")));
        assert_eq!(LearnConfig { start_weights: None, ..said }, plain);
        let added =
            "[learning]\nencoder = \"vit-tiny\"\nmemory_mib = 7\nsamples_mib = 8\nbank_mib = 9\nall_ways = true\n";
        let line = line_with(dir.path(), added).unwrap();
        let config = line.settings.learn_config();
        assert_eq!((config.encoder, config.pretrain.memory_mib), (EncoderKind::VitTiny, 7));
        assert_eq!((config.samples_mib, config.bank_mib, config.all_ways), (8, 9, true));
        assert!(config.pretrain.learning_rate < plain.pretrain.learning_rate, "a transformer's rate");
        // The window writes the settings anew: they must be kept.
        Line::init(&line.folder, line.settings.clone()).unwrap();
        assert_eq!(Line::open(&line.folder).unwrap(), line);
    }

    #[test]
    fn a_width_for_a_transformer_and_unknown_names_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        for (added, named) in [
            ("[learning]\nencoder = \"vit-small\"\nwidth = 32\n", "width is fixed"),
            ("[learning]\nmemory = 3\n", "memory"),
        ] {
            let refused = line_with(dir.path(), added).unwrap_err().to_string();
            assert!(refused.contains(named) && refused.contains("line.toml"), "{refused}");
        }
    }
}
