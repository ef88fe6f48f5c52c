//! Recipes that fit pictures, and runs that are cancelled, refused by known parts, or outlive a damaged database.

use std::ops::ControlFlow;

use super::*;
use crate::testing::{ask_for, config, write_plate, write_ppm};
use crate::{CheckSettings, LineSettings, promote_model, start_shadow};

#[test]
fn judged_sizes_keep_the_shape_and_divide_by_thirty_two() {
    let check = |size: (u32, u32), longest, expected: (u32, u32)| {
        let judged = judged_size(PictureSize { width: size.0, height: size.1 }, longest);
        assert_eq!((judged.width, judged.height), expected, "{size:?} at {longest}");
    };
    check((256, 256), 128, (128, 128));
    check((1920, 1080), 256, (256, 160));
    check((100, 100), 256, (96, 96));
    check((20, 4000), 256, (64, 256));
    check((1, 1), 256, (64, 64));
}

/// Red, green and blue at a column and a row.
type Colours = fn(u32, u32) -> [u8; 3];

fn recipe_for(pictures: &[Colours]) -> Recipe {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..pictures.len()).map(|i| dir.path().join(format!("{i}.ppm"))).collect();
    paths.iter().zip(pictures).for_each(|(path, colours)| write_ppm(path, (80, 40), colours));
    propose_recipe("Lid", &paths, 256).unwrap()
}

#[test]
fn colour_is_judged_when_some_pictures_have_any() {
    let grey: Colours = |x, y| [(x + y) as u8; 3];
    // A camera's white balance is no colour of the part.
    let tinted: Colours = |x, y| [(x + y) as u8 + 1, (x + y) as u8, (x + y) as u8];
    let red: Colours = |x, y| [(x + y) as u8 + 60, (x + y) as u8, (x + y) as u8];
    assert_eq!(recipe_for(&[grey, grey, tinted]).channels, Channels::Grey);
    assert_eq!(recipe_for(&[grey, red, grey]).channels, Channels::Rgb);
    assert_eq!(recipe_for(&[grey]).input, PictureSize { width: 96, height: 64 });
}

#[test]
fn pictures_of_different_shapes_keep_them() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = [(80, 40), (40, 80), (60, 60)];
    let paths: Vec<PathBuf> = (0..sizes.len()).map(|i| dir.path().join(format!("{i}.ppm"))).collect();
    paths.iter().zip(sizes).for_each(|(path, size)| write_ppm(path, size, |x, _| [x as u8; 3]));
    let whole = propose_recipe("Lid", &paths, 256).unwrap();
    assert_eq!((whole.input, whole.fit), (PictureSize { width: 96, height: 96 }, Fit::Keep { scale: 1.0 }));
    let half = propose_recipe("Lid", &paths, 40).unwrap();
    assert_eq!((half.input, half.fit), (PictureSize { width: 64, height: 64 }, Fit::Keep { scale: 0.5 }));
}

/// A line on which nothing was learned yet.
fn line_of_plates() -> (tempfile::TempDir, Line) {
    let dir = tempfile::tempdir().unwrap();
    let [good, watched, folder] = ["good", "watched", "line"].map(|name| dir.path().join(name));
    [&good, &watched, &folder].into_iter().for_each(|folder| std::fs::create_dir(folder).unwrap());
    (0..24).for_each(|number| write_plate(&good.join(format!("{number}.ppm")), number));
    let settings = LineSettings { device: Some("cpu".to_owned()), ..LineSettings::new("Plate", good, watched) };
    let line = Line::init(&folder, LineSettings { judged_side: 64, ..settings }).unwrap();
    (dir, line)
}

fn learn_from(line: &Line, seed: u64) -> LearnedLine {
    learn_line(line, &LearnConfig { seed, ..config() }, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn live(line: &Line) -> String {
    Store::open(&line.folder).unwrap().live_model().unwrap().unwrap().id
}

#[test]
fn a_learned_model_that_judges_known_parts_wrongly_is_kept_and_what_judged_before_goes_on() {
    let (dir, mut line) = line_of_plates();
    let known = dir.path().join("known");
    std::fs::create_dir(&known).unwrap();
    // Whatever a model says of it is wrong: it is to be good and bad.
    write_plate(&known.join("plate.ppm"), 3);
    let asked = CheckSettings { good: Some(known.clone()), bad: Some(known), required: true };
    ask_for(&mut line, asked.clone());
    let first = learn_from(&line, 1);
    assert!(first.is_live(), "nothing goes on in its place, and the check at the start holds the line still");
    assert_eq!(live(&line), first.model);

    let second = learn_from(&line, 2);
    assert!(!second.is_live() && second.model != first.model);
    assert!(second.wrong_known.len() == 1 && second.wrong_known[0].contains("plate.ppm"), "{:?}", second.wrong_known);
    assert_eq!(live(&line), first.model);
    assert!(!line.folder.join(CHECKPOINT).exists(), "the model is stored");
    let refused = promote_model(&line, &second.model, "Kim").unwrap_err();
    assert!(matches!(refused, AppError::KnownPartsWrong { .. }), "{refused}");
    start_shadow(&Store::open(&line.folder).unwrap(), &second.model).unwrap();

    ask_for(&mut line, CheckSettings { good: Some(dir.path().join("gone")), ..asked.clone() });
    let mut reports = 0;
    let refused = learn_line(&line, &config(), &mut |_| {
        reports += 1;
        ControlFlow::Continue(())
    });
    assert!(matches!(refused, Err(AppError::FolderMissing { .. })) && reports == 0, "not after hours");
    ask_for(&mut line, CheckSettings { required: false, ..asked.clone() });
    let third = learn_from(&line, 3);
    assert!(third.is_live() && live(&line) == third.model);
    // What is asked for meanwhile counts, and a model is worth keeping though they are out of reach by then.
    for (seed, good) in [(4, asked.good.clone()), (5, Some(dir.path().join("gone")))] {
        let mut meanwhile = Some(CheckSettings { good, ..asked.clone() });
        ask_for(&mut line, CheckSettings { required: false, ..asked.clone() });
        let learned = learn_line(&line, &LearnConfig { seed, ..config() }, &mut |progress| {
            if let Some(check) = meanwhile.take_if(|_| progress.stage == LearnStage::Pretrain) {
                ask_for(&mut line.clone(), check);
            }
            ControlFlow::Continue(())
        });
        let learned = learned.unwrap();
        assert!(!learned.is_live() && learned.wrong_known.len() == 1, "{learned:?}");
        assert_eq!(live(&line), third.model);
    }
}

#[test]
fn a_model_goes_into_the_database_that_took_a_damaged_ones_place_while_it_was_learned() {
    let (_dir, line) = line_of_plates();
    let before = learn_from(&line, 1);
    Store::open(&line.folder).unwrap().back_up().unwrap();
    let mut restored = None;
    let learned = learn_line(&line, &LearnConfig { seed: 2, ..config() }, &mut |progress| {
        if progress.stage == LearnStage::Pretrain && restored.is_none() {
            std::fs::write(line.folder.join("sightline.db"), b"Shift 2: camera 1 was cleaned.").unwrap();
            // As inspection does it, which must not wait until it is learned.
            restored = Store::open_alone(&line.folder).unwrap().1;
        }
        ControlFlow::Continue(())
    });
    let learned = learned.unwrap();
    assert!(restored.is_some() && learned.model != before.model);
    assert_eq!(live(&line), learned.model);
    assert_eq!(Store::open(&line.folder).unwrap().model_before().unwrap().unwrap().id, before.model);
}

#[test]
fn a_cancelled_run_goes_on_and_its_checkpoint_goes_when_the_model_is_stored() {
    let (_dir, line) = line_of_plates();
    let folder = &line.folder;
    let learn_until = |steps: u64| {
        let mut first = None;
        let outcome = learn_line(&line, &config(), &mut |progress| {
            let training = progress.stage == LearnStage::Pretrain;
            first = first.or(training.then_some(progress.done));
            match training && progress.done >= steps {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        (outcome, first)
    };
    let (cancelled, _) = learn_until(2);
    assert!(cancelled.unwrap_err().is_cancel());
    assert!(folder.join(CHECKPOINT).is_dir());
    let (cancelled, first) = learn_until(3);
    assert_eq!((cancelled.unwrap_err().is_cancel(), first), (true, Some(3)), "it went on");
    forget_checkpoints(&line).unwrap();
    forget_checkpoints(&line).unwrap();
    let (learned, first) = learn_until(u64::MAX);
    assert_eq!((learned.unwrap().unreadable.len(), first), (0, Some(1)), "it started anew");
    assert!(!folder.join(CHECKPOINT).exists());
}

#[test]
fn unreadable_pictures_do_not_decide_and_a_folder_of_them_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let (broken, sound) = (dir.path().join("broken.png"), dir.path().join("sound.ppm"));
    std::fs::write(&broken, b"no picture").unwrap();
    write_ppm(&sound, (128, 128), |x, _| [x as u8; 3]);
    let both = propose_recipe("Lid", &[broken.clone(), sound], 64).unwrap();
    assert_eq!(both.input, PictureSize { width: 64, height: 64 });
    assert!(matches!(propose_recipe("Lid", &[broken], 64), Err(AppError::FolderEmpty { path }) if path == dir.path()));
    assert!(matches!(propose_recipe("Lid", &[], 64), Err(AppError::FolderEmpty { .. })));
}
