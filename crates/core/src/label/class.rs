//! Kinds of defects that a plant tells apart. What counts as one is written down as a rule with an example, so that two
//! people label alike.

use super::MAX_NOTE_CHARS;

/// Letters of a class name.
const MAX_NAME_CHARS: usize = 60;

/// Number of a class on its line, from 1. It is never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClassId(pub u32);

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// Colours for new classes, told apart by most eyes that do not tell red from green (Okabe and Ito, 2008).
    pub const PALETTE: [Self; 8] = [
        Self([230, 159, 0]),
        Self([86, 180, 233]),
        Self([0, 158, 115]),
        Self([240, 228, 66]),
        Self([0, 114, 178]),
        Self([213, 94, 0]),
        Self([204, 121, 167]),
        Self([148, 148, 148]),
    ];

    /// As `#rrggbb`.
    pub fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// From `#rrggbb`.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        Some(Self([red, green, blue]))
    }
}

/// A kind of defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefectClass {
    /// Its number.
    pub id: ClassId,
    /// What people call it.
    pub name: String,
    /// What it is drawn with.
    pub colour: Colour,
    /// The digit that chooses it in the label editor, 0 to 9.
    pub key: Option<u8>,
    /// In words: what counts as this defect and what does not.
    pub rule: String,
    /// Record of a part that shows it.
    pub example: Option<i64>,
}

/// Why a class is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassError {
    /// A name that cannot be one: empty, too long, with control characters or parts of a path.
    #[error(
        "\"{}\" cannot be the name of a class: 1 to {MAX_NAME_CHARS} letters, no line breaks, no / or \\, no dot or \
         underscore in front",
        name.escape_debug()
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A name that another class has.
    #[error("there is a class \"{name}\" already")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// No digit.
    #[error("{key} is not a digit key; 0 to 9 are")]
    Key {
        /// What was given.
        key: u8,
    },
    /// A digit that another class has.
    #[error("the key {key} belongs to \"{class}\" already")]
    KeyTaken {
        /// The digit.
        key: u8,
        /// Whose it is.
        class: String,
    },
    /// A rule that is too long.
    #[error("a rule of {found} letters; at most {MAX_NOTE_CHARS} are allowed")]
    RuleTooLong {
        /// How many letters it has.
        found: usize,
    },
}

impl DefectClass {
    /// Whether this text may be the name of a class. Names become folder names in exports.
    pub fn is_name(name: &str) -> bool {
        let length = name.chars().count();
        (1..=MAX_NAME_CHARS).contains(&length)
            && name.trim() == name
            && !name.starts_with(['.', '_'])
            && !name.chars().any(|letter| letter.is_control() || matches!(letter, '/' | '\\' | ':'))
    }

    /// Whether two names are the same to a person.
    pub fn same_name(first: &str, second: &str) -> bool {
        first.to_lowercase() == second.to_lowercase()
    }
}

/// Checks a class beside the others of its line. A class with the same number in `others` is the one that it replaces.
///
/// # Errors
/// When its name, key or rule cannot be used.
pub fn check_classes(class: &DefectClass, others: &[DefectClass]) -> Result<(), ClassError> {
    if !DefectClass::is_name(&class.name) {
        return Err(ClassError::Name { name: class.name.clone() });
    }
    let rule = class.rule.chars().count();
    if rule > MAX_NOTE_CHARS {
        return Err(ClassError::RuleTooLong { found: rule });
    }
    if let Some(key) = class.key.filter(|key| *key > 9) {
        return Err(ClassError::Key { key });
    }
    for other in others.iter().filter(|other| other.id != class.id) {
        if DefectClass::same_name(&other.name, &class.name) {
            return Err(ClassError::NameTaken { name: class.name.clone() });
        }
        if let Some(key) = class.key.filter(|key| other.key == Some(*key)) {
            return Err(ClassError::KeyTaken { key, class: other.name.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(id: u32, name: &str, key: Option<u8>) -> DefectClass {
        let colour = Colour::PALETTE[0];
        DefectClass { id: ClassId(id), name: name.into(), colour, key, rule: String::new(), example: None }
    }

    #[test]
    fn names_and_keys_are_told_apart() {
        let others = [class(1, "Scratch", Some(1)), class(2, "划痕", Some(2))];
        let check = |class: DefectClass| check_classes(&class, &others);
        assert_eq!(check(class(3, "pit", None)), Ok(()));
        assert_eq!(check(class(1, "scratch", Some(1))), Ok(()), "it may keep its own");
        assert!(matches!(check(class(3, "SCRATCH", None)), Err(ClassError::NameTaken { .. })));
        assert!(matches!(check(class(3, "pit", Some(2))), Err(ClassError::KeyTaken { key: 2, .. })));
        assert!(matches!(check(class(3, "pit", Some(10))), Err(ClassError::Key { key: 10 })));
        for name in ["", " pit", "a/b", "a\\b", "a\nb", "..", "_ignore", "C:", &"x".repeat(61)] {
            assert!(matches!(check(class(3, name, None)), Err(ClassError::Name { .. })), "{name:?}");
        }
    }

    #[test]
    fn colours_are_written_and_read() {
        assert_eq!(Colour::from_hex("#0072b2"), Some(Colour([0, 114, 178])));
        assert_eq!(Colour::from_hex(&Colour::PALETTE[1].hex()), Some(Colour::PALETTE[1]));
        for text in ["0072b2", "#0072b", "#0072bz", "#+072b2", ""] {
            assert_eq!(Colour::from_hex(text), None, "{text}");
        }
    }
}
