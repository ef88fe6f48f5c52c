//! A part of a page that a program writes, between two marks; people write the rest.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Puts `text` between the page's marks of this name.
pub(super) fn replace(path: &Path, name: &str, text: &str) -> Result<()> {
    let page = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    let page = between(&page, name, text).with_context(|| {
        format!("{} has no marks `<!-- {name}: begin -->` and `<!-- {name}: end -->`", path.display())
    })?;
    fs::write(path, page).with_context(|| format!("could not write {}", path.display()))
}

fn between(page: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let start = page.find(&begin)? + begin.len();
    let stop = start + page[start..].find(&end)?;
    Some(format!("{}\n{}\n{}", &page[..start], text.trim(), &page[stop..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = "Words.\n<!-- speed: begin -->\nold\n<!-- speed: end -->\nMore.\n";
        let written = between(page, "speed", "new\n").unwrap();
        assert_eq!(written, "Words.\n<!-- speed: begin -->\n\nnew\n<!-- speed: end -->\nMore.\n");
        assert_eq!(between(&written, "speed", "new").unwrap(), written, "writing twice changes nothing");
        assert_eq!(between(page, "accuracy", "new"), None);
    }
}
