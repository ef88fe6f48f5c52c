//! What the window may ask about labels. What it says is parsed and measured in the bridge.

use sightline_app::{self as app, AppError, Desk, GalleryFilter, KeptLabel, LabelFilter};
use sightline_bridge::{
    ClassView, ErrorCode, Feedback, GalleryPage, GalleryRequest, HostError, LabelContent, LabelView, ShapeView,
    mask_from_text, mask_text,
};
use sightline_core::{ClassId, PictureSize};
use tauri::State;

use crate::commands::{Answer, refused};
use crate::opening::Opened;
use crate::views::{gallery_item, label_filter};

/// Parts that one page may have.
const MOST_ITEMS: u32 = 500;
/// Pixels by which a mask grows at once.
const MOST_GROWTH: i32 = 256;

#[tauri::command]
pub(crate) async fn gallery(opened: State<'_, Opened>, request: GalleryRequest) -> Answer<GalleryPage> {
    let desk = opened.desk()?;
    let store = desk.store();
    let kept = |error: app::StoreError| refused(error.into());
    let filter = GalleryFilter {
        verdict: request.verdict.map(Into::into),
        label: label_filter(request.label),
        class: request.class.map(ClassId),
    };
    let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let limit = request.limit.min(MOST_ITEMS) as usize;
    let asked = request.parts.map(|parts| parts.into_iter().take(limit).map(i64::from).collect::<Vec<_>>());
    let by_label = filter.label != LabelFilter::Any || filter.class.is_some();
    let (upto, total, parts) = match request.upto {
        Some(upto) => (i64::from(upto), None, None),
        None if by_label => {
            let upto = store.newest_part().map_err(kept)?;
            let parts = store.gallery_numbers(&filter, upto).map_err(kept)?;
            (upto, Some(number(parts.len() as u64)), Some(parts))
        }
        None => {
            let upto = store.newest_part().map_err(kept)?;
            (upto, Some(number(store.gallery_count(&filter, upto).map_err(kept)?)), None)
        }
    };
    let rows = match &asked {
        Some(parts) => store.gallery_parts(parts).map_err(kept)?,
        None => store.gallery(&filter, upto, request.skip as usize, limit).map_err(kept)?,
    };
    let known = |part: i64| u32::try_from(part).unwrap_or(u32::MAX);
    let parts = parts.map(|parts| parts.into_iter().map(known).collect());
    Ok(GalleryPage { total, upto: known(upto), parts, items: rows.iter().map(gallery_item).collect() })
}

#[tauri::command]
pub(crate) async fn classes(opened: State<'_, Opened>) -> Answer<Vec<ClassView>> {
    let classes = opened.desk()?.store().classes().map_err(|error| refused(error.into()))?;
    Ok(classes.iter().map(Into::into).collect())
}

#[tauri::command]
pub(crate) async fn add_class(opened: State<'_, Opened>, name: String) -> Answer<ClassView> {
    let class = opened.desk()?.store().add_class(&name, None, "").map_err(|error| refused(error.into()))?;
    Ok((&class).into())
}

#[tauri::command]
pub(crate) async fn change_class(opened: State<'_, Opened>, class: ClassView) -> Answer<()> {
    let class = class.parse()?;
    opened.desk()?.store().change_class(&class).map_err(|error| refused(error.into()))
}

#[tauri::command]
pub(crate) async fn label_of(opened: State<'_, Opened>, part: u32) -> Answer<LabelView> {
    let kept = opened.desk()?.store().label(i64::from(part)).map_err(|error| refused(error.into()))?;
    Ok(label_view(part, kept))
}

#[tauri::command]
pub(crate) async fn set_label(opened: State<'_, Opened>, part: u32, content: LabelContent) -> Answer<LabelView> {
    let desk = opened.desk()?;
    let label = content.parse(picture_size(&desk, part)?)?;
    let kept = desk.store().set_label(i64::from(part), &label, &app::person());
    Ok(label_view(part, Some(kept.map_err(|error| refused(error.into()))?)))
}

#[tauri::command]
pub(crate) async fn undo_label(opened: State<'_, Opened>, part: u32) -> Answer<LabelView> {
    let desk = opened.desk()?;
    let store = desk.store();
    let undone = store.undo_label(i64::from(part), &app::person()).map_err(|error| refused(error.into()))?;
    undone.map_or_else(|| label_now(store, part), |kept| Ok(label_view(part, Some(kept))))
}

#[tauri::command]
pub(crate) async fn redo_label(opened: State<'_, Opened>, part: u32) -> Answer<LabelView> {
    let desk = opened.desk()?;
    let store = desk.store();
    let redone = store.redo_label(i64::from(part), &app::person()).map_err(|error| refused(error.into()))?;
    redone.map_or_else(|| label_now(store, part), |kept| Ok(label_view(part, Some(kept))))
}

#[tauri::command]
pub(crate) async fn give_feedback(opened: State<'_, Opened>, part: u32, feedback: Feedback) -> Answer<LabelView> {
    let desk = opened.desk()?;
    let store = desk.store();
    let kept = app::give_feedback(store, i64::from(part), feedback.into(), &app::person()).map_err(refused)?;
    Ok(label_view(part, Some(kept)))
}

/// The heat map's region as compressed runs; none where there is none.
#[tauri::command]
pub(crate) async fn propose_mask(opened: State<'_, Opened>, part: u32) -> Answer<Option<String>> {
    let mask = app::propose_mask(opened.desk()?.store(), i64::from(part)).map_err(refused)?;
    Ok(mask.as_ref().map(mask_text))
}

#[tauri::command]
pub(crate) async fn magic_wand(opened: State<'_, Opened>, part: u32, x: u32, y: u32, tolerance: u8) -> Answer<String> {
    let mask = app::magic_wand(opened.desk()?.store(), i64::from(part), x, y, tolerance).map_err(refused)?;
    Ok(mask_text(&mask))
}

/// A rough area with its border at the picture's edges.
#[tauri::command]
pub(crate) async fn refine_area(opened: State<'_, Opened>, part: u32, shape: ShapeView) -> Answer<String> {
    let desk = opened.desk()?;
    let shape = shape.parse(picture_size(&desk, part)?)?;
    let mask = app::refine_area(desk.store(), i64::from(part), &shape).map_err(refused)?;
    Ok(mask_text(&mask))
}

/// Grows a mask by so many pixels to each side; a negative number shrinks it.
#[tauri::command]
pub(crate) async fn grow_mask(opened: State<'_, Opened>, part: u32, counts: String, by: i32) -> Answer<String> {
    let mask = mask_from_text(&counts, picture_size(&opened.desk()?, part)?)?;
    let by = by.clamp(-MOST_GROWTH, MOST_GROWTH);
    let grown = if by < 0 { mask.shrunk(by.unsigned_abs()) } else { mask.grown(by.unsigned_abs()) };
    Ok(mask_text(&grown.map_err(|error| refused(error.into()))?))
}

fn label_now(store: &app::Store, part: u32) -> Answer<LabelView> {
    Ok(label_view(part, store.label(i64::from(part)).map_err(|error| refused(error.into()))?))
}

fn label_view(part: u32, kept: Option<KeptLabel>) -> LabelView {
    kept.map_or_else(
        || LabelView::none(part),
        |kept| LabelView::new(part, &kept.label, kept.can_undo, kept.can_redo, (&kept.who, kept.made_millis)),
    )
}

/// A part without a readable picture may have a tag and a note: then any mark is outside.
fn picture_size(desk: &Desk, part: u32) -> Answer<PictureSize> {
    let stored = desk.store().part(i64::from(part)).map_err(|error| refused(error.into()))?;
    let Some(stored) = stored else {
        return Err(refused(AppError::NoPart { name: part.to_string() }));
    };
    let one = PictureSize { width: 1, height: 1 };
    let size = stored.record.judged.size.unwrap_or(one);
    if size.width == 0 || size.height == 0 {
        return Err(HostError { code: ErrorCode::Internal, detail: format!("part {part} has an empty picture") });
    }
    Ok(size)
}
