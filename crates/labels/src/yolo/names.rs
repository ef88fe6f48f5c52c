//! Names of YOLO's class numbers: `data.yaml`, or `classes.txt` with a name a line.
//!
//! Of YAML only what this file is written with is read: `names:` as a list in brackets, a list of dashes, or numbered.
//! A full YAML library would be larger than all the rest of this crate.

use std::path::Path;

use crate::LabelFileError;
use crate::text::Text;

pub(crate) const CLASSES: &str = "classes.txt";
const YAML: [&str; 3] = ["data.yaml", "data.yml", "dataset.yaml"];
const MAX_BYTES: u64 = 1024 * 1024;

/// The names in order of their numbers.
pub(crate) fn read(folder: &Path) -> Result<Vec<String>, LabelFileError> {
    if let Some(path) = YAML.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
        let text = Text::read(&path, MAX_BYTES)?;
        return names(text.text()).map_err(|(line, detail)| text.fault_in_line(line, detail));
    }
    let places = [folder.join(CLASSES), folder.join("labels").join(CLASSES)];
    let Some(path) = places.iter().find(|path| path.is_file()) else {
        return Err(LabelFileError::whole(folder, format!("it holds neither data.yaml nor {CLASSES}")));
    };
    let text = Text::read(path, MAX_BYTES)?;
    a_line_each(text.text()).map_err(|(line, detail)| text.fault_in_line(line, detail))
}

type Fault = (usize, String);

/// A line's place is the number of its class, so a blank one is allowed at the end only.
fn a_line_each(text: &str) -> Result<Vec<String>, Fault> {
    let (mut names, mut blank) = (Vec::new(), None);
    for (line, number) in text.lines().map(str::trim).zip(1..) {
        if line.is_empty() {
            blank = blank.or(Some(number));
        } else if let Some(blank) = blank {
            return Err((blank, "a blank line among the names; a class has the number of its line".into()));
        } else {
            names.push(line.to_owned());
        }
    }
    Ok(names)
}

fn names(yaml: &str) -> Result<Vec<String>, Fault> {
    let mut lines = yaml.lines().zip(1..).filter(|(line, _)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    let Some((line, number)) = lines.find(|(line, _)| line.starts_with("names:")) else {
        return Err((1, "there is no \"names:\"".into()));
    };
    let rest = without_comment(line["names:".len()..].trim());
    if let Some(list) = rest.strip_prefix('[') {
        let inside = list.strip_suffix(']').ok_or((number, "the list of names does not end in its line".to_owned()))?;
        return split(inside).into_iter().map(|name| scalar(&name).map_err(|detail| (number, detail))).collect();
    }
    if !rest.is_empty() {
        return Err((number, "the names are neither a list nor numbered".into()));
    }
    let mut found: Vec<String> = Vec::new();
    for (line, number) in lines {
        let entry = line.trim_start();
        let refuse = |detail: String| (number, detail);
        let name = if let Some(name) = entry.strip_prefix("- ") {
            name
        } else if entry.len() == line.len() {
            // The next key of the file.
            break;
        } else {
            let (index, name) = entry.split_once(':').ok_or_else(|| refuse("a name without its number".into()))?;
            if index.trim().parse() != Ok(found.len()) {
                return Err(refuse(format!("the names are not numbered in order: {} is due", found.len())));
            }
            name
        };
        found.push(scalar(without_comment(name.trim())).map_err(refuse)?);
    }
    if found.is_empty() { Err((number, "there are no names".into())) } else { Ok(found) }
}

/// Commas within quotes belong to a name.
fn split(list: &str) -> Vec<String> {
    let (mut names, mut name, mut quote) = (Vec::new(), String::new(), None);
    for letter in list.chars() {
        match (letter, quote) {
            (',', None) => names.push(std::mem::take(&mut name)),
            ('"' | '\'', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            _ => {}
        }
        if letter != ',' || quote.is_some() {
            name.push(letter);
        }
    }
    if !name.trim().is_empty() {
        names.push(name);
    }
    names
}

fn without_comment(text: &str) -> &str {
    let name = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(text, quote),
        _ => text.split(" #").next(),
    };
    name.unwrap_or(text).trim_end()
}

/// A name up to its closing quote, where nothing but a comment follows. A quote within is doubled, or after a backslash.
fn quoted(text: &str, quote: char) -> Option<&str> {
    let mut signs = text.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '\\' if quote == '"' => _ = signs.next(),
            '\'' if quote == '\'' && signs.next_if(|(_, next)| *next == '\'').is_some() => {}
            sign if sign == quote => {
                let (name, behind) = text.split_at(at + 1);
                return behind.starts_with(" #").then_some(name);
            }
            _ => {}
        }
    }
    None
}

fn scalar(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.starts_with('"') {
        return serde_json::from_str(text).map_err(|_| "a name whose quotes do not match".to_owned());
    }
    match text.strip_prefix('\'') {
        Some(quoted) => {
            let inside = quoted.strip_suffix('\'').ok_or("a name whose quotes do not match")?;
            Ok(inside.replace("''", "'"))
        }
        None => Ok(text.to_owned()),
    }
}

/// A `data.yaml` with these names, quoted so that YAML reads each as the text that it is.
pub(crate) fn yaml(names: &[&str]) -> String {
    let mut text = String::from("path: .\ntrain: images\nval: images\nnames:\n");
    for (name, index) in names.iter().zip(0..) {
        let quoted = serde_json::Value::from(*name);
        text.push_str(&format!("  {index}: {quoted}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_every_writing() {
        let check = |yaml: &str, expected: &[&str]| {
            assert_eq!(names(yaml).unwrap(), expected, "{yaml}");
        };
        check("train: x\nnames: [scratch, 'it''s', \"a, b\"]\nnc: 3\n", &["scratch", "it's", "a, b"]);
        check("names:\n- scratch # long\n- 划痕\nnc: 2", &["scratch", "划痕"]);
        check("names:\n- \"a \\\" # b\" # long\n- 'it''s # c' # x", &["a \" # b", "it's # c"]);
        check("# names:\nnames:\n  0: scratch\n\n  1: \"pit: deep\"\n", &["scratch", "pit: deep"]);
        let awkward = ["no", "a # b", "quote \" '", "划痕"];
        check(&yaml(&awkward), &awkward);
    }

    #[test]
    fn a_blank_line_does_not_move_the_numbers_of_the_names_after_it() {
        assert_eq!(a_line_each("scratch\n pit \r\n\n \n").unwrap(), ["scratch", "pit"]);
        assert_eq!(a_line_each("scratch\n\n\npit\n").unwrap_err().0, 2);
        assert_eq!(a_line_each("\nscratch").unwrap_err().0, 1);
    }

    #[test]
    fn faults_are_placed() {
        let check = |yaml: &str, line: usize| assert_eq!(names(yaml).unwrap_err().0, line, "{yaml}");
        check("nc: 3", 1);
        check("nc: 3\nnames: [a, b", 2);
        check("names: a", 1);
        check("names:\nnc: 3", 1);
        check("names:\n  0: a\n  2: b", 3);
        check("names:\n- 'a", 2);
    }
}
