//! What `sightline similar` is told.

use std::path::PathBuf;

use clap::Args;
use sightline_app::PixelRegion;

#[derive(Debug, Args)]
pub(crate) struct Similar {
    /// The picture.
    pub(crate) picture: PathBuf,
    /// The line whose live model compares.
    #[arg(long)]
    pub(crate) line: PathBuf,
    /// A rectangle of the picture, in its pixels: where else does it look like this? The whole picture unless said.
    #[arg(long, value_name = "X,Y,WIDTH,HEIGHT", value_parser = region)]
    pub(crate) region: Option<PixelRegion>,
    /// Folder of pictures to look among; the line's watched folder unless said.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) among: Option<PathBuf>,
    /// Pictures to show, best first.
    #[arg(long, default_value_t = 10)]
    pub(crate) count: usize,
    /// Print the result as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `x,y,width,height`
fn region(said: &str) -> Result<PixelRegion, String> {
    let numbers: Result<Vec<u32>, _> = said.split(',').map(|number| number.trim().parse()).collect();
    match numbers.map_err(|error| error.to_string())?[..] {
        [x, y, width, height] if width > 0 && height > 0 => Ok(PixelRegion { x, y, width, height }),
        _ => Err("four whole numbers are needed: x, y, width, height; the last two above 0".to_owned()),
    }
}
