//! Patterns that a person writes: what a file's name tells about its part, and which folders below the watched one
//! count. Both are plain text with a few signs, turned into regular expressions that match in linear time.

use std::fmt::Write;
use std::ops::Range;
use std::path::Path;

use regex::Regex;
use sightline_core::PartName;

/// Longest pattern, in characters.
const MAX_LENGTH: usize = 200;

/// What a name can tell.
const FIELDS: [&str; 3] = ["part", "lot", "view"];

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is empty or too long.
    #[error("a pattern has 1 to 200 characters")]
    Length,
    /// A brace is not closed, or was not opened.
    #[error("a brace is missing in the pattern \"{pattern}\"")]
    Brace {
        /// The pattern.
        pattern: String,
        /// What lacks it, in characters of the pattern.
        at: Range<usize>,
    },
    /// There is no such field.
    #[error(
        "{{{field}}} is not known; known are {{part}}, {{lot}}, {{view}}, and behind the name a width as in {{part:8}} or # for digits as in {{part:#}}"
    )]
    Field {
        /// What stood between the braces.
        field: String,
        /// Where, in characters of the pattern.
        at: Range<usize>,
    },
    /// A field stands there twice.
    #[error("{{{field}}} stands in the pattern twice")]
    Twice {
        /// Which.
        field: String,
        /// Where the second time, in characters of the pattern.
        at: Range<usize>,
    },
    /// Nobody can tell where the first of two fields ends.
    #[error("between {{{field}}} and what follows it a sign is needed, or a width as in {{{field}:8}}")]
    Adjacent {
        /// The first of the two.
        field: String,
        /// Where that is, in characters of the pattern.
        at: Range<usize>,
    },
    /// It matches more than can be matched quickly.
    #[error("the pattern \"{pattern}\" is too large")]
    TooLarge {
        /// The pattern.
        pattern: String,
    },
}

impl PatternError {
    /// Which characters of the pattern are meant; none where it is the pattern as a whole.
    pub fn place(&self) -> Option<Range<usize>> {
        match self {
            Self::Brace { at, .. } | Self::Field { at, .. } | Self::Twice { at, .. } | Self::Adjacent { at, .. } => {
                Some(at.clone())
            }
            Self::Length | Self::TooLarge { .. } => None,
        }
    }
}

/// How a line's file names are read: `{lot}/{part}_{view}` against the path below the watched folder, without its
/// ending. `{part:8}` takes eight characters, `{part:#}` digits, `*` anything within a name; each field takes as few
/// characters as fit.
#[derive(Debug, Clone)]
pub struct NamePattern {
    text: String,
    regex: Regex,
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for NamePattern {}

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it has a field that is not known, or cannot be told apart.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        check_length(pattern)?;
        let (mut regex, mut rest, mut open_field) = ("^".to_owned(), pattern, None::<(String, Range<usize>)>);
        let mut seen = Vec::new();
        // Characters of the pattern before what is left of it.
        let before = |rest: &str| pattern.chars().count() - rest.chars().count();
        while let Some(sign) = rest.chars().next() {
            let from = before(rest);
            let brace = |to: usize| PatternError::Brace { pattern: pattern.to_owned(), at: from..to };
            rest = &rest[sign.len_utf8()..];
            if matches!(sign, '{' | '*')
                && let Some((field, at)) = open_field.take()
            {
                return Err(PatternError::Adjacent { field, at });
            }
            match sign {
                '{' => {
                    let (inside, behind) = rest.split_once('}').ok_or_else(|| brace(before("")))?;
                    rest = behind;
                    let at = from..before(rest);
                    let (name, what, fixed) = field(inside)
                        .ok_or_else(|| PatternError::Field { field: inside.to_owned(), at: at.clone() })?;
                    if seen.contains(&name) {
                        return Err(PatternError::Twice { field: name.to_owned(), at });
                    }
                    seen.push(name);
                    open_field = (!fixed).then(|| (name.to_owned(), at));
                    // Writing to a text cannot fail.
                    let _ = write!(regex, "(?<{name}>{what})");
                }
                '}' => return Err(brace(from + 1)),
                '*' => regex.push_str("[^/]*?"),
                other => {
                    open_field = None;
                    regex.push_str(&regex::escape(other.encode_utf8(&mut [0; 4])));
                }
            }
        }
        regex.push('$');
        let regex = compiled(&regex, pattern)?;
        Ok(Self { text: pattern.to_owned(), regex })
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the path of a file below the watched folder tells; none when the pattern does not fit it.
    pub fn read(&self, relative_path: &Path) -> Option<PartName> {
        let name = slashed(&relative_path.with_extension(""));
        let found = self.regex.captures(&name)?;
        let field = |name| found.name(name).map(|field| field.as_str().to_owned());
        Some(PartName { part: field("part"), lot: field("lot"), view: field("view") })
    }
}

/// A field's name, what it matches, and whether its end is certain; none for what is no field.
fn field(inside: &str) -> Option<(&'static str, String, bool)> {
    let (name, kind) = inside.split_once(':').map_or((inside, None), |(name, kind)| (name, Some(kind)));
    let name = *FIELDS.iter().find(|known| **known == name)?;
    match kind {
        None => Some((name, "[^/]+?".to_owned(), false)),
        Some("#") => Some((name, "[0-9]+?".to_owned(), false)),
        Some(width) => match width.parse::<u8>() {
            Ok(width @ 1..) => Some((name, format!("[^/]{{{width}}}"), true)),
            _ => None,
        },
    }
}

/// Which folders below the watched one count: `*` all in it, `2026-*/camera 1` those, `**` at any depth. The watched
/// folder itself always counts.
#[derive(Debug, Clone, Default)]
pub struct Subfolders {
    text: String,
    levels: Vec<Level>,
}

#[derive(Debug, Clone)]
enum Level {
    AnyDepth,
    Named(Regex),
}

impl PartialEq for Subfolders {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Subfolders {}

impl Subfolders {
    /// Reads a pattern; an empty one means no folder below the watched one.
    ///
    /// # Errors
    /// When it is too long.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        if pattern.is_empty() {
            return Ok(Self::default());
        }
        check_length(pattern)?;
        let level = |level: &str| match level {
            "**" => Ok(Level::AnyDepth),
            name => {
                let escaped: Vec<String> = name.split('*').map(regex::escape).collect();
                compiled(&format!("^{}$", escaped.join(".*")), pattern).map(Level::Named)
            }
        };
        let levels = pattern.split('/').filter(|level| !level.is_empty()).map(level).collect::<Result<_, _>>()?;
        Ok(Self { text: pattern.to_owned(), levels })
    }

    /// Whether no folder below the watched one counts.
    pub fn is_none(&self) -> bool {
        self.levels.is_empty()
    }

    /// Whether files in this folder count.
    pub(crate) fn counts(&self, relative_folder: &Path) -> bool {
        let names = levels_of(relative_folder);
        names.is_empty() || fits(&self.levels, &names)
    }

    /// Whether a folder in this folder, at some depth, may count.
    pub(crate) fn leads_on(&self, relative_folder: &Path) -> bool {
        let names = levels_of(relative_folder);
        for (at, level) in self.levels.iter().enumerate() {
            match (level, names.get(at)) {
                (Level::AnyDepth, _) | (Level::Named(_), None) => return true,
                (Level::Named(regex), Some(name)) if regex.is_match(name) => {}
                (Level::Named(_), Some(_)) => return false,
            }
        }
        false
    }
}

/// In steps of levels times names: trying each way to share the names among several `**` would take for ever.
fn fits(levels: &[Level], names: &[String]) -> bool {
    // Whether the levels so far fit exactly so many of the names.
    let mut reached = vec![false; names.len() + 1];
    reached[0] = true;
    for level in levels {
        match level {
            Level::AnyDepth => {
                let mut any = false;
                reached.iter_mut().for_each(|here| {
                    any |= *here;
                    *here = any;
                });
            }
            Level::Named(regex) => {
                for (at, name) in names.iter().enumerate().rev() {
                    reached[at + 1] = reached[at] && regex.is_match(name);
                }
                reached[0] = false;
            }
        }
    }
    reached[names.len()]
}

fn levels_of(relative_folder: &Path) -> Vec<String> {
    relative_folder.iter().map(|level| level.to_string_lossy().into_owned()).collect()
}

/// A relative path with slashes, whatever the system writes.
fn slashed(path: &Path) -> String {
    levels_of(path).join("/")
}

fn check_length(pattern: &str) -> Result<(), PatternError> {
    if (1..=MAX_LENGTH).contains(&pattern.chars().count()) { Ok(()) } else { Err(PatternError::Length) }
}

fn compiled(regex: &str, pattern: &str) -> Result<Regex, PatternError> {
    // `s`: a name may hold a line break.
    Regex::new(&format!("(?s){regex}")).map_err(|_| PatternError::TooLarge { pattern: pattern.to_owned() })
}

#[cfg(test)]
mod tests;
