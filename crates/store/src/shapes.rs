//! Marked areas as they stand in a column, little endian: four edges of a box, rings of points with their count in front,
//! or a mask's width, height and compressed runs.

use rusqlite::ToSql;
use rusqlite::types::{FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use sightline_core::label::{MAX_POINTS, counts_from_text, counts_to_text};
use sightline_core::{Mask, PictureSize, Point, Ring, Shape};

pub(crate) struct ShapeBlob<'s>(pub(crate) &'s Shape);

impl ShapeBlob<'_> {
    /// The word of its kind; part of the file format.
    pub(crate) fn kind(&self) -> &'static str {
        match self.0 {
            Shape::Box { .. } => "box",
            Shape::Polygon(_) => "polygon",
            Shape::Mask(_) => "mask",
        }
    }
}

impl ToSql for ShapeBlob<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let mut bytes = Vec::new();
        match self.0 {
            Shape::Box { left, top, right, bottom } => {
                bytes.extend([left, top, right, bottom].into_iter().flat_map(|edge| edge.to_le_bytes()));
            }
            Shape::Polygon(rings) => {
                for ring in rings {
                    // A label's points were counted: they fit into 32 bits.
                    bytes.extend((ring.0.len() as u32).to_le_bytes());
                    bytes.extend(ring.0.iter().flat_map(|at| [at.x, at.y]).flat_map(f64::to_le_bytes));
                }
            }
            Shape::Mask(mask) => {
                bytes.extend([mask.size().width, mask.size().height].into_iter().flat_map(u32::to_le_bytes));
                bytes.extend(counts_to_text(&mask.runs()).into_bytes());
            }
        }
        Ok(bytes.into())
    }
}

/// The shape that was kept.
pub(crate) fn shape(kind: &str, stored: ValueRef<'_>) -> FromSqlResult<Shape> {
    let bytes = stored.as_blob()?;
    let refused = || FromSqlError::Other(format!("a {kind} of {} bytes", bytes.len()).into());
    let found = match kind {
        "box" => rectangle(bytes),
        "polygon" => rings(bytes).map(Shape::Polygon),
        "mask" => mask(bytes).map(Shape::Mask),
        _ => None,
    };
    found.ok_or_else(refused)
}

fn rectangle(bytes: &[u8]) -> Option<Shape> {
    let (edges, rest) = bytes.as_chunks();
    match edges {
        [left, top, right, bottom] if rest.is_empty() => {
            let [left, top, right, bottom] = [left, top, right, bottom].map(|edge| f64::from_le_bytes(*edge));
            Some(Shape::Box { left, top, right, bottom })
        }
        _ => None,
    }
}

fn rings(mut bytes: &[u8]) -> Option<Vec<Ring>> {
    let mut rings = Vec::new();
    while let Some((count, rest)) = bytes.split_first_chunk() {
        let count = u32::from_le_bytes(*count) as usize;
        if count > MAX_POINTS {
            return None;
        }
        let (points, rest) = rest.split_at_checked(16 * count)?;
        let (numbers, _) = points.as_chunks();
        let numbers: Vec<f64> = numbers.iter().map(|number| f64::from_le_bytes(*number)).collect();
        rings.push(Ring(numbers.chunks_exact(2).map(|at| Point { x: at[0], y: at[1] }).collect()));
        bytes = rest;
    }
    bytes.is_empty().then_some(rings)
}

fn mask(bytes: &[u8]) -> Option<Mask> {
    let (width, rest) = bytes.split_first_chunk()?;
    let (height, counts) = rest.split_first_chunk()?;
    let size = PictureSize { width: u32::from_le_bytes(*width), height: u32::from_le_bytes(*height) };
    // Each run has a letter at least.
    let runs = counts_from_text(std::str::from_utf8(counts).ok()?, counts.len()).ok()?;
    Mask::from_runs(size, &runs).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_survive_and_damage_is_refused() {
        let size = PictureSize { width: 70, height: 50 };
        let ring = |x: f64| Ring(vec![Point { x, y: 0.1 }, Point { x: 9.25, y: -3.0 }, Point { x: 1e-7, y: 8.0 }]);
        for shape in [
            Shape::Box { left: 0.1, top: -2.0, right: 1e5, bottom: f64::MIN_POSITIVE },
            Shape::Polygon(vec![ring(1.0), ring(2.0)]),
            Shape::Mask(Mask::of_box(size, [3.0, 4.0, 60.0, 44.0]).unwrap()),
        ] {
            let blob = ShapeBlob(&shape);
            let ToSqlOutput::Owned(rusqlite::types::Value::Blob(bytes)) = blob.to_sql().unwrap() else { panic!() };
            assert_eq!(super::shape(blob.kind(), ValueRef::Blob(&bytes)).unwrap(), shape);
            for cut in 1..bytes.len() {
                let found = super::shape(blob.kind(), ValueRef::Blob(&bytes[..cut]));
                // A polygon may lose a whole ring without a trace; nothing else may be cut.
                assert!(found.is_err() || found.is_ok_and(|found| found == Shape::Polygon(vec![ring(1.0)])), "{cut}");
            }
        }
        assert!(super::shape("polygon", ValueRef::Blob(&[255; 12])).is_err());
        assert!(super::shape("circle", ValueRef::Blob(&[0; 32])).is_err());
    }
}
