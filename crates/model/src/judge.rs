//! A loaded model that scores parts.

use std::time::Duration;

use sightline_core::{
    Calibration, Channels, Fit, HeatMap, Limits, Outline, PictureSize, Poses, Recipe, Region, Scored, Tiles,
};
use sightline_image::{Frame, GrainFigures, Input, Lie, Normalise, Preprocess, grain_figures};

use crate::looks::Look;
use crate::network::CELL;
use crate::ready::PictureScores;
use crate::{
    Artefact, DeviceInfo, Fusion, KnownCard, KnownScorer, MemoryBank, ModelCard, ModelError, PartCells, Places,
    RawScore, ReadyNetwork, Reduction, Runtime, TilesCard, guarded,
};

/// Network and memory bank on one device. Live scoring and calibration both go through it, so they cannot differ.
#[derive(Debug, Clone)]
pub struct RawJudge {
    network: ReadyNetwork,
    bank: MemoryBank,
    preprocess: Preprocess,
    normalise: Normalise,
    places: Option<Places>,
    /// Looks at each part beside the usual one.
    looks: Vec<Look>,
    /// Whether parts are looked at for what interrupts their grain.
    grain: bool,
}

impl RawJudge {
    /// Puts the parts together. The network is for pictures of the preprocess's size.
    pub fn new(network: ReadyNetwork, bank: MemoryBank, preprocess: Preprocess, normalise: Normalise) -> Self {
        Self { network, bank, preprocess, normalise, places: None, looks: Vec::new(), grain: false }
    }

    /// The same judge, but its maps are told in deviations from what is usual at each place.
    pub fn with_places(self, places: Places) -> Self {
        Self { places: Some(places), ..self }
    }

    /// The same judge, but its maps are told as the network says them.
    pub fn without_places(&self) -> Self {
        Self { places: None, ..self.clone() }
    }

    /// The same judge, but parts are looked at in all the ways that they may lie. For a bank that knows no places.
    pub fn in_all_ways(self, poses: Poses) -> Self {
        Self { looks: Look::beside_the_usual(poses), ..self }
    }

    /// The same judge, but it also measures what interrupts a part's grain. For parts that are shown whole.
    pub fn with_grain(self, grain: bool) -> Self {
        Self { grain, ..self }
    }

    /// Channels, rows and columns of the pictures that the network sees.
    pub(crate) fn shape(&self) -> [usize; 3] {
        let size = self.preprocess.size;
        [self.normalise.planes(), size.height as usize, size.width as usize]
    }

    /// Cells that a tile has at least, where pictures are shown in tiles: what [`Fusion::peak_cells`] is for this judge.
    pub fn peak_cells(&self) -> Option<usize> {
        peak_cells(&self.preprocess)
    }

    /// A picture as the network sees it.
    ///
    /// # Errors
    /// When the recipe's channels are not the model's, or the part cannot be aligned.
    pub fn prepare(&self, frame: &Frame) -> Result<Input, ModelError> {
        self.look(frame).map(|(input, _)| input)
    }

    /// The same with how the part lay; none where parts are not aligned.
    fn look(&self, frame: &Frame) -> Result<(Input, Option<Lie>), ModelError> {
        let (mut input, lie) = self.preprocess.look(frame)?;
        self.normalise.apply(&mut input)?;
        Ok((input, lie))
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
        let scores = self.looked_scores(inputs, width)?.into_iter().zip(inputs).map(|(scores, input)| {
            let grain = self.grain.then(|| self.grain_of(input)).flatten();
            let raw = RawScore { bank: map(scores.bank, input), synthetic: map(scores.defect, input), grain };
            match &self.places {
                Some(places) => places.apply(raw),
                None => raw,
            }
        });
        Ok(scores.collect())
    }

    fn grain_of(&self, input: &Input) -> Option<GrainFigures> {
        grain_of(&self.normalise.undone(input), &self.preprocess)
    }

    /// What the network and the bank say, as the mean of all looks; lines of the maps have `pitch` cells.
    fn looked_scores(&self, inputs: &[Input], pitch: usize) -> Result<Vec<PictureScores>, ModelError> {
        let mut all = self.network.scores(inputs, &self.bank)?;
        for look in &self.looks {
            let looked: Vec<Input> = inputs.iter().map(|input| look.at(input)).collect();
            let said = self.network.scores(&looked, &self.bank)?;
            for ((sum, said), input) in all.iter_mut().zip(said).zip(inputs) {
                look.add(&mut sum.bank, &said.bank, seen_cells(input), pitch);
                look.add(&mut sum.defect, &said.defect, seen_cells(input), pitch);
            }
        }
        let share = 1.0 / (1 + self.looks.len()) as f32;
        if share < 1.0 {
            all.iter_mut().flat_map(|sum| sum.bank.iter_mut().chain(&mut sum.defect)).for_each(|value| *value *= share);
        }
        Ok(all)
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

/// What is measured of a part's grain, in its own brightness; none where no part is seen.
pub fn grain_of(part: &Input, preprocess: &Preprocess) -> Option<GrainFigures> {
    let size = PictureSize { width: part.width as u32, height: part.height as u32 };
    let side = preprocess.size.width.max(preprocess.size.height);
    grain_figures(part, preprocess.judged(size).as_deref(), side, CELL)
}

/// Cells of a tile, where pictures are shown in tiles.
pub(crate) fn peak_cells(preprocess: &Preprocess) -> Option<usize> {
    let PictureSize { width, height } = preprocess.shown();
    preprocess.tiles.map(|_| (width as usize / CELL) * (height as usize / CELL))
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
pub(crate) fn seen_cells(input: &Input) -> (usize, usize) {
    (input.height.div_ceil(CELL), input.width.div_ceil(CELL))
}

/// The cells that the picture reaches: the map that is shown over it.
fn over_the_picture(map: &HeatMap, input: &Input) -> HeatMap {
    let (height, width) = seen_cells(input);
    let values =
        map.values.chunks_exact(map.width.max(1)).take(height).flat_map(|row| &row[..width]).copied().collect();
    as_shown(HeatMap { width, height, values })
}

/// A larger map is told in blocks of cells, each as bad as its worst: no screen shows more, and it is kept with each part.
const MOST_CELLS_A_SIDE: usize = 512;

fn as_shown(map: HeatMap) -> HeatMap {
    let block = map.width.max(map.height).div_ceil(MOST_CELLS_A_SIDE);
    if block <= 1 {
        return map;
    }
    let (width, height) = (map.width.div_ceil(block), map.height.div_ceil(block));
    let mut values = vec![f32::NEG_INFINITY; width * height];
    for (row, line) in map.values.chunks_exact(map.width).enumerate() {
        for (column, &value) in line.iter().enumerate() {
            let worst = &mut values[row / block * width + column / block];
            // What is no number stays so.
            if value > *worst || value.is_nan() {
                *worst = value;
            }
        }
    }
    HeatMap { width, height, values }
}

/// Largest width of a network's heads that a card may ask for.
const MAX_WIDTH: usize = 1024;

/// Largest side at which parts are judged, in tiles.
pub const MAX_JUDGED_SIDE: u32 = 8192;

/// A card is read from a file: what it claims is checked before memory is set aside for it.
pub(crate) fn check_sizes(card: &ModelCard) -> Result<(), ModelError> {
    let (width, height) = (card.recipe.width, card.recipe.height);
    let network = &card.network;
    let tiles = card.recipe.tiles.map(|TilesCard { side, overlap }| Tiles { side, overlap });
    let encoder = network.encoder.check();
    let channels = if card.recipe.colour { 3 } else { 1 };
    let wrong = [
        (
            width == 0 || height == 0 || width > MAX_JUDGED_SIDE || height > MAX_JUDGED_SIDE,
            "its judged size is out of range",
        ),
        (!width.is_multiple_of(32) || !height.is_multiple_of(32), "its judged size is no multiple of 32"),
        (!areas_are_valid(&Recipe::from(&card.recipe)), "its areas do not lie on the picture"),
        (tiles.is_some_and(|tiles| !tiles.is_valid()), "its tiles are out of range"),
        (tiles.is_none() && width.max(height) > Tiles::LARGEST, "its judged size is too large to be judged whole"),
        (encoder.is_err(), encoder.err().unwrap_or_default()),
        ([network.head, network.projection].iter().any(|&n| n == 0 || n > MAX_WIDTH), "its heads are too wide"),
        (
            card.normalise.local_window.is_some_and(|window| window == 0 || window > MAX_JUDGED_SIDE as usize),
            "its local contrast is out of range",
        ),
        (
            network.encoder.in_channels() != card.normalise.planes() || card.normalise.mean.len() != channels,
            "its network sees other channels than its recipe",
        ),
        (card.fusion.grain.is_some_and(|grain| !grain.is_sound()), "its grain's figures are out of range"),
        (card.fusion.grain.is_some() && tiles.is_some(), "it looks for a grain in tiles"),
        (!places_fit(card), "its memory bank has other places than its pictures"),
        (
            !card.places.fits((width / 4) as usize, (height / 4) as usize),
            "its usual maps have another size than its pictures",
        ),
    ];
    match wrong.iter().find(|(wrong, _)| *wrong) {
        Some((_, detail)) => Err(ModelError::Damaged { what: "model card", detail: (*detail).to_owned() }),
        None => Ok(()),
    }
}

/// Whether the bank's Gaussians are one for all cells, or one for each cell of a map. A tile does not know which cells of
/// the map it has.
fn places_fit(card: &ModelCard) -> bool {
    let cells = (card.recipe.width / 8) as usize * (card.recipe.height / 8) as usize;
    card.bank.gaussians.is_none_or(|places| places == 1 || (places == cells && card.recipe.tiles.is_none()))
}

/// Areas that a card may leave out.
const MOST_AREAS: usize = 256;

fn areas_are_valid(recipe: &Recipe) -> bool {
    recipe.region.is_valid()
        && recipe.ignore.len() + recipe.ignore_outlines.len() <= MOST_AREAS
        && recipe.ignore.iter().all(Region::is_valid)
        && recipe.ignore_outlines.iter().all(Outline::is_valid)
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
        let preprocess = card.preprocess()?;
        let (network, bank) = guarded(&device.id, "loading the model", || {
            let network = artefact.weights.fill_all(card.network.init(&device.device))?;
            let bank = MemoryBank::new(&artefact.bank, &device.device);
            let network = ReadyNetwork::tiled(&card.network, network, preprocess.size, preprocess.tiles, device);
            Ok::<_, ModelError>((network, bank))
        })??;
        let normalise = card.normalise()?;
        let poses = Recipe::from(&card.recipe).poses;
        let known = match (&card.known, &artefact.known) {
            (Some(known), Some(weights)) => {
                let scorer = KnownScorer::load(&card.network, (known, weights), (preprocess.clone(), poses), device)?;
                Some((known.clone(), scorer))
            }
            (None, None) => None,
            _ => return Err(damaged("known defects", "card and weights do not both have them".to_owned())),
        };
        let raw = RawJudge::new(network, bank, preprocess, normalise).with_places(card.places.clone());
        Ok(Self {
            known,
            raw: match card.all_ways {
                true => raw.in_all_ways(poses),
                false => raw,
            }
            .with_grain(card.fusion.grain.is_some()),
            standardise: Reduction { matrix: Vec::new(), ..artefact.bank.reduction.clone() },
            fusion: card.fusion,
            limits: Limits::from_calibration(&calibration),
            calibration,
        })
    }

    /// A picture as the network sees it.
    ///
    /// # Errors
    /// When the recipe's channels are not the model's, or the part cannot be aligned.
    pub fn prepare(&self, frame: &Frame) -> Result<Input, ModelError> {
        self.raw.prepare(frame)
    }

    /// The same with how the part lay, for [`Judge::over_the_part`].
    ///
    /// # Errors
    /// As [`Judge::prepare`].
    pub fn look(&self, frame: &Frame) -> Result<(Input, Option<Lie>), ModelError> {
        self.raw.look(frame)
    }

    /// Another picture of a part that was looked at, such as a mask of its defect, in grey and as the part is judged.
    pub fn beside(&self, picture: &Frame, lie: Option<&Lie>) -> Input {
        Preprocess { channels: Channels::Grey, ..self.raw.preprocess.clone() }.apply_as(picture, lie)
    }

    /// A score's map as it lies over the picture of a part that was aligned: people see the part as it lay.
    pub fn over_the_part(&self, scored: Scored, lie: Option<Lie>, picture: PictureSize) -> Scored {
        let region = &self.raw.preprocess.region;
        match lie {
            Some(lie) => Scored { map: lie.map_on_part(&scored.map, region, picture), ..scored },
            None => scored,
        }
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

    /// The labelled half; none before anything was labelled.
    pub(crate) fn known(&self) -> Option<&KnownScorer> {
        self.known.as_ref().map(|(_, scorer)| scorer)
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
        let RawJudge { network, preprocess, .. } = &self.raw;
        let seen: Vec<Vec<usize>> = inputs.iter().map(|input| PartCells::seen(input, preprocess)).collect();
        let cells = network.cells_at(inputs, &seen)?;
        let part = |(cells, input): (&Vec<f32>, &Input)| PartCells::new(cells, input, preprocess, &self.standardise);
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

    /// How long its networks have run since it was loaded; none where a device does not tell them from the rest.
    pub fn network_spent(&self) -> Option<Duration> {
        let known = self.known.as_ref().map_or(Some(Duration::ZERO), |(_, scorer)| scorer.network_spent());
        Some(self.raw.network.spent()? + known?)
    }

    /// What computes the network's maps.
    pub fn runtime(&self) -> &Runtime {
        self.raw.network.runtime()
    }
}

#[cfg(test)]
mod tests;
