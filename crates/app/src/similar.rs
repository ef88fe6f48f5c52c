//! Which pictures of a folder look most like a picture, or have a place that looks most like a region of it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use sightline_core::{PictureSize, Region};
use sightline_image::{Frame, Lie};
use sightline_model::{ModelError, PartCells, most_similar};
use sightline_train::TrainError;

use crate::capture::{Captured, capture};
use crate::{AppError, LoadedModel, pictures_in};

/// A rectangle in pixels of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "a corner and two sides")]
pub struct PixelRegion {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// A picture that looks alike.
#[derive(Debug, Clone, PartialEq)]
pub struct SimilarPart {
    /// The picture.
    pub path: PathBuf,
    /// How alike: 1 is the same, 0 has nothing in common.
    pub cosine: f32,
    /// Where it looks alike, when a region was asked for.
    pub region: Option<PixelRegion>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct SimilarReport {
    /// The model whose features were compared.
    pub model: String,
    /// Values of its vectors.
    pub dimensions: usize,
    /// Best first.
    pub found: Vec<SimilarPart>,
    /// Pictures that could not be compared, each with the reason.
    pub unreadable: Vec<String>,
}

/// Compares a picture, or a region of it, with each picture of a folder. The picture itself, and copies of its file, are
/// not among the found. `report` gets how many are done, of how many.
///
/// # Errors
/// When the picture or the folder cannot be used, the region lies beside what is looked at, or it is cancelled.
pub fn find_similar(
    model: &LoadedModel,
    picture: &Path,
    region: Option<PixelRegion>,
    among: &Path,
    count: usize,
    report: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<SimilarReport, AppError> {
    let refused = |detail: String| AppError::Picture { path: picture.to_owned(), detail };
    let own = capture(picture);
    let own_frame = own.frame.map_err(|(_, detail)| refused(detail))?;
    let (cells, lie) = straight_cells(model, &own_frame).map_err(|error| refused(error.to_string()))?;
    let region = region.map(|region| {
        in_fractions(region, own_frame.size()).ok_or_else(|| {
            let PictureSize { width, height } = own_frame.size();
            refused(format!("the region does not lie on its {width} × {height} pixels"))
        })
    });
    let region = region.transpose()?;
    let wanted = match region {
        None => cells.whole(),
        Some(region) => on_reference(region, lie, own_frame.size()).and_then(|region| cells.region(region)),
    };
    let wanted = wanted.ok_or_else(|| refused("nothing of it is looked at, or it shows nothing".to_owned()))?;

    let paths = pictures_in(among)?;
    let (mut vectors, mut compared, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
    for (done, path) in paths.iter().enumerate() {
        let Captured { content_hash, frame, .. } = capture(path);
        let is_itself = content_hash.is_some() && content_hash == own.content_hash;
        let found = match frame.map_err(|(_, detail)| detail) {
            _ if is_itself => Ok(None),
            Err(detail) => Err(detail),
            Ok(frame) => match straight_cells(model, &frame) {
                Err(error) => Err(format!("{}: {error}", path.display())),
                Ok((cells, lie)) => Ok(match region {
                    None => cells.whole().map(|vector| (vector, None)),
                    Some(like) => cells.most_alike(&wanted, like).and_then(|(place, _)| {
                        let vector = cells.region(place)?;
                        let place = lie.map_or(Some(place), |lie| lie.region_on_part(place, frame.size()))?;
                        Some((vector, Some(in_pixels(place, frame.size()))))
                    }),
                }),
            },
        };
        match found {
            Err(detail) => unreadable.push(detail),
            Ok(None) => (),
            Ok(Some((vector, place))) => {
                vectors.extend(vector);
                compared.push((path, place));
            }
        }
        if report(done + 1, paths.len()).is_break() {
            return Err(TrainError::Cancelled.into());
        }
    }
    let found = most_similar(&wanted, &vectors, count);
    let found = found.into_iter().filter_map(|similar| {
        let (path, region) = compared.get(similar.row)?;
        Some(SimilarPart { path: (*path).clone(), cosine: similar.cosine, region: *region })
    });
    Ok(SimilarReport { model: model.id.clone(), dimensions: cells.dimensions(), found: found.collect(), unreadable })
}

/// The cells of one frame.
pub(crate) fn part_cells(model: &LoadedModel, frame: &Frame) -> Result<PartCells, ModelError> {
    straight_cells(model, frame).map(|(cells, _)| cells)
}

/// The same with how the part lay: cells of a part that was aligned are those of the reference.
pub(crate) fn straight_cells(model: &LoadedModel, frame: &Frame) -> Result<(PartCells, Option<Lie>), ModelError> {
    let (input, lie) = model.judge.look(frame)?;
    let mut cells = model.judge.part_cells(&[input])?;
    let cells = cells.pop().ok_or(ModelError::Device {
        device: model.judge.device().id.clone(),
        step: "encoding",
        detail: "the model gave no cells".to_owned(),
    })?;
    Ok((cells, lie))
}

fn on_reference(region: Region, lie: Option<Lie>, size: PictureSize) -> Option<Region> {
    lie.map_or(Some(region), |lie| lie.region_on_reference(region, size))
}

/// A rectangle in fractions of a picture; none when it has no pixel on it.
fn in_fractions(PixelRegion { x, y, width, height }: PixelRegion, size: PictureSize) -> Option<Region> {
    let along = |at: u32, length: u32| at.min(length) as f32 / length.max(1) as f32;
    let region = Region {
        left: along(x, size.width),
        top: along(y, size.height),
        right: along(x.saturating_add(width), size.width),
        bottom: along(y.saturating_add(height), size.height),
    };
    region.is_valid().then_some(region)
}

fn in_pixels(region: Region, size: PictureSize) -> PixelRegion {
    let (x, y, width, height) = region.in_pixels(size.width, size.height);
    PixelRegion { x, y, width, height }
}

#[cfg(test)]
mod tests;
