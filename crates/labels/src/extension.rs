//! What COCO and LabelMe have no field for. It stands in an object "sightline", which other tools leave alone.

use serde::{Deserialize, Serialize};
use sightline_core::{Colour, DefectClass, PartLabel, Tag};

use crate::classes::{Classes, class_name};

/// What is said about a picture as a whole.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct PictureExtension {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<TagWord>,
    /// The kind of a defective part, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    note: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    checked: bool,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TagWord {
    Good,
    Defect,
}

impl PictureExtension {
    /// None where the label says nothing of this.
    pub(crate) fn of(label: &PartLabel, classes: &[DefectClass]) -> Option<Self> {
        let (tag, class) = match label.tag {
            None => (None, None),
            Some(Tag::Good) => (Some(TagWord::Good), None),
            Some(Tag::Defect(class)) => (Some(TagWord::Defect), class.map(|id| class_name(classes, id).to_owned())),
        };
        let says = tag.is_some() || !label.note.is_empty() || label.checked;
        says.then(|| Self { tag, class, note: label.note.clone(), checked: label.checked })
    }

    /// Says it of a label.
    pub(crate) fn apply(self, label: &mut PartLabel, classes: &mut Classes) -> Result<(), String> {
        label.tag = match (self.tag, self.class) {
            (Some(TagWord::Defect), Some(class)) => Some(Tag::Defect(Some(classes.id_of(&class)?))),
            (Some(TagWord::Defect), None) => Some(Tag::Defect(None)),
            (Some(TagWord::Good), None) => Some(Tag::Good),
            (None, None) => None,
            (_, Some(class)) => return Err(format!("the class \"{class}\" of a part that is not called defective")),
        };
        label.note = self.note;
        label.checked = self.checked;
        Ok(())
    }
}

/// What is said about a class besides its name.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ClassExtension {
    colour: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<u8>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    rule: String,
}

impl ClassExtension {
    pub(crate) fn of(class: &DefectClass) -> Self {
        Self { colour: class.colour.hex(), key: class.key, rule: class.rule.clone() }
    }

    pub(crate) fn apply(self, class: &mut DefectClass) -> Result<(), String> {
        class.colour = Colour::from_hex(&self.colour).ok_or_else(|| format!("\"{}\" is no colour", self.colour))?;
        class.key = self.key;
        class.rule = self.rule;
        Ok(())
    }
}
