//! x
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]
use sightline_tests::*;
use sightline_testkit::DefectKind;
#[test]
fn explore() {
    let t = std::time::Instant::now();
    let line = TestLine::learned();
    println!("learn {:?}", t.elapsed());
    let dir = line.other("judge");
    std::fs::create_dir(&dir).unwrap();
    for i in 0..8 { drop_file(&dir, &format!("good-{i}.png"), &good_part(i)); }
    for kind in DefectKind::ALL { for i in 0..2 { drop_file(&dir, &format!("{}-{i}.png", kind.name()), &gross_defect(i, kind)); } }
    println!("draw {:?}", t.elapsed());
    let ran = sightline(["inspect".into(), dir.into_os_string(), "--line".into(), line.folder().into_os_string()]);
    println!("{:?} {}\n{}", t.elapsed(), ran.stdout, ran.stderr);
}
