//! Classes as they turn up in a file, numbered in the order in which they are met.

use std::collections::BTreeMap;

use sightline_core::{ClassId, Colour, DefectClass, Meaning};

use crate::IGNORE;

/// Classes of one line.
const MOST_CLASSES: usize = 1000;

#[derive(Debug, Default)]
pub(crate) struct Classes {
    list: Vec<DefectClass>,
    by_name: BTreeMap<String, ClassId>,
}

impl Classes {
    /// What a name means. Unknown names become classes.
    ///
    /// # Errors
    /// When it cannot be the name of a class, in words.
    pub(crate) fn meaning(&mut self, name: &str) -> Result<Meaning, String> {
        if name == IGNORE { Ok(Meaning::Ignore) } else { self.id_of(name).map(Meaning::Defect) }
    }

    pub(crate) fn id_of(&mut self, name: &str) -> Result<ClassId, String> {
        let name = name.trim();
        if let Some(id) = self.by_name.get(&name.to_lowercase()) {
            return Ok(*id);
        }
        if !DefectClass::is_name(name) {
            // A name of a million letters is not repeated.
            let shown: String = name.chars().take(60).collect();
            return Err(format!("\"{}\" cannot be the name of a class", shown.escape_debug()));
        }
        if self.list.len() >= MOST_CLASSES {
            return Err(format!("there are more than {MOST_CLASSES} classes"));
        }
        let id = ClassId(self.list.len() as u32 + 1);
        let colour = Colour::PALETTE[self.list.len() % Colour::PALETTE.len()];
        self.list.push(DefectClass {
            id,
            name: name.to_owned(),
            colour,
            key: None,
            rule: String::new(),
            example: None,
        });
        self.by_name.insert(name.to_lowercase(), id);
        Ok(id)
    }

    /// The class with this number, to say more about it.
    pub(crate) fn get_mut(&mut self, id: ClassId) -> Option<&mut DefectClass> {
        self.list.get_mut((id.0 as usize).checked_sub(1)?)
    }

    pub(crate) fn into_list(self) -> Vec<DefectClass> {
        self.list
    }
}

/// The name of what a mark means, among the classes of a set.
pub(crate) fn name_of(classes: &[DefectClass], meaning: Meaning) -> &str {
    match meaning {
        Meaning::Ignore => IGNORE,
        Meaning::Defect(id) => class_name(classes, id),
    }
}

pub(crate) fn class_name(classes: &[DefectClass], id: ClassId) -> &str {
    // A set whose marks name classes that it does not have is a fault of its maker; the number still tells which.
    classes.iter().find(|class| class.id == id).map_or("unnamed", |class| class.name.as_str())
}
