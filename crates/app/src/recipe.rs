//! What of a picture is judged, and what may differ on a good part, as people say it: the table `[recipe]` of `line.toml`,
//! and the options of an evaluation. All of it may be left out.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sightline_core::{Outline, Poses, Recipe, Region, Variation};
use sightline_model::RegionCard;

use crate::AppError;
use crate::learning::propose_recipe_in;

/// Areas that are left out at most.
const MOST_AREAS: usize = 64;

/// Corners of an area, each x and y as fractions of the picture's width and height.
pub type Corners = Vec<[f32; 2]>;

/// See the module.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecipeSettings {
    /// The rectangle that is looked at, in fractions of the picture; the whole picture without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionCard>,
    /// Areas that are never judged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<Corners>,
    /// Parts are aligned to a reference first; turned or shifted too far, they are not judged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub align: bool,
    /// Largest shift of a good part, as a share of the picture's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<f32>,
    /// Largest change of brightness that is normal, where white is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brightness: Option<f32>,
    /// Largest relative change of contrast that is normal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contrast: Option<f32>,
    /// Largest relative change of brightness from the middle to the edge that is normal: light from one side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient: Option<f32>,
}

impl RecipeSettings {
    /// Whether all is left out.
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The rectangle that is looked at.
    pub fn region(&self) -> Region {
        self.region.map_or(Region::WHOLE, Into::into)
    }

    /// What may differ on a good part; what was not said is as on a new line.
    pub fn variation(&self) -> Variation {
        let usual = Variation::default();
        Variation {
            shift: self.shift.unwrap_or(usual.shift),
            brightness: self.brightness.unwrap_or(usual.brightness),
            contrast: self.contrast.unwrap_or(usual.contrast),
            gradient: self.gradient.unwrap_or(usual.gradient),
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// Names the first that is out of range; `file` is where it stands.
    pub fn check(&self, file: &Path) -> Result<(), AppError> {
        let refuse = |detail: String| Err(AppError::Settings { path: file.to_owned(), detail });
        if !self.region().is_valid() {
            return refuse("recipe.region does not lie on the picture".to_owned());
        }
        if self.ignore.len() > MOST_AREAS {
            return refuse(format!("recipe.ignore has {} areas, allowed are {MOST_AREAS}", self.ignore.len()));
        }
        if let Some(wrong) = self.outlines().iter().position(|outline| !outline.is_valid()) {
            let most = Outline::MOST_CORNERS;
            return refuse(format!("area {} of recipe.ignore needs 3 to {most} corners on the picture", wrong + 1));
        }
        if !self.variation().is_valid() {
            let Variation { shift, brightness, contrast, gradient } = Variation::LARGEST;
            return refuse(format!(
                "recipe.shift, brightness, contrast and gradient are {:?}; allowed are 0 to {shift}, {brightness}, \
                 {contrast} and {gradient}",
                self.variation()
            ));
        }
        Ok(())
    }

    /// The recipe that this makes of some pictures.
    ///
    /// # Errors
    /// When none of the pictures that were looked at can be read.
    pub fn recipe(&self, name: &str, pictures: &[PathBuf], judged_side: u32, poses: Poses) -> Result<Recipe, AppError> {
        let proposed = propose_recipe_in(self.region(), name, pictures, judged_side)?;
        Ok(Recipe {
            ignore_outlines: self.outlines(),
            align: self.align,
            poses,
            variation: self.variation(),
            ..proposed
        })
    }

    fn outlines(&self) -> Vec<Outline> {
        let outline = |corners: &Corners| Outline { corners: corners.iter().map(|&[x, y]| (x, y)).collect() };
        self.ignore.iter().map(outline).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::write_ppm;
    use sightline_core::PictureSize;

    #[test]
    fn what_is_written_in_the_table_is_what_is_judged() {
        let text = "region = { left = 0.5, top = 0.0, right = 1.0, bottom = 0.5 }\n\
                    ignore = [[[0.6, 0.1], [0.8, 0.1], [0.7, 0.3]]]\nshift = 0.05\ngradient = 0.3\n";
        let settings: RecipeSettings = toml::from_str(text).unwrap();
        settings.check(Path::new("line.toml")).unwrap();
        let again: RecipeSettings = toml::from_str(&toml::to_string(&settings).unwrap()).unwrap();
        assert_eq!(again, settings);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("0.ppm");
        write_ppm(&path, (512, 256), |x, _| [x as u8; 3]);
        let recipe = settings.recipe("Lid", &[path], 256, Poses::default()).unwrap();
        assert_eq!(recipe.input, PictureSize { width: 256, height: 128 }, "half of the picture, at its own resolution");
        assert_eq!((recipe.region, recipe.ignore_outlines.len()), (settings.region(), 1));
        assert_eq!(recipe.variation, Variation { shift: 0.05, gradient: 0.3, ..Variation::default() });
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_name() {
        let check = |text: &str, expected: &str| {
            let error = match toml::from_str::<RecipeSettings>(text) {
                Ok(settings) => settings.check(Path::new("line.toml")).unwrap_err().to_string(),
                Err(error) => error.to_string(),
            };
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("region = { left = 0.5, top = 0.0, right = 0.5, bottom = 0.5 }", "recipe.region");
        check("ignore = [[[0.1, 0.1], [0.2, 0.2], [0.1, 0.3]], [[0.1, 0.1], [0.2, 0.2]]]", "area 2 of recipe.ignore");
        check("ignore = [[[0.1, 0.1], [0.2, nan], [0.1, 0.3]]]", "area 1 of recipe.ignore");
        check("shift = 0.5", "recipe.shift");
        check("gradient = -0.1", "gradient");
        check("regoin = 3", "regoin");
        let many = RecipeSettings { ignore: vec![vec![[0.1, 0.1], [0.2, 0.2], [0.1, 0.3]]; 65], ..Default::default() };
        assert!(many.check(Path::new("line.toml")).unwrap_err().to_string().contains("65 areas"));
    }
}
