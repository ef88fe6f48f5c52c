//! What the engine announces, on its way to the window.

use anyhow::{Context, Result};
use crossbeam_channel::Receiver;
use sightline_app::Desk;
use sightline_bridge::{AlarmView, CountersView, DriftView, LineEvent};
use sightline_core::{Event, RetrainEnd};
use tauri::{AppHandle, Emitter};

use crate::models::trial_of;
use crate::views::{device_name, line_view};

/// Name of the one event channel.
const CHANNEL: &str = "line-event";

/// Forwards events on a thread of their own until the line ends.
pub(crate) fn forward(app: AppHandle, desk: Desk, heard: Receiver<Event>) -> Result<()> {
    let forward = move || {
        for event in heard {
            if let Some(event) = told(&desk, event)
                // A window that is gone hears nothing; inspection goes on.
                && let Err(error) = app.emit(CHANNEL, event)
            {
                eprintln!("sightline: the window could not be told: {error}");
            }
        }
    };
    std::thread::Builder::new().name("tell-window".to_owned()).spawn(forward).context("starting a thread")?;
    Ok(())
}

fn told(desk: &Desk, event: Event) -> Option<LineEvent> {
    Some(match event {
        Event::Source(state) => {
            desk.source_changed(&state);
            LineEvent::Source { source: (&state).into() }
        }
        Event::Judged { record, queue_depth } => {
            let totals = desk.count(&record, queue_depth);
            let counters = CountersView::new(&totals.counters, totals.latency, totals.queue_depth);
            LineEvent::Judged { part: Box::new(record.as_ref().into()), counters }
        }
        Event::StoreFailed { detail } => LineEvent::StoreFailed { detail },
        Event::Alarms(alarms) => LineEvent::Alarms { alarms: alarms.iter().map(AlarmView::from).collect() },
        Event::Device { id, name } => LineEvent::Device { device: device_name(&id, &name) },
        Event::Drift(drift) => LineEvent::Drift { drift: DriftView::new(&drift) },
        Event::Learning(progress) => LineEvent::Learning { progress: (&progress).into() },
        Event::Learned { .. } => LineEvent::Learned { line: Box::new(line_view(&desk.view().ok()?)) },
        Event::ModelChanged { .. } => LineEvent::ModelChanged { line: Box::new(line_view(&desk.view().ok()?)) },
        Event::Retrained(RetrainEnd { challenger, promoted, before }) => LineEvent::RetrainDone {
            promoted,
            nothing_new: challenger.is_none(),
            before,
            trial: challenger.and_then(|id| trial_of(desk, &id)).map(Box::new),
        },
        Event::LearningStopped { error } => LineEvent::LearningStopped { error: error.map(Into::into) },
    })
}
