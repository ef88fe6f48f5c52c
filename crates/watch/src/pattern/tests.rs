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
    // `place` is what of the pattern is meant, in characters.
    let check = |pattern: &str, expected: &str, place: Option<&str>| {
        let error = NamePattern::new(pattern).unwrap_err();
        assert!(error.to_string().contains(expected), "{pattern}: {error}");
        let characters: Vec<char> = pattern.chars().collect();
        let found = error.place().map(|at| characters[at].iter().collect::<String>());
        assert_eq!(found.as_deref(), place, "{pattern}");
    };
    check("", "1 to 200", None);
    check(&"x".repeat(201), "1 to 200", None);
    check("批号_{part", "brace", Some("{part"));
    check("part}_", "brace", Some("}"));
    check("零{colour}件", "{colour} is not known", Some("{colour}"));
    check("{part:0}", "not known", Some("{part:0}"));
    check("{part:many}", "not known", Some("{part:many}"));
    check("{part}_{part}", "twice", Some("{part}"));
    assert_eq!(NamePattern::new("{part}_{part}").unwrap_err().place(), Some(7..13));
    check("{lot}{part}", "between {lot}", Some("{lot}"));
    check("x{lot}*", "between {lot}", Some("{lot}"));
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
    check("**/a/**/b", "x/a/y/z/b", true, true);
    check("**/a/**/b", "x/a/y/b/z", false, true);
    // Each way to share out the levels, one after another, would take longer than anybody waits.
    check(&format!("{}end", "**/*/".repeat(30)), &"deep/".repeat(40), false, true);
}

/// Pieces that patterns and names are thrown together from.
const PIECES: [&str; 16] =
    ["{part}", "{lot}", "{view:3}", "{part:#}", "{", "}", "*", "**", "/", "_", "12", "零件", ".", "(x", "\n", ":#"];

/// `tests/fuzz` does the same with any text, for longer.
#[test]
fn whatever_the_pattern_a_field_holds_what_stands_in_the_name() {
    let mut seed = 20_261_124_u64;
    let mut draw = |end: usize| {
        // Numerical Recipes' generator; its high bits are good enough to choose by.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % end
    };
    let mut text = |pieces: &[&str]| -> String { (0..draw(7)).map(|_| pieces[draw(pieces.len())]).collect() };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..3000 {
        let (pattern, folders, name) = (text(&PIECES), text(&PIECES[4..]), text(&PIECES[8..]));
        if let Ok(folders) = Subfolders::new(&folders) {
            // A folder that counts is reached: those above it lead on.
            let folder = Path::new(&name);
            let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
            let relative = folder.is_relative() && !folder.as_os_str().is_empty();
            if relative && folders.counts(folder) {
                assert!(above.is_none_or(|above| folders.leads_on(above)), "{folders:?} on {name}");
            }
        }
        let Ok(pattern) = NamePattern::new(&pattern) else {
            refused += 1;
            continue;
        };
        let Some(found) = pattern.read(Path::new(&name)) else { continue };
        read += 1;
        for field in [found.part, found.lot, found.view].into_iter().flatten() {
            assert!(!field.is_empty() && !field.contains('/') && name.contains(&field), "{pattern:?} on {name}");
        }
    }
    assert!(read > 20 && refused > 500, "the draws prove nothing: {read} read, {refused} refused");
}
