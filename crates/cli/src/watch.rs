//! `sightline watch`

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use crossbeam_channel::{Receiver, Select, bounded};
use sightline_app::live::{EVENTS_WAITING, LiveLine};
use sightline_app::{Line, Store, choose_device, load_live_model, release_line, verdict_name};
use sightline_core::{Alarm, Drift, Event, Record, SourceState};

use crate::Outcome;
use crate::arguments::Watch;
use crate::interrupt::Interrupt;
use crate::progress::print_json;
use crate::table::{promise_in_words, summary};

/// How long the loop sleeps before it looks at Ctrl-C again.
const LOOK: Duration = Duration::from_millis(200);

pub(crate) fn run(arguments: &Watch) -> Result<Outcome> {
    let lines: Vec<Line> = arguments.lines.iter().map(|folder| Line::open(folder)).collect::<Result<_, _>>()?;
    watch_lines(&lines, arguments.parts, arguments.json, &Interrupt::listen()?)
}

/// A line that is watched, with what its verdicts are told with.
struct Watched {
    /// Its name, where several are watched.
    name: Option<String>,
    store: Arc<Store>,
    live: LiveLine,
    events: Receiver<Event>,
}

/// Watches until Ctrl-C or until `parts` verdicts are stored, on all lines together.
pub(crate) fn watch_lines(lines: &[Line], parts: Option<u64>, json: bool, interrupt: &Interrupt) -> Result<Outcome> {
    let several = lines.len() > 1;
    let watched: Vec<Watched> = lines.iter().map(|line| start(line, several, json)).collect::<Result<_>>()?;
    if !json {
        println!("{:<10} {:<28} {:>8} {:>8} {:>9} {:>6}", "verdict", "part", "score", "limit", "latency", "queue");
    }
    follow(&watched, parts, json, interrupt);
    for Watched { name, store, live, .. } in watched {
        drop(live);
        if !json {
            let name = name.map(|name| format!("{name}: ")).unwrap_or_default();
            println!("{name}{}", summary(&store.counters()?, store.latency_quantiles(1000)?));
        }
    }
    Ok(Outcome::Fine)
}

fn start(line: &Line, several: bool, json: bool) -> Result<Watched> {
    let (store, restored) = Store::open_alone(&line.folder)?;
    let store = Arc::new(store);
    let device = choose_device(line.settings.device.as_deref())?;
    let model = load_live_model(&store, &line.folder, &device)?;
    let (calibration, parts_missing) = (model.judge.calibration().clone(), model.card.parts_missing());
    let promised = calibration.promise().is_some();
    let (sender, events) = bounded(EVENTS_WAITING);
    release_line(line, &store, &model, &|| false)?;
    let live = LiveLine::start(line, Arc::clone(&store), model, sender)?;
    if let Some(restored) = &restored {
        live.tell_restored(restored);
    }
    let drift = live.drift();
    let device = live.device();
    if !json {
        println!("watching {} on {} ({})", line.settings.watch_folder.display(), device.id, device.name);
        if !promised || drift.alarm.is_none() {
            println!("{}", promise_in_words(&calibration, parts_missing));
        }
    }
    tell_drift(&drift, promised, json);
    let name = several.then(|| line.settings.name.clone());
    Ok(Watched { name, store, live, events })
}

fn follow(watched: &[Watched], parts: Option<u64>, json: bool, interrupt: &Interrupt) {
    let mut select = Select::new();
    for line in watched {
        select.recv(&line.events);
    }
    let mut judged = 0;
    while !interrupt.is_set() && parts.is_none_or(|parts| judged < parts) {
        let Ok(ready) = select.select_timeout(LOOK) else { continue };
        let Some(line) = watched.get(ready.index()) else { return };
        let Ok(event) = ready.recv(&line.events) else { return };
        if matches!(event, Event::Judged { .. }) {
            judged += 1;
        }
        tell_event(line, event, json);
    }
}

fn tell_event(line: &Watched, event: Event, json: bool) {
    match event {
        Event::Judged { record, queue_depth } => tell(line.name.as_deref(), &record, queue_depth, json),
        Event::Drift(drift) => tell_drift(&drift, promises(&line.live), json),
        Event::Source(SourceState::Lost { detail }) => eprintln!("the watched folder is lost: {detail}"),
        Event::Source(state) => eprintln!("source: {}", source_name(&state)),
        Event::Alarms(alarms) => tell_alarms(line.name.as_deref(), &alarms, json),
        Event::Device { id, name } => eprintln!("judging on {id} ({name})"),
        Event::StoreFailed { detail } => eprintln!("not stored yet, trying again: {detail}"),
        Event::ModelChanged { model } => eprintln!("model {model} judges from here on"),
        // Told where such a run is started.
        Event::Learning(_) | Event::Learned { .. } | Event::Retrained(_) | Event::LearningStopped { .. } => {}
    }
}

/// Whether the model that judges now promises something.
fn promises(live: &LiveLine) -> bool {
    live.model().judge.calibration().promise().is_some()
}

/// Says what goes wrong now, all of it, whenever something begins or ends.
fn tell_alarms(line: Option<&str>, alarms: &[Alarm], json: bool) {
    if json {
        let alarms: Vec<_> = alarms
            .iter()
            .map(|alarm| serde_json::json!({ "cause": alarm.cause.name(), "detail": alarm.detail }))
            .collect();
        print_json(&serde_json::json!({ "line": line, "alarms": alarms }));
    } else if alarms.is_empty() {
        eprintln!("all alarms are over");
    }
    for alarm in alarms {
        eprintln!("alarm {}: {}", alarm.cause.name(), alarm.detail);
    }
}

fn source_name(state: &SourceState) -> &'static str {
    match state {
        SourceState::Watching => "watching",
        SourceState::Polling => "polling",
        SourceState::Lost { .. } => "lost",
    }
}

/// Says that parts look different, which suspends a promise; nothing while they look as they should.
fn tell_drift(drift: &Drift, promised: bool, json: bool) {
    let Some(since) = drift.alarm else { return };
    let at = jiff::Timestamp::from_millisecond(since.stored_millis).ok();
    let at = at.map(|at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
    if json {
        print_json(&serde_json::json!({
            "drift": {
                "since": at,
                "since_id": since.part,
                "parts_compared": drift.parts_seen,
                "log_wealth": drift.log_wealth,
                "promise_suspended": promised,
            },
        }));
        return;
    }
    println!(
        "{}parts look different since {} (part {}). Check the camera and the light. If parts are meant to look like \
         this, add such good parts to the folder and run `sightline learn`",
        if promised { "promise suspended: " } else { "" },
        at.unwrap_or_default(),
        since.part
    );
}

fn tell(line: Option<&str>, record: &Record, queue_depth: usize, json: bool) {
    let judged = &record.judged;
    if json {
        print_json(&serde_json::json!({
            "line": line,
            "id": record.id,
            "file": judged.arrival.path,
            "part": judged.arrival.part_id(),
            "lot": judged.arrival.name.lot,
            "view": judged.arrival.name.view,
            "verdict": verdict_name(judged.verdict),
            "score": judged.score,
            "reject_above": record.reject_above,
            "p_value": judged.p_value,
            "latency_millis": judged.latency_millis,
            "model": judged.model,
            "detail": judged.detail,
        }));
        return;
    }
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    println!(
        "{:<10} {:<28} {:>8} {:>8} {:>6.0} ms {:>6}  {}",
        verdict_name(judged.verdict),
        line.map(|line| format!("{line}: ")).unwrap_or_default() + &judged.arrival.part_id(),
        number(judged.score),
        number(record.reject_above),
        judged.latency_millis,
        queue_depth,
        judged.detail.as_deref().unwrap_or_default()
    );
}
