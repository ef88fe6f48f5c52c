//! What can still be said and done when a model's file was removed.

use std::fs;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sightline_model::Artefact;
use sightline_store::ModelRow;

use super::*;
use crate::live::{EVENTS_WAITING, LiveLine};
use crate::screen::recipe_of;
use crate::testing::{config, write_plate};
use crate::{
    Line, LineSettings, choose_device, export_bundle, import_bundle, learn_line, load_live_model, promote_model,
    roll_back,
};

/// A line that has learned, and the ids of models that were made before that from other seeds, oldest first.
fn line_with_old_models(dir: &Path, count: u64) -> (Line, Store, Vec<String>) {
    let [good, watched, folder] = ["good", "watched", "line"].map(|name| dir.join(name));
    [&good, &watched].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
    (0..24).for_each(|number| write_plate(&good.join(format!("{number:02}.ppm")), number));
    let settings = LineSettings { device: Some("cpu".to_owned()), ..LineSettings::new("Plate", good, watched) };
    let line = Line::init(&folder, LineSettings { judged_side: 64, ..settings }).unwrap();
    let learned = learn_line(&line, &config(), &mut |_| ControlFlow::Continue(())).unwrap();
    let store = Store::open(&folder).unwrap();
    let mut model = read(&store, &learned.model).unwrap();
    let ids = (0..count).map(|number| old_model(&store, &mut model, number)).collect();
    (line, store, ids)
}

fn old_model(store: &Store, model: &mut Artefact, number: u64) -> String {
    model.card.made.seed = 100 + number;
    let id = store.put_model_file(&model.to_bytes().unwrap()).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(86_400);
    File::options().write(true).open(store.model_path(&id)).unwrap().set_modified(long_ago).unwrap();
    let row = ModelRow { made_millis: number as i64, ..crate::learning::model_row(id, &model.card) };
    store.add_model(&row).unwrap();
    row.id
}

fn gone(store: &Store) -> Vec<String> {
    let mut gone: Vec<String> =
        line_models(store).unwrap().into_iter().filter(|model| model.gone).map(|model| model.known.row.id).collect();
    gone.reverse();
    gone
}

#[test]
fn a_model_whose_file_was_removed_says_so_and_can_be_brought_back() {
    let dir = tempfile::tempdir().unwrap();
    let (line, store, ids) = line_with_old_models(dir.path(), 5);
    let bundle = dir.path().join("old.sightline");
    export_bundle(&line, Some(&ids[0]), &bundle).unwrap();
    let recipe = recipe_of(&store, &ids[0]);
    let keep = |models| KeepSettings { models, ..KeepSettings::default() };
    remove_old_models(&store, &keep(3), &|| false);
    assert_eq!(gone(&store), Vec::<String>::new());
    remove_old_models(&store, &keep(1), &|| false);
    assert_eq!(gone(&store), ids[..2], "the live one and the two newest others stay anyway");

    let models = line_models(&store).unwrap();
    assert_eq!(models.len(), 6);
    assert!(models.iter().all(|model| model.gone == model.card.is_none()));
    assert!(recipe.is_some() && recipe_of(&store, &ids[0]) == recipe, "its heat maps are still shown");
    assert_eq!(left_card(&store, &ids[1]).unwrap().made.seed, 101);
    let live = store.live_model().unwrap();
    for refused in [
        promote_model(&line, &ids[0], "Kim").map(|_| ()),
        export_bundle(&line, Some(&ids[0]), &dir.path().join("out")).map(|_| ()),
        start_shadow(&store, &ids[0]),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), sightline_core::Code::ModelDamaged);
        assert!(refused.to_string().contains("is gone") && refused.to_string().contains(&ids[0]), "{refused}");
    }
    assert_eq!(store.live_model().unwrap(), live);

    assert_eq!(import_bundle(&line, &bundle).unwrap(), ids[0]);
    assert_eq!(gone(&store), ids[1..2]);
    promote_model(&line, &ids[0], "Kim").unwrap();
    remove_old_models(&store, &keep(0), &|| false);
    assert_eq!(roll_back(&line, "Kim").unwrap().id, live.unwrap().id, "what judged before stays");
}

#[test]
fn a_run_that_ends_with_a_model_removes_old_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (mut line, store, ids) = line_with_old_models(dir.path(), 5);
    line.settings.keep.models = 0;
    let again = sightline_train::LearnConfig { seed: 2, ..config() };
    let learned = learn_line(&line, &again, &mut |_| ControlFlow::Continue(())).unwrap();
    // The newest three: the model of this run, the one before it, and the newest old one.
    assert_eq!(gone(&store), ids[..4]);
    assert_eq!(store.live_model().unwrap().unwrap().id, learned.model);
}

#[test]
fn a_line_that_is_watched_removes_old_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (mut line, store, ids) = line_with_old_models(dir.path(), 5);
    line.settings.keep.models = 0;
    let model = load_live_model(&store, &line.folder, &choose_device(Some("cpu")).unwrap()).unwrap();
    let (store, (sender, _heard)) = (Arc::new(store), crossbeam_channel::bounded(EVENTS_WAITING));
    let live = LiveLine::start(&line, Arc::clone(&store), model, sender).unwrap();
    let started = Instant::now();
    while gone(&store) != ids[..3] {
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", gone(&store));
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(live);
}
