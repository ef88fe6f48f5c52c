//! How well defective parts of one type are found by what they look like.

use std::path::Path;

use serde::Serialize;
use sightline_core::PictureSize;
use sightline_core::metrics::{Retrieval, retrieval};
use sightline_image::Frame;
use sightline_model::most_similar;

use super::marked;
use crate::LoadedModel;
use crate::capture::capture;
use crate::similar::straight_cells;

/// Finds that are looked at.
const LOOKED_AT: usize = 10;

/// What `report.json` says about finding what looks alike: among all defective test parts, each once the one that is
/// asked for and never among its own finds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlikeFigures {
    /// By whole parts.
    pub whole: Option<RetrievalFigures>,
    /// By the regions under their masks.
    pub region: Option<RetrievalFigures>,
}

/// Means over the parts that another part of their type is there for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetrievalFigures {
    /// Such parts.
    pub queries: usize,
    /// Share of the first ten finds that is of the same type.
    pub precision_at_10: f64,
    /// Finds of the same type among ten / min(10, others of the type).
    pub recall_at_10: f64,
    /// The same for ten finds drawn at random.
    pub recall_by_chance: f64,
}

/// Vectors of the defective test parts so far.
#[derive(Default)]
pub(super) struct Alike {
    whole: Vectors,
    region: Vectors,
}

#[derive(Default)]
struct Vectors {
    kinds: Vec<String>,
    values: Vec<f32>,
}

impl Alike {
    /// Counts one part in. One that cannot be encoded is left out, as it is in all other figures.
    pub(super) fn add(&mut self, model: &LoadedModel, path: &Path, kind: &str, mask: Option<&Frame>) {
        let Ok(frame) = capture(path).frame else { return };
        let Ok((cells, lie)) = straight_cells(model, &frame) else { return };
        let under = |mask: &Frame| {
            let mask = model.judge.beside(mask, lie.as_ref());
            let size = PictureSize { width: mask.width as u32, height: mask.height as u32 };
            cells.under(&marked(&mask)?, size)
        };
        self.region.add(kind, mask.and_then(under));
        self.whole.add(kind, cells.whole());
    }

    pub(super) fn finish(&self) -> AlikeFigures {
        AlikeFigures { whole: self.whole.figures(), region: self.region.figures() }
    }
}

impl Vectors {
    fn add(&mut self, kind: &str, vector: Option<Vec<f32>>) {
        if let Some(vector) = vector {
            self.kinds.push(kind.to_owned());
            self.values.extend(vector);
        }
    }

    fn figures(&self) -> Option<RetrievalFigures> {
        let kinds: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
        let dimensions = self.values.len() / kinds.len().max(1);
        let finds = |(query, wanted): (usize, &[f32])| {
            let found = most_similar(wanted, &self.values, LOOKED_AT + 1).into_iter().map(|similar| similar.row);
            found.filter(|row| *row != query).take(LOOKED_AT).collect::<Vec<_>>()
        };
        let found: Vec<Vec<usize>> = self.values.chunks_exact(dimensions.max(1)).enumerate().map(finds).collect();
        let Retrieval { queries, precision, recall, recall_by_chance } = retrieval(&kinds, &found, LOOKED_AT)?;
        Some(RetrievalFigures { queries, precision_at_10: precision, recall_at_10: recall, recall_by_chance })
    }
}

#[cfg(test)]
mod tests {
    use sightline_image::Pixels;

    use super::*;
    use crate::testing::{aligned_model, write_laid};

    #[test]
    fn types_that_lie_apart_are_found_and_without_vectors_there_are_no_figures() {
        let mut vectors = Vectors::default();
        assert_eq!(vectors.figures(), None);
        for part in 0..12_u8 {
            let angle = f32::from(part % 2) * 1.5 + f32::from(part) * 0.01;
            vectors.add(if part % 2 == 0 { "pit" } else { "stain" }, Some(vec![angle.cos(), angle.sin()]));
        }
        vectors.add("stain", None);
        let figures = vectors.figures().unwrap();
        assert_eq!((figures.queries, figures.recall_at_10, figures.precision_at_10), (12, 1.0, 0.5));
        assert!((figures.recall_by_chance - 10.0 / 11.0).abs() < 1e-9, "{figures:?}");
    }

    #[test]
    fn on_parts_that_are_aligned_a_mask_is_meant_as_the_part_lies() {
        let dir = tempfile::tempdir().unwrap();
        let (model, watched) = aligned_model(dir.path());
        let size = PictureSize { width: 64, height: 64 };
        // The spot lies 20 pixels right and 24 down on the part.
        let mask = |(right, down): (i32, i32)| {
            let is_in = |at: i32, from: i32| (from..from + 8).contains(&at);
            let spot = |pixel: i32| is_in(pixel % 64, 20 + right) && is_in(pixel / 64, 24 + down);
            let samples = (0..64 * 64).map(|pixel| if spot(pixel) { 255 } else { 0 }).collect();
            Frame::new(size, Pixels::Grey8(samples)).unwrap()
        };
        let mut alike = Alike::default();
        let mut add = |number: u32, laid, mask_laid| {
            let path = watched.join(format!("{number}.ppm"));
            write_laid(&path, number, laid, true);
            alike.add(&model, &path, "spot", Some(&mask(mask_laid)));
        };
        add(3, (-8, 0), (-8, 0));
        add(9, (8, 4), (8, 4));
        add(10, (8, 4), (-8, 0));
        let vectors: Vec<&[f32]> = alike.region.values.chunks_exact(alike.region.values.len() / 3).collect();
        let cosine = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let (own, other) = (cosine(vectors[0], vectors[1]), cosine(vectors[0], vectors[2]));
        assert!(own > 0.7 && own > other + 0.1, "{own} under its own mask, {other} beside it");
    }
}
