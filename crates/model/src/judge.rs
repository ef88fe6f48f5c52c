//! A loaded model that scores parts.

use sightline_core::{Calibration, Fit, HeatMap, Limits, PictureSize, Recipe, Scored};
use sightline_image::{Frame, Input, Normalise, Preprocess};

use crate::network::CELL;
use crate::{
    Artefact, DeviceInfo, Fusion, KnownCard, KnownScorer, MemoryBank, ModelCard, ModelError, PartCells, Places,
    RawScore, ReadyNetwork, Reduction, Runtime, guarded,
};

/// Network and memory bank on one device. Live scoring and calibration both go through it, so they cannot differ.
#[derive(Debug, Clone)]
pub struct RawJudge {
    network: ReadyNetwork,
    bank: MemoryBank,
    preprocess: Preprocess,
    normalise: Normalise,
    places: Option<Places>,
}

impl RawJudge {
    /// Puts the parts together. The network is for pictures of the preprocess's size.
    pub fn new(network: ReadyNetwork, bank: MemoryBank, preprocess: Preprocess, normalise: Normalise) -> Self {
        Self { network, bank, preprocess, normalise, places: None }
    }

    /// The same judge, but its maps are told in deviations from what is usual at each place.
    pub fn with_places(self, places: Places) -> Self {
        Self { places: Some(places), ..self }
    }

    /// Channels, rows and columns of the pictures that the network sees.
    pub(crate) fn shape(&self) -> [usize; 3] {
        let size = self.preprocess.size;
        [self.normalise.planes(), size.height as usize, size.width as usize]
    }

    /// A picture as the network sees it.
    ///
    /// # Errors
    /// When the recipe's channels are not the model's.
    pub fn prepare(&self, frame: &Frame) -> Result<Input, ModelError> {
        let mut input = self.preprocess.apply(frame);
        self.normalise.apply(&mut input)?;
        Ok(input)
    }

    /// Both maps of each prepared picture.
    ///
    /// # Errors
    /// When a picture has another size than the model's, or the device fails.
    pub fn raw_scores(&self, inputs: &[Input]) -> Result<Vec<RawScore>, ModelError> {
        let expected = self.check_shapes(inputs)?;
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let (width, height) = (expected[2] / CELL, expected[1] / CELL);
        let map = |values: Vec<f32>, input: &Input| {
            let mut map = HeatMap { width, height, values };
            leave_out(&self.preprocess, &mut map, input);
            map
        };
        let scores = self.network.scores(inputs, &self.bank)?.into_iter().zip(inputs).map(|(scores, input)| {
            let raw = RawScore { bank: map(scores.bank, input), synthetic: map(scores.defect, input) };
            match &self.places {
                Some(places) => places.apply(raw),
                None => raw,
            }
        });
        Ok(scores.collect())
    }

    /// The shape that inputs have, or have at most: channels, height, width.
    fn check_shapes(&self, inputs: &[Input]) -> Result<[usize; 3], ModelError> {
        let expected = self.shape();
        for input in inputs {
            let found = [input.channels, input.height, input.width];
            let fits = match self.preprocess.fit {
                Fit::Fill => found == expected,
                Fit::Keep { .. } => found[0] == expected[0] && found[1] <= expected[1] && found[2] <= expected[2],
            };
            if !fits {
                return Err(ModelError::InputShape { found, expected });
            }
        }
        Ok(expected)
    }
}

/// Negative infinity for cells beside the picture and cells that the recipe ignores.
pub(crate) fn leave_out(preprocess: &Preprocess, map: &mut HeatMap, input: &Input) {
    let (rows, columns) = seen_cells(input);
    let judged = preprocess.judged(PictureSize { width: columns as u32, height: rows as u32 });
    for (cell, value) in map.values.iter_mut().enumerate() {
        let (row, column) = (cell / map.width, cell % map.width);
        let seen = row < rows && column < columns;
        if !seen || judged.as_ref().is_some_and(|judged| !judged[row * columns + column]) {
            *value = f32::NEG_INFINITY;
        }
    }
}

/// Rows and columns of a map's cells that an input reaches.
fn seen_cells(input: &Input) -> (usize, usize) {
    (input.height.div_ceil(CELL), input.width.div_ceil(CELL))
}

/// The cells that the picture reaches: the map that is shown over it.
fn over_the_picture(map: &HeatMap, input: &Input) -> HeatMap {
    let (height, width) = seen_cells(input);
    let values =
        map.values.chunks_exact(map.width.max(1)).take(height).flat_map(|row| &row[..width]).copied().collect();
    HeatMap { width, height, values }
}

/// Largest width of a network's heads, and of a judged picture, that a card may ask for.
const MAX_WIDTH: usize = 1024;
const MAX_SIDE: u32 = 8192;

/// A card is read from a file: what it claims is checked before memory is set aside for it.
pub(crate) fn check_sizes(card: &ModelCard) -> Result<(), ModelError> {
    let (width, height) = (card.recipe.width, card.recipe.height);
    let network = &card.network;
    let cells = (width / 4) as usize * (height / 4) as usize;
    let encoder = network.encoder.check();
    let channels = if card.recipe.colour { 3 } else { 1 };
    let wrong = [
        (width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE, "its judged size is out of range"),
        (!width.is_multiple_of(32) || !height.is_multiple_of(32), "its judged size is no multiple of 32"),
        (encoder.is_err(), encoder.err().unwrap_or_default()),
        ([network.head, network.projection].iter().any(|&n| n == 0 || n > MAX_WIDTH), "its heads are too wide"),
        (
            card.normalise.local_window.is_some_and(|window| window == 0 || window > MAX_SIDE as usize),
            "its local contrast is out of range",
        ),
        (
            network.encoder.in_channels() != card.normalise.planes() || card.normalise.mean.len() != channels,
            "its network sees other channels than its recipe",
        ),
        (!card.places.fits(cells), "its usual maps have another size than its pictures"),
        (
            card.bank
                .gaussians
                .is_some_and(|places| places != 1 && places != (width / 8) as usize * (height / 8) as usize),
            "its memory bank has other places than its pictures",
        ),
    ];
    match wrong.iter().find(|(wrong, _)| *wrong) {
        Some((_, detail)) => Err(ModelError::Damaged { what: "model card", detail: (*detail).to_owned() }),
        None => Ok(()),
    }
}

/// A model that scores and decides.
#[derive(Debug, Clone)]
pub struct Judge {
    raw: RawJudge,
    /// How the bank standardises features; what looks alike is compared in the same way.
    standardise: Reduction,
    fusion: Fusion,
    /// What was learned from labels.
    known: Option<(KnownCard, KnownScorer)>,
    calibration: Calibration,
    limits: Limits,
}

impl Judge {
    /// Loads a model onto a device.
    ///
    /// # Errors
    /// When the weights do not fit the network that the card describes, or the device fails.
    pub fn load(artefact: &Artefact, device: &DeviceInfo) -> Result<Self, ModelError> {
        let card = &artefact.card;
        let damaged = |what, detail: String| ModelError::Damaged { what, detail };
        let calibration = card.calibration().map_err(|e| damaged("calibration", e.to_string()))?;
        if card.bank_dimensions != card.network.cell_dimensions() {
            return Err(damaged("memory bank", format!("its cells have {} dimensions", card.bank_dimensions)));
        }
        check_sizes(card)?;
        if !artefact.bank.is_finite() {
            return Err(damaged("memory bank", "not all of its values are numbers".to_owned()));
        }
        let preprocess = Preprocess::from(&Recipe::from(&card.recipe));
        let (network, bank) = guarded(&device.id, "loading the model", || {
            let network = artefact.weights.fill_all(card.network.init(&device.device))?;
            let bank = MemoryBank::new(&artefact.bank, &device.device);
            Ok::<_, ModelError>((ReadyNetwork::new(&card.network, network, preprocess.size, device), bank))
        })??;
        let normalise = card.normalise()?;
        let known = match (&card.known, &artefact.known) {
            (Some(known), Some(weights)) => {
                let scorer = KnownScorer::load(&card.network, (known, weights), preprocess.clone(), device)?;
                Some((known.clone(), scorer))
            }
            (None, None) => None,
            _ => return Err(damaged("known defects", "card and weights do not both have them".to_owned())),
        };
        Ok(Self {
            known,
            raw: RawJudge::new(network, bank, preprocess, normalise).with_places(card.places.clone()),
            standardise: Reduction { matrix: Vec::new(), ..artefact.bank.reduction.clone() },
            fusion: card.fusion,
            limits: Limits::from_calibration(&calibration),
            calibration,
        })
    }

    /// A picture as the network sees it.
    ///
    /// # Errors
    /// When the recipe's channels are not the model's.
    pub fn prepare(&self, frame: &Frame) -> Result<Input, ModelError> {
        self.raw.prepare(frame)
    }

    /// Scores prepared pictures.
    ///
    /// # Errors
    /// When a picture has another size than the model's, or the device fails.
    pub fn score(&self, inputs: &[Input]) -> Result<Vec<Scored>, ModelError> {
        let mut scored: Vec<Scored> = self.raw.raw_scores(inputs)?.iter().map(|raw| self.fusion.fuse(raw)).collect();
        if let Some((card, scorer)) = &self.known {
            let joined = scored.into_iter().zip(scorer.raw(inputs)?).map(|(novel, raw)| card.join(novel, &raw));
            scored = joined.collect();
        }
        let shown = |(scored, input): (Scored, &Input)| Scored { map: over_the_picture(&scored.map, input), ..scored };
        Ok(scored.into_iter().zip(inputs).map(shown).collect())
    }

    /// What scores without labels.
    pub fn into_raw(self) -> RawJudge {
        self.raw
    }

    /// Names of the defect classes that it tells apart; none before any was labelled.
    pub fn classes(&self) -> &[String] {
        self.known.as_ref().map_or(&[], |(card, _)| card.classes.as_slice())
    }

    pub(crate) fn raw(&self) -> &RawJudge {
        &self.raw
    }

    /// Cells of prepared pictures, for finding what looks alike.
    ///
    /// # Errors
    /// When a picture has another size than the model's, or the device fails.
    pub fn part_cells(&self, inputs: &[Input]) -> Result<Vec<PartCells>, ModelError> {
        self.raw.check_shapes(inputs)?;
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let cells = self.raw.network.cells(inputs)?;
        let part =
            |(cells, input): (&Vec<f32>, &Input)| PartCells::new(cells, input, &self.raw.preprocess, &self.standardise);
        Ok(cells.iter().zip(inputs).map(part).collect())
    }

    /// The limits that decide.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The scores behind the limits.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// The device that scores.
    pub fn device(&self) -> &DeviceInfo {
        self.raw.network.device()
    }

    /// What computes the network's maps.
    pub fn runtime(&self) -> &Runtime {
        self.raw.network.runtime()
    }
}

#[cfg(test)]
mod tests;
