//! The real window, from set-up to verdicts, in both languages and appearances.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use sightline_app::{Line, Store};
use sightline_core::Record;
use sightline_testkit::{Feeder, PartGenerator};
use sightline_tests::labelling::{UNLABELLED, label_ten, parts_to_label};
use sightline_tests::window::Window;
use sightline_tests::{GOOD_PARTS, TestLine, covered_part, drop_file, sightline};

/// The trap among locales: under it the web view calls its language "C", on which `Intl` throws.
const LOCALE: &str = "C.UTF-8";

/// Labelled parts before the window opens: some fall to each use.
const TAUGHT: u64 = 24;

/// The promise to the person who presses Cancel.
const CANCELLED_WITHIN: Duration = Duration::from_secs(2);

#[test]
fn a_line_is_set_up_learns_and_judges_in_the_window() {
    // Only so that learning is small, which the window does not ask for: the folders are others.
    let elsewhere = TestLine::folders(0);
    let line = TestLine::folders(GOOD_PARTS);
    Line::init(&line.folder(), elsewhere.settings()).unwrap();
    in_window(&line, LOCALE, async |window| {
        set_up(&window, &line).await;
        window.click("setup-learn").await;
        at_work(&window).await;
        window.save("learning").await;
        window.find("live-empty").await;
        let model = line.live_model();
        assert!(model.is_some());

        let clear = line.clear_parts();
        drop_file(&line.camera(), "good.png", &clear[0]);
        window.wait_for("live-inspected", "data-value", "1").await;
        window.wait_for("live-verdict", "data-verdict", "pass").await;
        drop_file(&line.camera(), "covered.png", &covered_part(0));
        window.wait_for("live-inspected", "data-value", "2").await;
        window.wait_for("live-verdict", "data-verdict", "reject").await;
        window.wait_for("live-rejected", "data-value", "1").await;

        window.click("tab-setup").await;
        window.click("setup-learn").await;
        at_work(&window).await;
        let asked = Instant::now();
        window.click("setup-cancel").await;
        window.find("setup-cancelled").await;
        let took = asked.elapsed();
        assert!(took <= CANCELLED_WITHIN, "cancelling took {took:?}");
        assert_eq!(line.live_model(), model);

        window.click("tab-live").await;
        drop_file(&line.camera(), "零件 第 3 号.png", &clear[1]);
        window.wait_for("live-inspected", "data-value", "3").await;
        window.wait_for("live-verdict", "data-verdict", "pass").await;
        drop_file(&line.camera(), "not a picture.png", b"text");
        window.wait_for("live-verdict", "data-verdict", "unreadable").await;
        window.save("unreadable").await;
        drop_file(&line.camera(), "covered 2.png", &covered_part(1));
        window.wait_for("live-inspected", "data-value", "5").await;
        window.wait_for("live-verdict", "data-verdict", "reject").await;
        looks(&window).await;
        label_in(&window).await;
        window.close().await;
    });
    let store = Store::open(&line.folder()).unwrap();
    let labelled = store.labelled(None).unwrap();
    assert_eq!(labelled.len(), 1, "the answer from the line was taken back");
    assert!(labelled[0].label.checked && labelled[0].label.is_defect());
    assert_eq!(store.classes().unwrap()[0].name, "Cover");
}

/// Answers a verdict, takes the answer back, and marks the heat map's region as a defect of a new class.
async fn label_in(window: &Window) {
    window.click("feedback-falseAlarm").await;
    window.wait_for("feedback-said", "data-tag", "good").await;
    window.click("feedback-undo").await;
    window.wait_for("feedback-said", "data-tag", "").await;
    window.click("label-it").await;
    window.find("label-canvas").await;
    window.fill("new-class", "Cover").await;
    window.click("add-class").await;
    window.wait_for("class", "aria-checked", "true").await;
    window.click("accept").await;
    window.wait_for("mark", "data-kind", "mask").await;
    window.click("grow").await;
    window.click("checked").await;
    window.wait_for("saved", "data-saved", "true").await;
    window.save("label").await;
    window.click("tab-gallery").await;
    window.wait_for("gallery-count", "data-value", "5").await;
    window.wait_for("gallery-tile", "data-tag", "").await;
    window.save("gallery").await;
}

#[test]
fn a_person_retrains_sees_which_model_judges_and_goes_back() {
    let line = TestLine::taught(TAUGHT);
    let champion = line.live_model().unwrap();
    let classes = ["Cover", "Glitter"].map(|name| line.store().add_class(name, None, "").unwrap());
    in_window(&line, LOCALE, async |window| {
        // One label by keys, one by mouse; a part stays on the screen while the pointer is on its buttons.
        let part = judge(&window, &line, TAUGHT + 1).await;
        window.wait_for("live-part", "data-part-id", &part.id.to_string()).await;
        window.wait_for("live-verdict", "data-verdict", "reject").await;
        window.press('c').await;
        window.wait_for("feedback-said", "data-part-id", &part.id.to_string()).await;
        let part = judge(&window, &line, TAUGHT + 2).await;
        window.wait_for("live-part", "data-part-id", &part.id.to_string()).await;
        window.wait_for("live-verdict", "data-verdict", "reject").await;
        window.click("feedback-confirm").await;
        window.wait_for("feedback-said", "data-part-id", &part.id.to_string()).await;

        // Ten of the parts that nobody has spoken of yet.
        parts_to_label(&line, TAUGHT + 3);
        window.wait_for("live-inspected", "data-value", &(TAUGHT + 2 + UNLABELLED).to_string()).await;
        let said = label_ten(&window, &line, classes).await;
        for (part, said) in &said {
            said.assert_kept(&line.store(), *part);
        }

        window.press('5').await;
        window.wait_for("train-new", "data-value", &(TAUGHT + 2 + said.len() as u64).to_string()).await;
        window.save("train-before").await;
        window.click("train-start").await;
        window.find("learn-left").await;
        window.save("train-during").await;
        let how = window.find("train-ended").await.attr("data-how").await.unwrap().unwrap();
        let known = line.store().known_models().unwrap();
        let challenger = known.iter().find(|known| known.trial.is_some()).unwrap().row.id.clone();
        if how == "refused" {
            // Whether so little learning passes differs from machine to machine; what a refusal may not do does not.
            assert!(!window.find("promote").await.is_enabled().await.unwrap() && window.has("trial-refusal").await);
            assert_eq!(line.live_model().as_ref(), Some(&champion));
            line.store().promote(&challenger, "test", 5).unwrap();
        } else {
            assert_eq!(how, "promoted");
        }
        window.press('6').await;
        window.wait_for("model", "data-model", &challenger).await;
        window.wait_for("model", "data-live", "true").await;
        trained_looks(&window).await;
        window.press('1').await;
        window.wait_for("live-model", "title", &challenger).await;
        assert_eq!(judge(&window, &line, TAUGHT + 3 + UNLABELLED).await.judged.model, Some(challenger));

        window.press('6').await;
        window.click("roll-back").await;
        window.wait_for("model", "data-live", "false").await;
        assert_eq!(line.live_model().as_ref(), Some(&champion));
        window.press('1').await;
        window.wait_for("live-model", "title", &champion).await;
        assert_eq!(judge(&window, &line, TAUGHT + 4 + UNLABELLED).await.judged.model, Some(champion));
        window.close().await;
    });
}

/// Lets the camera write a covered part, the so many-th of the line, and waits until it is judged.
async fn judge(window: &Window, line: &TestLine, count: u64) -> Record {
    drop_file(&line.camera(), &format!("covered {count}.png"), &covered_part(count));
    window.wait_for("live-inspected", "data-value", &count.to_string()).await;
    line.store().latest(None, 1).unwrap().remove(0)
}

/// Train after a run, and Models, in every combination of language and appearance.
async fn trained_looks(window: &Window) {
    for language in ["zh", "en"] {
        window.click(&format!("lang-{language}")).await;
        for theme in ["dark", "light"] {
            window.click(&format!("theme-{theme}")).await;
            for name in ["train", "models"] {
                window.click(&format!("tab-{name}")).await;
                window.find(if name == "train" { "trial" } else { "model-card" }).await;
                window.save(&format!("{name}-{language}-{theme}")).await;
            }
        }
    }
}

#[test]
fn the_window_opens_under_any_locale() {
    for locale in ["", "C", LOCALE, "zh_CN.UTF-8"] {
        let line = TestLine::folders(0);
        in_window(&line, locale, async |window| {
            window.find("setup-learn").await;
            assert!(window.text().await.contains("Sightline"), "the page is blank under LANG={locale:?}");
            window.close().await;
        });
    }
}

#[test]
fn a_damaged_line_says_in_the_window_what_is_wrong() {
    let line = TestLine::learned();
    let model = line.folder().join("models").join(format!("{}.slm", line.live_model().unwrap()));
    let mut bytes = fs::read(&model).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&model, bytes).unwrap();
    in_window(&line, LOCALE, async |window| {
        window.wait_for("line-trouble", "data-code", "modelDamaged").await;
        // There is a way on from here.
        window.find("setup-learn").await;
        window.save("damaged-model").await;
        window.close().await;
    });
    let database = line.folder().join("sightline.db");
    let whole = fs::read(&database).unwrap();
    fs::write(&database, [b'x'; 8192]).unwrap();
    in_window(&line, LOCALE, async |window| {
        window.wait_for("shell-error", "data-code", "databaseDamaged").await;
        window.save("damaged-database").await;
        // Put back by a person, it is opened without a restart.
        fs::write(&database, &whole).unwrap();
        window.click("shell-retry").await;
        window.wait_for("line-trouble", "data-code", "modelDamaged").await;
        window.close().await;
    });
}

/// Writes `docs/window.png`: the sample line after some parts, the newest rejected.
#[test]
#[ignore = "writes a file of the repository, and learns for minutes"]
fn picture_for_the_readme() {
    let line = TestLine::folders(0);
    let sample = line.folder();
    sightline(["sample".as_ref(), sample.as_os_str(), "--prepare".as_ref()]).expect_code(0);
    sightline(["learn".as_ref(), sample.as_os_str()]).expect_code(0);
    in_window(&line, LOCALE, async |window| {
        window.resize(1200, 760).await;
        let mut feeder = Feeder::new(PartGenerator::new(7, 256), &sample.join("camera"), 0.3).unwrap();
        for fed in 1_u32.. {
            let part = feeder.write_next().unwrap();
            window.wait_for("live-inspected", "data-value", &fed.to_string()).await;
            let verdict = window.find("live-verdict").await.attr("data-verdict").await.unwrap();
            if fed >= 14 && part.truth.is_some() && verdict.as_deref() == Some("reject") {
                break;
            }
        }
        let picture = window.picture().await;
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs");
        fs::write(docs.join("window.png"), picture).unwrap();
        window.close().await;
    });
}

/// A driver that does not answer any more fails its test, and does not stop all of them.
const LONGEST: Duration = Duration::from_secs(900);

/// Runs a test's steps in a window on a line.
fn in_window(line: &TestLine, locale: &str, steps: impl AsyncFnOnce(Window)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let all = async {
        let window = Window::open(&line.folder(), &line.other("home"), locale).await;
        steps(window).await;
    };
    runtime.block_on(async { tokio::time::timeout(LONGEST, all).await.expect("the window's driver answers") });
}

async fn set_up(window: &Window, line: &TestLine) {
    window.fill("setup-name", "Ring 6204").await;
    window.fill("setup-good", &line.good().display().to_string()).await;
    window.wait_for("setup-count", "data-value", &GOOD_PARTS.to_string()).await;
    // It works with few parts, and says what is missing for the promise.
    window.wait_for("setup-enough", "data-state", "missing").await;
    window.fill("setup-watch", &line.camera().display().to_string()).await;
    // What names tell is shown on the camera's own files.
    window.click("names").await;
    window.fill("names-pattern", "{part}_{colour}").await;
    window.wait_for("names-tried", "data-state", "wrong").await;
    window.fill("names-pattern", "{part}").await;
    window.wait_for("names-tried", "data-state", "seen").await;
    window.save("set-up").await;
}

/// Waits until a learning run shows progress at its longest stage.
async fn at_work(window: &Window) {
    window.find("learning").await;
    window.until("return document.querySelector('[data-stage=pretrain]')?.dataset.state === 'running'").await;
    assert!(window.has("learn-left").await && window.has("setup-cancel").await);
}

/// Every combination of language and appearance, on both screens.
async fn looks(window: &Window) {
    let mut seen = Vec::new();
    for (language, tag, reject) in [("en", "en", "Reject"), ("zh", "zh-CN", "不合格")] {
        window.click(&format!("lang-{language}")).await;
        assert_eq!(window.ask("return document.documentElement.lang").await, json!(tag));
        for theme in ["light", "dark"] {
            window.click(&format!("theme-{theme}")).await;
            assert_eq!(window.ask("return document.documentElement.dataset.theme").await, json!(theme));
            for (tab, name) in [("tab-setup", "set-up"), ("tab-live", "live")] {
                window.click(tab).await;
                window.save(&format!("{name}-{language}-{theme}")).await;
            }
            let text = window.text().await;
            assert!(text.contains(reject), "no {reject:?} in:\n{text}");
            let ground = "return getComputedStyle(document.querySelector('aside')).backgroundColor";
            seen.push((text, window.ask(ground).await.to_string()));
        }
    }
    let [en_light, en_dark, zh_light, zh_dark] = seen.as_slice() else { panic!("{seen:?}") };
    assert!(en_light.0 != zh_light.0 && en_dark.0 != zh_dark.0, "the words do not change with the language");
    assert!(en_light.1 != en_dark.1 && zh_light.1 != zh_dark.1, "the colours do not change with the appearance");
}
