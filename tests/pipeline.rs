//! From a folder of good parts to verdicts and figures, through the program as a person types it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use sightline_app::{Line, LineSettings};
use sightline_testkit::{DefectKind, PartGenerator, write_dataset};
use sightline_tests::{GOOD_PARTS, Ran, Running, SMALL, TestLine, covered_part, drop_file, sightline, wait_until};

#[test]
fn a_line_is_set_up_learned_and_judges() {
    let line = TestLine::folders(GOOD_PARTS);
    let (folder, good, camera) = (line.folder(), line.good(), line.camera());
    let init = [
        "init".as_ref(),
        folder.as_os_str(),
        "--good".as_ref(),
        good.as_os_str(),
        "--watch".as_ref(),
        camera.as_os_str(),
        "--side".as_ref(),
        "64".as_ref(),
    ];
    let said = sightline(init).expect_code(0).stdout;
    // Thirty good parts support no promise of 1 %: the line works, and says what is missing.
    assert!(said.contains(&format!("{GOOD_PARTS} pictures")) && said.contains("more are needed"), "{said}");

    let learn = ["learn".as_ref(), folder.as_os_str()];
    let learned = sightline(learn.into_iter().chain(SMALL.map(AsRef::as_ref))).expect_code(0);
    assert!(
        learned.stdout.contains("no promise") && learned.stdout.contains("more good parts are needed"),
        "{}",
        learned.stdout
    );
    let told = |line: &str| line.starts_with("learning: ") && line.contains(" left, loss ");
    assert!(learned.stderr.lines().any(told), "plain progress lines: {}", learned.stderr);

    drop_file(&camera, "good.png", &line.clear_parts()[0]);
    drop_file(&camera, "covered.png", &covered_part(0));
    assert_eq!(verdicts(&watch(&line, 2)), [("covered.png", "reject"), ("good.png", "pass")].map(owned));
}

#[test]
fn what_came_while_the_line_was_stopped_is_judged_and_nothing_twice() {
    let line = TestLine::learned();
    let clear = line.clear_parts();
    drop_file(&line.camera(), "first.png", &clear[0]);
    assert_eq!(verdicts(&watch(&line, 1)), [owned(("first.png", "pass"))]);
    drop_file(&line.camera(), "second.png", &covered_part(1));
    drop_file(&line.camera(), "third.png", &clear[1]);
    assert_eq!(verdicts(&watch(&line, 2)), [("second.png", "reject"), ("third.png", "pass")].map(owned));
    // The same name with another content is another part.
    drop_file(&line.camera(), "first.png", &covered_part(2));
    assert_eq!(verdicts(&watch(&line, 1)), [owned(("first.png", "reject"))]);
    assert_eq!(line.store().counters().unwrap().inspected(), 4);
}

#[test]
fn inspect_tells_a_rejected_part_by_its_exit_code() {
    let line = TestLine::learned();
    let folder = line.other("parts");
    fs::create_dir(&folder).unwrap();
    let check = |path: PathBuf, code| {
        let line = line.folder();
        sightline(["inspect".as_ref(), path.as_os_str(), "--line".as_ref(), line.as_os_str()]).expect_code(code)
    };
    let good = drop_file(&folder, "good.png", &line.clear_parts()[0]);
    check(good, 0);
    check(folder.clone(), 0);
    let covered = drop_file(&folder, "covered.png", &covered_part(0));
    check(covered, 3);
    assert_eq!(check(folder, 3).stdout.lines().count(), 2);
    // Judging on the spot leaves no record.
    assert_eq!(line.store().counters().unwrap().inspected(), 0);
}

#[test]
fn names_tell_lot_and_view_and_folders_below_are_watched() {
    let line = TestLine::learned();
    let (folder, camera) = (line.folder(), line.camera());
    let lot = camera.join("lot 7");
    fs::create_dir(&lot).unwrap();
    drop_file(&lot, "0001_top.png", &line.clear_parts()[0]);
    drop_file(&camera, "odd.png", &covered_part(0));
    let arrivals = |more: &[&str]| {
        let arguments = ["arrivals".as_ref(), folder.as_os_str()].into_iter().chain(more.iter().map(AsRef::as_ref));
        sightline(arguments)
    };
    let said = ["--pattern", "lot {lot}/{part}_{view}", "--subfolders", "lot *", "--json"];
    let shown = arrivals(&said).expect_code(0).json_lines();
    let fields = |shown: &Value| ["fits", "part", "lot", "view"].map(|name| shown[name].clone());
    assert_eq!(fields(&shown[0]), [json!(true), json!("0001"), json!("7"), json!("top")]);
    assert_eq!((shown.len(), &shown[1]["fits"]), (2, &json!(false)));
    // Only looked at: nothing was set.
    assert_eq!(arrivals(&["--json"]).expect_code(0).json_lines().len(), 1);
    arrivals(&[&said[..4], &["--set"]].concat()).expect_code(0);
    let refused = arrivals(&["--pattern", "{colour}"]).expect_code(1);
    assert!(refused.complaint().contains("{colour} is not known"), "{}", refused.stderr);

    let judged = watch(&line, 2).json_lines();
    let of = |part: &str| judged.iter().find(|judged| judged["part"] == part).unwrap_or_else(|| panic!("{judged:?}"));
    assert_eq!((&of("0001")["lot"], &of("0001")["view"]), (&json!("7"), &json!("top")));
    assert_eq!((&of("odd")["lot"], &of("odd")["verdict"]), (&Value::Null, &json!("reject")));
    let csv: String = fs::read_dir(folder.join("verdicts"))
        .unwrap()
        .map(|day| fs::read_to_string(day.unwrap().path()).unwrap())
        .collect();
    assert!(csv.lines().any(|row| row.contains(",0001,") && row.ends_with(",7,top")), "{csv}");
}

#[test]
fn a_line_is_released_only_when_its_known_parts_come_out_right() {
    let line = TestLine::learned();
    let [good, bad] = ["known good", "known bad"].map(|name| line.other(name));
    for folder in [&good, &bad] {
        fs::create_dir(folder).unwrap();
    }
    drop_file(&good, "good.png", &line.clear_parts()[0]);
    drop_file(&bad, "bad.png", &covered_part(0));
    let folder = line.folder();
    let check = |more: &[&str]| {
        let known = ["--good".as_ref(), good.as_os_str(), "--bad".as_ref(), bad.as_os_str()];
        let more = more.iter().map(AsRef::as_ref);
        sightline(["check".as_ref(), folder.as_os_str()].into_iter().chain(known).chain(more))
    };
    check(&["--set", "--required"]).expect_code(0);
    drop_file(&line.camera(), "part.png", &line.clear_parts()[1]);
    assert_eq!(watch(&line, 1).json_lines().len(), 1);

    // A good part among the bad ones: whoever checks the line must notice, and nothing is inspected until then.
    drop_file(&bad, "not bad.png", &line.clear_parts()[0]);
    let failed = check(&["--json"]).expect_code(3).json_lines();
    assert_eq!(failed.last().unwrap()["passed"], false);
    drop_file(&line.camera(), "part 2.png", &line.clear_parts()[1]);
    let refused = sightline(["watch".as_ref(), folder.as_os_str()]).expect_code(1);
    assert!(
        refused.complaint().contains("not released") && refused.complaint().contains("not bad.png"),
        "{}",
        refused.stderr
    );
    assert_eq!(line.store().counters().unwrap().inspected(), 1);
    // Nor does a model that is learned now judge in the old one's place.
    let live = || line.store().live_model().unwrap().unwrap().id;
    let before = live();
    let learn = ["learn".as_ref(), folder.as_os_str(), "--json".as_ref(), "--seed".as_ref(), "7".as_ref()];
    let learned = sightline(learn.into_iter().chain(SMALL.map(AsRef::as_ref))).expect_code(3).json_lines();
    let end = learned.last().unwrap();
    assert!(end["promoted"] == false && end["wrong_known"].to_string().contains("not bad.png"), "{end}");
    assert_eq!(live(), before);
    fs::remove_file(bad.join("not bad.png")).unwrap();
    assert_eq!(watch(&line, 1).json_lines()[0]["part"], "part 2");
}

#[test]
fn several_lines_are_watched_by_one_process() {
    let lines = [TestLine::learned(), TestLine::learned()];
    for (number, line) in lines.iter().enumerate() {
        let settings = LineSettings { name: format!("line {number}"), ..line.settings() };
        Line::init(&line.folder(), settings).unwrap();
        for (part, bytes) in line.clear_parts().iter().take(3).enumerate() {
            drop_file(&line.camera(), &format!("{part}.png"), bytes);
        }
    }
    let [first, second] = lines.each_ref().map(TestLine::folder);
    let watch = ["watch".as_ref(), first.as_os_str(), second.as_os_str()];
    let judged = sightline(watch.into_iter().chain(["--json", "--parts", "6"].map(AsRef::as_ref))).expect_code(0);
    let of = |name: &str| judged.json_lines().iter().filter(|judged| judged["line"] == name).count();
    assert_eq!((of("line 0"), of("line 1")), (3, 3));
    assert!(lines.iter().all(|line| line.store().counters().unwrap().inspected() == 3));
}

#[test]
fn two_processes_do_not_inspect_on_one_line() {
    let line = TestLine::learned();
    let mut first = Running::sightline(["watch".as_ref(), line.folder().as_os_str(), "--json".as_ref()]);
    drop_file(&line.camera(), "part.png", &line.clear_parts()[0]);
    wait_until("it judges", || !first.lines().is_empty());
    let second = sightline(["watch".as_ref(), line.folder().as_os_str()]).expect_code(1);
    assert!(second.complaint().contains("in use by another"), "{}", second.stderr);
    first.kill();
    drop_file(&line.camera(), "part 2.png", &line.clear_parts()[1]);
    assert_eq!(watch(&line, 1).json_lines().len(), 1);
}

#[test]
fn similar_finds_what_looks_alike_and_refuses_a_region_beside_the_picture() {
    let line = TestLine::learned();
    let camera = line.camera();
    let asked = drop_file(&camera, "asked.png", &covered_part(0));
    drop_file(&camera, "covered.png", &covered_part(1));
    line.clear_parts().iter().take(3).enumerate().for_each(|(number, part)| {
        drop_file(&camera, &format!("good-{number}.png"), part);
    });
    let find = |more: &[&str], code| {
        let line = line.folder();
        let similar = ["similar".as_ref(), asked.as_os_str(), "--line".as_ref(), line.as_os_str()];
        sightline(similar.into_iter().chain(more.iter().map(AsRef::as_ref))).expect_code(code)
    };
    let said = find(&["--count", "2"], 0).stdout;
    assert_eq!(said.lines().count(), 2, "{said}");
    assert!(said.lines().next().unwrap().contains("covered.png") && !said.contains("asked.png"), "{said}");

    let found = find(&["--region", "8,8,24,16", "--json"], 0).json_lines().remove(0);
    assert_eq!(found["found"].as_array().unwrap().len(), 4, "{found:#}");
    assert_eq!(found["found"][0]["region"].as_array().unwrap().len(), 4, "{found:#}");
    assert_eq!(found["model"].as_str(), line.live_model().as_deref());
    assert!(find(&["--region", "9000,0,8,8"], 1).complaint().contains("pixels"));
    find(&["--region", "1,2,3"], 2);
}

#[test]
fn evaluate_writes_a_report_and_a_line_for_each_picture() {
    let line = TestLine::folders(0);
    let (dataset, out) = (line.other("rings"), line.other("report"));
    write_dataset(&dataset, &PartGenerator::new(5, 64), 40, 2).unwrap();
    let evaluate = ["evaluate".as_ref(), dataset.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let small = ["--side", "64", "--json"].into_iter().chain(SMALL).map(AsRef::as_ref);
    let ran = sightline(evaluate.into_iter().chain(small)).expect_code(0);

    let report: Value = serde_json::from_slice(&fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(ran.json_lines(), std::slice::from_ref(&report), "--json prints the same report");
    let figures = ["image_auroc", "average_precision", "detected_at_1_percent", "detected_at_2_percent"];
    let figures = figures.into_iter().chain(["detected_at_5_percent", "pixel_auroc", "pro"]);
    for name in figures.clone() {
        assert!(report["all"][name].is_number(), "all has no {name}: {report:#}");
    }
    let kinds: Vec<&str> =
        report["by_type"].as_array().unwrap().iter().map(|kind| kind["kind"].as_str().unwrap()).collect();
    let mut expected = DefectKind::ALL.map(DefectKind::name);
    expected.sort_unstable();
    assert_eq!(kinds, expected);
    for name in figures {
        assert!(report["by_type"][0].get(name).is_some(), "a type has no {name}: {report:#}");
    }
    for by in ["whole", "region"] {
        assert_eq!(report["alike"][by]["queries"], 2 * DefectKind::ALL.len(), "{report:#}");
    }
    for name in ["split", "seed", "version", "burn", "device", "seconds", "achieved_false_rejects", "config"] {
        assert!(!report[name].is_null(), "no {name}: {report:#}");
    }
    // Present, and honest: forty good parts support no promise.
    assert_eq!(report.get("promised_false_rejects"), Some(&Value::Null));

    let scores = fs::read_to_string(out.join("scores.csv")).unwrap();
    let tested = report["good"].as_u64().unwrap() as usize + 2 * DefectKind::ALL.len();
    assert_eq!(scores.lines().count(), 1 + tested, "{scores}");
}

#[test]
fn the_sample_feeder_writes_parts() {
    let line = TestLine::folders(0);
    let folder = line.folder();
    let feed = ["sample".as_ref(), folder.as_os_str(), "--feed".as_ref()];
    sightline(feed.into_iter().chain(["--parts", "2", "--every", "10"].map(AsRef::as_ref))).expect_code(0);
    assert_eq!(fs::read_dir(folder.join("camera")).unwrap().count(), 2);
}

#[test]
fn devices_names_the_processor() {
    let devices: Value = serde_json::from_str(&sightline(["devices", "--json"]).expect_code(0).stdout).unwrap();
    assert!(devices.as_array().unwrap().iter().any(|device| device["id"] == "cpu"), "{devices}");
}

fn watch(line: &TestLine, parts: usize) -> Ran {
    let (folder, parts) = (line.folder(), parts.to_string());
    sightline(["watch".as_ref(), folder.as_os_str(), "--json".as_ref(), "--parts".as_ref(), parts.as_ref()])
        .expect_code(0)
}

/// File names and verdicts, by name: files of the same instant have no order.
fn verdicts(ran: &Ran) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let name = |file: String| file.rsplit(['/', '\\']).next().unwrap().to_owned();
    let mut found: Vec<_> =
        ran.json_lines().iter().map(|line| (name(text(&line["file"])), text(&line["verdict"]))).collect();
    found.sort();
    found
}

fn owned((name, verdict): (&str, &str)) -> (String, String) {
    (name.to_owned(), verdict.to_owned())
}
