//! What learning shows a network, for people: views of good parts, and defects drawn onto them. Drawn by the very code
//! that draws batches.

use sightline_core::Recipe;
use sightline_image::{Alignment, Frame, Input, Normalise, Preprocess, Shot};
use sightline_model::CELL;

use crate::batches::Drawer;
use crate::{LearnConfig, PretrainConfig, TrainError};

/// One good part as a network may be shown it. Brightness is 0..=1, or a little beyond where the light changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The part as it is judged.
    pub part: Input,
    /// Views that still show a good part.
    pub views: Vec<Input>,
    /// The part with defects drawn onto it, and where the network is told that they are.
    pub drawn: Vec<Shot>,
}

/// `count` views of each part, and as many draws of defects; the same for the same seed in `config`.
///
/// # Errors
/// When a setting is out of range or there is no part.
pub fn preview(
    recipe: &Recipe,
    config: &LearnConfig,
    parts: &[Frame],
    count: usize,
) -> Result<Vec<Preview>, TrainError> {
    config.check()?;
    if parts.is_empty() {
        return Err(TrainError::TooFewParts { found: 0, needed: 1 });
    }
    let tiles = recipe.tiles.or_else(|| config.tiles(recipe.input, recipe.channels.count()));
    let recipe = &Recipe { tiles, ..recipe.clone() };
    // Of these few parts; a run takes more.
    let alignment = recipe.align.then(|| Alignment::learn(parts)).transpose()?;
    let preprocess = Preprocess::from(recipe).with_alignment(alignment);
    let parts: Vec<Input> = parts.iter().filter_map(|frame| preprocess.apply(frame).ok()).collect();
    if parts.is_empty() {
        return Err(TrainError::TooFewParts { found: 0, needed: 1 });
    }
    // Brightness as it is: people are no network.
    let channels = recipe.channels.count();
    let normalise = Normalise::new(vec![0.0; channels], vec![1.0; channels])?;
    let pretrain = PretrainConfig {
        steps: count.max(1),
        batch: parts.len(),
        contrastive_weight: 1.0,
        synthetic_weight: 1.0,
        stages: Vec::new(),
        clean_share: 0.0,
        ..config.pretrain.clone()
    };
    let drawer = Drawer {
        parts: &parts,
        preprocess: &preprocess,
        config: &pretrain,
        policy: config.views(recipe),
        normalise: &normalise,
        seed: config.seed,
    };
    let mut previews: Vec<Preview> =
        parts.iter().map(|part| Preview { part: part.clone(), views: Vec::new(), drawn: Vec::new() }).collect();
    for step in 0..count {
        let batch = drawer.batch(step)?;
        let [views, _] = batch.views.unwrap_or_default();
        for (&part, view) in batch.parts.iter().zip(views) {
            previews[part].views.push(view);
        }
        let Some(drawn) = batch.drawn else { continue };
        let cells = (drawn.cells.len() / drawn.pictures.len().max(1)).max(1);
        for ((&part, picture), cells) in batch.parts.iter().zip(drawn.pictures).zip(drawn.cells.chunks_exact(cells)) {
            let across = drawer.drawn_size().width as usize / CELL;
            let defect = Some(on_the_picture(&picture, cells, across));
            previews[part].drawn.push(Shot { picture, defect, heat: None });
        }
    }
    Ok(previews)
}

/// The marked cells that the picture reaches, with their number in a row; a picture that keeps its shape may be smaller.
pub(crate) fn on_the_picture(picture: &Input, cells: &[f32], across: usize) -> (usize, Vec<bool>) {
    let (rows, columns) = (picture.height.div_ceil(CELL), picture.width.div_ceil(CELL));
    let lines = cells.chunks_exact(across.max(1)).take(rows);
    (columns, lines.flat_map(|line| line.iter().take(columns)).map(|&cell| cell > 0.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleSource;
    use crate::testing::{Plates, SIDE, config, recipe};

    fn frames(count: usize) -> Vec<Frame> {
        let source = Plates::new(count);
        (0..count).map(|index| source.load(index).unwrap().frame).collect()
    }

    #[test]
    fn each_part_has_its_views_and_its_defects_and_the_seed_decides() {
        let parts = frames(5);
        let previews = preview(&recipe(), &config(), &parts, 6).unwrap();
        assert_eq!(previews.len(), 5);
        let mut marked = 0;
        for (part, frame) in previews.iter().zip(&parts) {
            assert_eq!(part.part, Preprocess::from(&recipe()).apply(frame).unwrap());
            assert_eq!((part.views.len(), part.drawn.len()), (6, 6));
            for (across, cells) in part.drawn.iter().filter_map(|shot| shot.defect.as_ref()) {
                assert_eq!((*across, cells.len()), (SIDE / CELL, (SIDE / CELL).pow(2)));
                marked += usize::from(cells.contains(&true));
            }
        }
        assert!(marked > 20, "{marked} of 30 pictures have a defect");
        assert_eq!(preview(&recipe(), &config(), &parts, 6).unwrap(), previews);
        let other = LearnConfig { seed: 9, ..config() };
        assert_ne!(preview(&recipe(), &other, &parts, 6).unwrap(), previews);
        assert!(matches!(preview(&recipe(), &config(), &[], 6), Err(TrainError::TooFewParts { .. })));
    }

    #[test]
    fn a_single_part_of_any_size_can_be_looked_at_and_large_ones_are_shown_in_tiles() {
        let size = sightline_core::PictureSize { width: 192, height: 96 };
        let recipe = Recipe { input: size, ..recipe() };
        let config = LearnConfig { tile: Some(64), ..config() };
        let previews = preview(&recipe, &config, &frames(1), 3).unwrap();
        assert_eq!((previews[0].part.width, previews[0].drawn[0].picture.width), (192, 64));
    }
}
