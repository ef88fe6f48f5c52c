//! What can be said about how parts look and what is promised of them, the same for every command.

use clap::Args;
use sightline_app::{Corners, RecipeSettings, RegionCard};

#[derive(Debug, Args)]
pub(crate) struct PromiseArguments {
    /// At most this share of good parts may be rejected (0.01 is 1 %).
    #[arg(long, default_value_t = 0.01)]
    pub(crate) false_rejects: f64,
    /// How sure that is.
    #[arg(long, default_value_t = 0.95)]
    pub(crate) confidence: f64,
}

#[derive(Debug, Args)]
pub(crate) struct PoseArguments {
    /// Good parts may lie turned by quarter turns.
    #[arg(long)]
    pub(crate) may_turn: bool,
    /// Good parts may lie mirrored.
    #[arg(long)]
    pub(crate) may_flip: bool,
}

/// What of a picture is judged, and what may differ on a good part.
#[derive(Debug, Args)]
pub(crate) struct RecipeArguments {
    /// The rectangle that is looked at, in fractions of the picture, as in `0.1,0,0.9,1`; the whole picture unless said.
    #[arg(long, value_name = "LEFT,TOP,RIGHT,BOTTOM", value_parser = region)]
    pub(crate) region: Option<RegionCard>,
    /// An area that is never judged, by its corners in fractions of the picture, as in `"0,0 0.2,0 0,0.2"`; repeated for
    /// several.
    #[arg(long, value_name = "X,Y X,Y X,Y …", value_parser = corners)]
    pub(crate) ignore: Vec<Area>,
    /// Align parts to a reference made of good parts, turned by up to 10° and shifted by up to 15 % of the picture; a part
    /// that cannot be aligned is not judged, and counts as unreadable.
    #[arg(long)]
    pub(crate) align: bool,
    /// Largest shift of a good part as a share of the picture's side, 0 to 0.25.
    #[arg(long)]
    pub(crate) shift: Option<f32>,
    /// Largest change of brightness that is normal, where white is 1: 0 to 0.5, 0.1 unless said.
    #[arg(long)]
    pub(crate) brightness: Option<f32>,
    /// Largest relative change of contrast that is normal: 0 to 0.8, 0.2 unless said.
    #[arg(long)]
    pub(crate) contrast: Option<f32>,
    /// Largest relative change of brightness from the middle to the edge that is normal, for light from one side: 0 to
    /// 0.8.
    #[arg(long)]
    pub(crate) gradient: Option<f32>,
}

/// Corners of an area. A type of its own: to the parser of arguments a bare list is several values.
#[derive(Debug, Clone)]
pub(crate) struct Area(Corners);

impl RecipeArguments {
    pub(crate) fn settings(&self) -> RecipeSettings {
        RecipeSettings {
            region: self.region,
            ignore: self.ignore.iter().map(|area| area.0.clone()).collect(),
            align: self.align,
            shift: self.shift,
            brightness: self.brightness,
            contrast: self.contrast,
            gradient: self.gradient,
        }
    }
}

/// `left,top,right,bottom`
fn region(said: &str) -> Result<RegionCard, String> {
    match numbers(said)?[..] {
        [left, top, right, bottom] => Ok(RegionCard { left, top, right, bottom }),
        _ => Err("four numbers are needed: left, top, right, bottom".to_owned()),
    }
}

/// `x,y x,y x,y`
fn corners(said: &str) -> Result<Area, String> {
    let corner = |said: &str| match numbers(said)?[..] {
        [x, y] => Ok([x, y]),
        _ => Err("each corner is two numbers: x, y".to_owned()),
    };
    said.split_whitespace().map(corner).collect::<Result<_, _>>().map(Area)
}

fn numbers(said: &str) -> Result<Vec<f32>, String> {
    said.split(',').map(|number| number.trim().parse::<f32>().map_err(|error| format!("{number:?}: {error}"))).collect()
}
