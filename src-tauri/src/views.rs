//! The line's state in the window's words.

use sightline_app::{Corners, DeskView, FolderLook, GalleryRow, LabelFilter, LineCheck, RecipeSettings, RegionCard};
use sightline_bridge::{
    AlarmView, CheckView, CountersView, DriftView, FolderView, GalleryItem, LabelFilter as FilterWord, LineView,
    LiveModelView, PromiseView, RecipeView, RegionView, SourceView,
};

use crate::arrivals::arrivals_view;

pub(crate) fn line_view(view: &DeskView) -> LineView {
    let folder = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let settings = view.settings.as_ref();
    // What is not set down was asked for at the last learning alone.
    let made = view.model.as_ref().map_or((false, false), |model| (model.all_ways, model.grain));
    let (all_ways, grain) = settings.map_or(made, |settings| settings.learning.ways_and_grain(made));
    LineView {
        name: settings.map(|settings| settings.name.clone()),
        good_folder: settings.map(|settings| folder(&settings.good_folder)),
        watch_folder: settings.map(|settings| folder(&settings.watch_folder)),
        may_turn: settings.is_some_and(|settings| settings.may_turn),
        may_flip: settings.is_some_and(|settings| settings.may_flip),
        all_ways,
        grain,
        arrivals: settings.map(|settings| arrivals_view(&settings.arrivals)).unwrap_or_default(),
        recipe: recipe_view(&settings.map(|settings| settings.recipe.clone()).unwrap_or_default()),
        device: Some(device_name(&view.device.id, &view.device.name)),
        source: view.source.as_ref().map_or(SourceView::Stopped, Into::into),
        model: view.model.as_ref().map(|model| {
            let promise = PromiseView::new(&model.calibration, model.parts_missing);
            LiveModelView::new(&model.id, model.made_millis, promise)
        }),
        drift: view.drift.as_ref().and_then(DriftView::new),
        counters: CountersView::new(&view.totals.counters, view.totals.latency, view.totals.queue_depth),
        learning: view.progress.as_ref().map(Into::into),
        latest: view.latest.iter().map(Into::into).collect(),
        trouble: view.trouble.clone().map(Into::into),
        alarms: view.alarms.iter().map(AlarmView::from).collect(),
        check: view.check.as_ref().map(check_view),
        can_check: settings.is_some_and(|settings| settings.check.good.is_some() || settings.check.bad.is_some()),
    }
}

fn check_view(check: &LineCheck) -> CheckView {
    CheckView::new(check.made_millis, check.parts, &check.wrong)
}

/// A device as the window names it.
pub(crate) fn device_name(id: &str, name: &str) -> String {
    format!("{id} · {name}")
}

fn recipe_view(recipe: &RecipeSettings) -> RecipeView {
    let normal = recipe.variation();
    let area = |corners: &Corners| corners.iter().map(|&[x, y]| (x, y)).collect();
    RecipeView {
        region: recipe.region.map(|RegionCard { left, top, right, bottom }| RegionView { left, top, right, bottom }),
        ignore: recipe.ignore.iter().map(area).collect(),
        align: recipe.align,
        shift: normal.shift,
        brightness: normal.brightness,
        contrast: normal.contrast,
        gradient: normal.gradient,
    }
}

/// What was drawn and entered, unchecked: the line's settings are checked as a whole.
pub(crate) fn recipe_settings(recipe: RecipeView) -> RecipeSettings {
    let area = |corners: Vec<(f32, f32)>| corners.into_iter().map(|(x, y)| [x, y]).collect();
    RecipeSettings {
        region: recipe.region.map(|RegionView { left, top, right, bottom }| RegionCard { left, top, right, bottom }),
        ignore: recipe.ignore.into_iter().map(area).collect(),
        align: recipe.align,
        shift: Some(recipe.shift),
        brightness: Some(recipe.brightness),
        contrast: Some(recipe.contrast),
        gradient: Some(recipe.gradient),
    }
}

pub(crate) fn folder_view(look: &FolderLook) -> FolderView {
    FolderView {
        folder: look.folder.to_string_lossy().into_owned(),
        pictures: look.pictures.len() as u32,
        unreadable: look.unreadable as u32,
        width: look.size.map(|size| size.width),
        height: look.size.map(|size| size.height),
        samples: look.samples.len() as u32,
        minimum: look.minimum as u32,
        needed_for_promise: look.needed_for_promise as u32,
    }
}

pub(crate) fn gallery_item(row: &GalleryRow) -> GalleryItem {
    GalleryItem {
        part: (&row.record).into(),
        tag: row.tag.map(Into::into),
        classes: row.classes.iter().map(|class| class.0).collect(),
        marks: row.marks as u32,
        checked: row.checked,
    }
}

pub(crate) fn label_filter(word: FilterWord) -> LabelFilter {
    match word {
        FilterWord::Any => LabelFilter::Any,
        FilterWord::Unlabelled => LabelFilter::Unlabelled,
        FilterWord::Labelled => LabelFilter::Labelled,
        FilterWord::Good => LabelFilter::Good,
        FilterWord::Defect => LabelFilter::Defect,
        FilterWord::Unchecked => LabelFilter::Unchecked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sightline_app::{LearningSettings, LineSettings, ModelFacts, Totals, choose_device};
    use sightline_core::Calibration;

    #[test]
    fn boxes_of_set_up_show_what_was_ticked_and_else_how_the_live_model_was_learned() {
        let model = |all_ways, grain| ModelFacts {
            id: String::new(),
            made_millis: 0,
            calibration: Calibration::new(vec![1.0], 0.01, 0.95).unwrap(),
            parts_missing: 0,
            all_ways,
            grain,
        };
        let boxes = |said: Option<LearningSettings>, model| {
            let view = line_view(&DeskView {
                settings: said.map(|learning| LineSettings { learning, ..LineSettings::new("Tile", "good", "watch") }),
                device: choose_device(Some("cpu")).unwrap(),
                source: None,
                model,
                drift: None,
                totals: Totals::default(),
                progress: None,
                latest: Vec::new(),
                trouble: None,
                alarms: Vec::new(),
                check: None,
            });
            (view.all_ways, view.grain)
        };
        let said = |all_ways, grain| Some(LearningSettings { all_ways, grain, ..LearningSettings::default() });
        assert_eq!(boxes(None, None), (false, false));
        assert_eq!(boxes(said(None, None), Some(model(true, false))), (true, false));
        assert_eq!(boxes(said(None, None), Some(model(false, true))), (false, true));
        assert_eq!(boxes(said(Some(false), Some(true)), Some(model(true, false))), (false, true));
    }
}
