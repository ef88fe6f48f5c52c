//! What the window may ask about names and folders of the files that arrive.

use std::path::Path;

use sightline_app::{ArrivalSettings, ArrivalsLook, ArrivalsSeen, PatternError, WrongPattern, look_at_arrivals};
use sightline_bridge::{
    ArrivalsLook as LookView, ArrivalsSeenView, ArrivalsView, LineView, NamedView, PatternFault, PatternField,
    WrongPatternView,
};
use tauri::State;

use crate::commands::{Answer, refused};
use crate::opening::Opened;
use crate::training::{beside, number};
use crate::views::line_view;

#[tauri::command]
pub(crate) async fn look_at_files(folder: String, arrivals: ArrivalsView) -> Answer<LookView> {
    // A folder on a network takes its time.
    beside(move || {
        let settings = arrival_settings(arrivals, ArrivalSettings::default());
        look_at_arrivals(&settings, Path::new(&folder)).map(look_view).map_err(refused)
    })
    .await
}

#[tauri::command]
pub(crate) async fn set_arrivals(opened: State<'_, Opened>, arrivals: ArrivalsView) -> Answer<LineView> {
    let desk = opened.desk()?;
    // The model is loaded anew.
    beside(move || {
        let before = desk.settings().map_err(refused)?.map(|settings| settings.arrivals).unwrap_or_default();
        desk.set_arrivals(arrival_settings(arrivals, before)).map_err(refused)?;
        desk.view().map(|view| line_view(&view)).map_err(refused)
    })
    .await
}

pub(crate) fn arrivals_view(settings: &ArrivalSettings) -> ArrivalsView {
    ArrivalsView { pattern: settings.pattern.clone(), subfolders: settings.subfolders.clone() }
}

/// What was entered; what the screen does not ask for stays as it was.
pub(crate) fn arrival_settings(entered: ArrivalsView, before: ArrivalSettings) -> ArrivalSettings {
    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    ArrivalSettings { pattern: said(entered.pattern), subfolders: said(entered.subfolders), ..before }
}

fn look_view(look: ArrivalsLook) -> LookView {
    match look {
        ArrivalsLook::Wrong(wrong) => LookView::Wrong { wrong: wrong_view(&wrong) },
        ArrivalsLook::Seen(ArrivalsSeen { pictures, folders, unfit, named }) => {
            let named = named.into_iter().map(|(path, name)| {
                let (file, fits, name) =
                    (path.to_string_lossy().into_owned(), name.is_some(), name.unwrap_or_default());
                NamedView { file, fits, part: name.part, lot: name.lot, view: name.view }
            });
            let [pictures, folders, unfit] = [pictures, folders, unfit].map(number);
            LookView::Seen { seen: ArrivalsSeenView { pictures, folders, unfit, named: named.collect() } }
        }
    }
}

fn wrong_view(WrongPattern { field, error }: &WrongPattern) -> WrongPatternView {
    let place = error.place().unwrap_or_default();
    WrongPatternView {
        field: match field {
            sightline_app::PatternField::Name => PatternField::Name,
            sightline_app::PatternField::Subfolders => PatternField::Subfolders,
        },
        fault: match error {
            PatternError::Length => PatternFault::Length,
            PatternError::Brace { .. } => PatternFault::Brace,
            PatternError::Field { .. } => PatternFault::Field,
            PatternError::Twice { .. } => PatternFault::Twice,
            PatternError::Adjacent { .. } => PatternFault::Adjacent,
            PatternError::TooLarge { .. } => PatternFault::TooLarge,
        },
        from: number(place.start),
        to: number(place.end),
    }
}
