//! The line's state in the window's words.

use sightline_app::{DeskView, FolderLook, GalleryRow, LabelFilter};
use sightline_bridge::{
    CountersView, DriftView, FolderView, GalleryItem, LabelFilter as FilterWord, LineView, ModelView, PromiseView,
    SourceView,
};

pub(crate) fn line_view(view: &DeskView) -> LineView {
    let folder = |path: &std::path::Path| path.to_string_lossy().into_owned();
    let settings = view.settings.as_ref();
    LineView {
        name: settings.map(|settings| settings.name.clone()),
        good_folder: settings.map(|settings| folder(&settings.good_folder)),
        watch_folder: settings.map(|settings| folder(&settings.watch_folder)),
        device: Some(format!("{} · {}", view.device.id, view.device.name)),
        source: view.source.as_ref().map_or(SourceView::Stopped, Into::into),
        model: view.model.as_ref().map(|model| {
            let promise = PromiseView::new(&model.calibration, model.parts_missing);
            ModelView::new(&model.id, model.made_millis, promise)
        }),
        drift: view.drift.as_ref().and_then(DriftView::new),
        counters: CountersView::new(&view.totals.counters, view.totals.latency, view.totals.queue_depth),
        learning: view.progress.as_ref().map(Into::into),
        latest: view.latest.iter().map(Into::into).collect(),
        trouble: view.trouble.clone().map(Into::into),
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
