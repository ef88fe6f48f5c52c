//! What names tell, and which folders count.

use super::*;

#[test]
fn a_name_is_read_as_its_pattern_says() {
    let check = |pattern: &str, path: &str, expected: Option<[&str; 3]>| {
        let found = NamePattern::new(pattern).unwrap().read(Path::new(path));
        let text = |field: Option<String>| field.unwrap_or_default();
        let found = found.map(|name| [text(name.part), text(name.lot), text(name.view)]);
        assert_eq!(found, expected.map(|fields| fields.map(str::to_owned)), "{pattern} on {path}");
    };
    check("{part}", "A 17.png", Some(["A 17", "", ""]));
    check("{lot}/{part}_{view}", "L4/007_top.png", Some(["007", "L4", "top"]));
    check("{lot}/{part}_{view}", "007_top.png", None);
    // As few characters as fit: the rest belongs to what follows.
    check("{part}-{view}", "A-1-top.png", Some(["A", "", "1-top"]));
    check("{part:3}-{view}", "A-1-top.png", Some(["A-1", "", "top"]));
    check("cam*_{part:#}", "cam 2_0042.tiff", Some(["0042", "", ""]));
    check("cam*_{part:#}", "cam 2_0042b.tiff", None);
    check("{lot:4}{part}", "批号01零件.png", Some(["零件", "批号01", ""]));
    check("[{part}].(x)", "[a].(x).png", Some(["a", "", ""]));
    // Only the last ending goes.
    check("{part}", "a.b.png", Some(["a.b", "", ""]));
    check("{part}", "two\nlines.png", Some(["two\nlines", "", ""]));
    check("{part}", "deep/a.png", None);
    check("*/{part}", "deep/a.png", Some(["a", "", ""]));
}

#[test]
fn a_pattern_that_means_nothing_says_why() {
    let check = |pattern: &str, expected: &str| {
        let said = NamePattern::new(pattern).unwrap_err().to_string();
        assert!(said.contains(expected), "{pattern}: {said}");
    };
    check("", "1 to 200");
    check(&"x".repeat(201), "1 to 200");
    check("{part", "brace");
    check("part}", "brace");
    check("{colour}", "{colour} is not known");
    check("{part:0}", "not known");
    check("{part:many}", "not known");
    check("{part}_{part}", "twice");
    check("{lot}{part}", "between {lot}");
    check("{lot}*", "between {lot}");
}

#[test]
fn folders_count_by_their_pattern() {
    let check = |pattern: &str, folder: &str, counts: bool, leads_on: bool| {
        let subfolders = Subfolders::new(pattern).unwrap();
        let found = (subfolders.counts(Path::new(folder)), subfolders.leads_on(Path::new(folder)));
        assert_eq!(found, (counts, leads_on), "{pattern} on {folder}");
    };
    check("", "", true, false);
    check("", "a", false, false);
    check("*", "", true, true);
    check("*", "a", true, false);
    check("*", "a/b", false, false);
    check("2026-*/camera 1", "2026-11-24", false, true);
    check("2026-*/camera 1", "2025-11-24", false, false);
    check("2026-*/camera 1", "2026-11-24/camera 1", true, false);
    check("2026-*/camera 1", "2026-11-24/camera 2", false, false);
    check("**", "a/b/c", true, true);
    check("**/ok", "a/b", false, true);
    check("**/ok", "a/b/ok", true, true);
    check("a.b", "axb", false, false);
}
