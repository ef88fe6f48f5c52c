//! What a network finds on a few fixed parts while it learns, as a picture for people: they see it sharpen, or see that
//! it does not.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;
use sightline_core::{HeatMap, PictureSize};
use sightline_image::{Input, Normalise, Shot, contact_sheet};
use sightline_model::{CELL, DeviceInfo, Network, batch_tensor, guarded};

/// Parts that are looked at.
pub(crate) const GLANCED_AT: usize = 4;

/// How often: a look takes a fraction of a second, and a run should not be slowed down by being watched.
const EVERY: Duration = Duration::from_secs(10);

/// Longest side of a part on the picture.
const SIDE: u32 = 224;

/// A part with a defect, as the network is shown it.
pub(crate) struct Glanced {
    /// Standardised.
    pub(crate) input: Input,
    /// Where the defect is: cells of the map in a row, and whether each shows it; none where nobody said.
    pub(crate) defect: Option<(usize, Vec<bool>)>,
}

/// The parts, and where the picture of them goes.
pub(crate) struct Glances {
    path: PathBuf,
    inputs: Vec<Input>,
    shots: Vec<Shot>,
    size: PictureSize,
    /// When the next look is due; none after one failed.
    due: Option<Instant>,
    looks: u64,
}

impl Glances {
    /// None where there is nothing to look at. The network is shown pictures of `size`, at most.
    pub(crate) fn new(path: &Path, parts: Vec<Glanced>, normalise: &Normalise, size: PictureSize) -> Option<Self> {
        let shots: Vec<Shot> = parts.iter().map(|part| as_it_was(part, normalise)).collect();
        let inputs: Vec<Input> = parts.into_iter().map(|part| part.input).collect();
        let due = Some(Instant::now());
        (!inputs.is_empty()).then(|| Self { path: path.to_owned(), inputs, shots, size, due, looks: 0 })
    }

    /// Looks when it is time to. Gives how many looks there were. A picture that cannot be made or written is none, and
    /// ends nothing; after a device failed nobody looks again.
    pub(crate) fn look(&mut self, network: impl FnOnce() -> Network, device: &DeviceInfo) -> u64 {
        if self.due.is_none_or(|due| Instant::now() < due) {
            return self.looks;
        }
        let found = guarded(&device.id, "looking at fixed parts", || {
            let network = network();
            self.inputs.iter().map(|input| self.found_by(&network, input, device)).collect::<Option<Vec<_>>>()
        });
        let Ok(Some(found)) = found else {
            self.due = None;
            return self.looks;
        };
        let found = self.shots.iter().zip(found).map(|(shot, heat)| Shot { heat: Some(heat), ..shot.clone() });
        let rows = [self.shots.clone(), found.collect()];
        self.looks += u64::from(self.write(&rows).is_ok());
        self.due = Some(Instant::now() + EVERY);
        self.looks
    }

    /// One part at a time: a step's memory may be all that there is.
    fn found_by(&self, network: &Network, input: &Input, device: &DeviceInfo) -> Option<HeatMap> {
        let batch = batch_tensor(std::slice::from_ref(input), self.size, &device.device);
        let map: Tensor<3> = network.maps(batch).defect;
        let values = sigmoid(map).try_into_vec_as::<f32>().ok()?;
        Some(over(input, &values, self.size.width as usize / CELL))
    }

    /// In one go, so that nobody reads half a picture.
    fn write(&self, rows: &[Vec<Shot>]) -> std::io::Result<()> {
        let bytes = contact_sheet(rows, SIDE).map_err(std::io::Error::other)?;
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let half = self.path.with_file_name(format!(".{name}.part"));
        std::fs::write(&half, bytes)?;
        std::fs::rename(&half, &self.path)
    }
}

/// A part in its own brightness again.
fn as_it_was(Glanced { input, defect }: &Glanced, normalise: &Normalise) -> Shot {
    Shot { picture: normalise.undone(input), defect: defect.clone(), heat: None }
}

/// The cells of a map that the picture reaches.
fn over(picture: &Input, values: &[f32], columns: usize) -> HeatMap {
    let (rows, across) = (picture.height.div_ceil(CELL), picture.width.div_ceil(CELL));
    let lines = values.chunks_exact(columns.max(1)).take(rows);
    let values = lines.flat_map(|line| line.iter().take(across)).copied().collect();
    HeatMap { width: across, height: rows, values }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn the_picture_shows_the_parts_and_below_them_what_is_found_and_comes_again_only_when_it_is_due() {
        let dir = tempfile::tempdir().unwrap();
        let device = DeviceInfo { id: "cpu".to_owned(), name: "test".to_owned(), device: Device::flex() };
        let normalise = Normalise::new(vec![0.5], vec![0.25]).unwrap();
        let size = PictureSize { width: 64, height: 64 };
        let part = |brightness: f32| Glanced {
            input: Input { channels: 1, height: 32, width: 64, values: vec![(brightness - 0.5) / 0.25; 32 * 64] },
            defect: None,
        };
        let network = crate::testing::config().network(1).init(&device.device);
        let path = dir.path().join("learning.png");
        let mut glances = Glances::new(&path, vec![part(0.2), part(0.8)], &normalise, size).unwrap();
        assert_eq!(glances.look(|| network.clone(), &device), 1, "the first comes at once");
        assert_eq!(glances.look(|| panic!("nobody looks again so soon"), &device), 1);
        let frame = sightline_image::decode(&std::fs::read(&path).unwrap(), &Default::default()).unwrap();
        assert_eq!((frame.size().width, frame.size().height), (2 * 230 + 6, 2 * 230 + 6));
        let sightline_image::Pixels::Rgb8(samples) = frame.pixels() else { panic!("{frame:?}") };
        let at = |row: usize, column: usize| samples[3 * (row * 466 + column)];
        assert_eq!((at(30, 100), at(30, 330)), (51, 204), "in their own brightness");
        assert!(at(260, 100) > 51, "an untrained network finds something everywhere");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        glances.path = dir.path().join("nowhere").join("learning.png");
        glances.due = Some(Instant::now());
        assert_eq!(glances.look(|| network.clone(), &device), 1, "a run does not end for a picture");
        glances.due = Some(Instant::now());
        assert_eq!(glances.look(|| panic!("a device that fails"), &device), 1, "nor for a device that fails");
        assert_eq!(glances.due, None);
        assert!(Glances::new(&path, Vec::new(), &normalise, size).is_none());
    }
}
