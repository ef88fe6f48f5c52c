//! The area of a mark.

use super::polygon::{Ring, rasterise};
use super::{LabelError, Mask, MaskError};
use crate::PictureSize;

/// Coordinates beyond this many pixels are not a mark on any picture that is read.
const FARTHEST: f64 = 1e6;

/// The area of a mark, in pixels of the part's picture. (0, 0) is the upper left corner of the upper left pixel, whose
/// centre is (0.5, 0.5).
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A rectangle: only its inside is known to hold the defect, so learning ignores its border.
    Box {
        /// Left edge.
        left: f64,
        /// Top edge.
        top: f64,
        /// Right edge.
        right: f64,
        /// Bottom edge.
        bottom: f64,
    },
    /// One or more rings; their insides are united.
    Polygon(Vec<Ring>),
    /// Exactly these pixels.
    Mask(Mask),
}

/// What is wrong with a shape, before it is known which mark it belongs to.
pub(super) enum ShapeFault {
    NoArea(&'static str),
    OtherSize { found: PictureSize, picture: PictureSize },
}

impl ShapeFault {
    pub(super) fn of_mark(self, mark: usize) -> LabelError {
        match self {
            Self::NoArea(why) => LabelError::NoArea { mark, why },
            Self::OtherSize { found, picture } => LabelError::OtherSize { mark, found, picture },
        }
    }
}

impl Shape {
    /// Points that it is drawn with.
    pub fn points(&self) -> usize {
        match self {
            Self::Polygon(rings) => rings.iter().map(|ring| ring.0.len()).sum(),
            Self::Box { .. } | Self::Mask(_) => 0,
        }
    }

    /// Its pixels: those whose centre lies inside.
    ///
    /// # Errors
    /// When the picture or a polygon is beyond the limits of masks, or a mask is of another size.
    pub fn mask(&self, picture: PictureSize) -> Result<Mask, MaskError> {
        match self {
            Self::Box { left, top, right, bottom } => Mask::of_box(picture, [*left, *top, *right, *bottom]),
            Self::Polygon(rings) => rasterise(rings, picture),
            Self::Mask(mask) if mask.size() == picture => Ok(mask.clone()),
            Self::Mask(mask) => Err(MaskError::OtherSize { first: mask.size(), second: picture }),
        }
    }

    /// The smallest rectangle around it: left, top, right, bottom. None for an empty mask.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        match self {
            Self::Box { left, top, right, bottom } => Some([*left, *top, *right, *bottom]),
            Self::Polygon(rings) => rings.iter().flat_map(|ring| &ring.0).fold(None, |bounds, point| {
                let [left, top, right, bottom] = bounds.unwrap_or([point.x, point.y, point.x, point.y]);
                Some([left.min(point.x), top.min(point.y), right.max(point.x), bottom.max(point.y)])
            }),
            Self::Mask(mask) => {
                mask.bounds().map(|at| [at.left, at.top, at.left + at.width, at.top + at.height].map(f64::from))
            }
        }
    }

    pub(super) fn check(&self, picture: PictureSize) -> Result<(), ShapeFault> {
        let fine = |value: f64| value.is_finite() && value.abs() <= FARTHEST;
        match self {
            Self::Box { left, top, right, bottom } => {
                if ![*left, *top, *right, *bottom].into_iter().all(fine) {
                    return Err(ShapeFault::NoArea("a coordinate is no number or far outside every picture"));
                }
                if left >= right || top >= bottom {
                    return Err(ShapeFault::NoArea("the box has no area"));
                }
            }
            Self::Polygon(rings) => {
                if rings.is_empty() || rings.iter().any(|ring| ring.0.len() < 3) {
                    return Err(ShapeFault::NoArea("a polygon needs at least three points"));
                }
                if !rings.iter().flat_map(|ring| &ring.0).all(|point| fine(point.x) && fine(point.y)) {
                    return Err(ShapeFault::NoArea("a coordinate is no number or far outside every picture"));
                }
            }
            Self::Mask(mask) if mask.size() != picture => {
                return Err(ShapeFault::OtherSize { found: mask.size(), picture });
            }
            Self::Mask(mask) if mask.area() == 0 => return Err(ShapeFault::NoArea("the mask is empty")),
            Self::Mask(_) => {}
        }
        Ok(())
    }
}
