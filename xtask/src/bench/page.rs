//! A part of a page that a program writes, between two marks; people write the rest.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Checks, before hours of work, that the page has its marks.
pub(super) fn check(path: &Path, name: &str) -> Result<()> {
    let page = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    between(&page, name, "").map(|_| ()).with_context(|| no_marks(path, name))
}

/// Puts `text` between the page's marks of this name.
pub(super) fn replace(path: &Path, name: &str, text: &str) -> Result<()> {
    let page = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    let page = between(&page, name, text).with_context(|| no_marks(path, name))?;
    fs::write(path, page).with_context(|| format!("could not write {}", path.display()))
}

fn no_marks(path: &Path, name: &str) -> String {
    format!("{} has no marks `<!-- {name}: begin -->` and `<!-- {name}: end -->`", path.display())
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
    fn the_page_of_results_has_the_marks() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/results.md");
        check(&page, "accuracy").unwrap();
        check(&page, "gpu").unwrap();
        check(&page, "live").unwrap();
        check(&page, "soak").unwrap();
        check(&page, "speed").unwrap();
        assert!(check(&page, "no such part").is_err());
    }

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = "Words.\n<!-- speed: begin -->\nold\n<!-- speed: end -->\nMore.\n";
        let written = between(page, "speed", "new\n").unwrap();
        assert_eq!(written, "Words.\n<!-- speed: begin -->\n\nnew\n<!-- speed: end -->\nMore.\n");
        assert_eq!(between(&written, "speed", "new").unwrap(), written, "writing twice changes nothing");
        assert_eq!(between(page, "accuracy", "new"), None);
    }
}
