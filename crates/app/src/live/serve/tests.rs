//! What another program on this machine reads.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crossbeam_channel::bounded;
use sightline_core::{AlarmCause, Event};

use super::*;
use crate::live::tests::learned_line;
use crate::live::{EVENTS_WAITING, LiveLine};

/// The status line and the body of an answer.
fn ask(address: SocketAddr, question: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // A question that is too long is answered, or cut off, before all of it was sent.
    let sent = stream.write_all(format!("{question} HTTP/1.1\r\nHost: line\r\n\r\n").as_bytes());
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    if question.len() < MAX_QUESTION_BYTES {
        sent.and(read).unwrap();
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

#[test]
fn health_and_metrics_are_told_while_the_line_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (mut line, store, model) = learned_line(dir.path());
    line.settings.health.listen = Some("127.0.0.1:0".parse().unwrap());
    let (sender, events) = bounded(EVENTS_WAITING);
    let live = LiveLine::start(&line, store, model.clone(), sender).unwrap();
    crate::testing::write_plate(&line.settings.watch_folder.join("new.ppm"), 40);
    while !matches!(events.recv_timeout(Duration::from_secs(60)).unwrap(), Event::Judged { .. }) {}
    let address = live.served.as_ref().unwrap().address;

    // The verdict is told by the stage that stores it, which counts the part as done only afterwards.
    let asked = Instant::now();
    let (status, body, told) = loop {
        let (status, body) = ask(address, "GET /health");
        let told: serde_json::Value = serde_json::from_str(&body).unwrap();
        if told["queue_depth"] == 0 || asked.elapsed() > Duration::from_secs(60) {
            break (status, body, told);
        }
    };
    assert!(status.contains("200"), "{status}: {body}");
    assert_eq!((&told["state"], &told["line"], &told["model"]), (&"ok".into(), &"Plate".into(), &model.id.into()));
    assert_eq!(told["alarms"], serde_json::json!([]));
    let verdicts = told["verdicts"].as_object().unwrap();
    assert_eq!(verdicts.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), 1, "{told:#}");
    let stages = told["stages"].as_array().unwrap();
    assert!(stages.iter().take(3).all(|stage| stage["done"] == 1), "{told:#}");
    let beside = stages[2]["steps"].as_array().unwrap();
    assert!(beside.len() == 1 && beside[0]["spent_seconds"].as_f64().unwrap() > 0.0, "{told:#}");
    // Whatever the stages of a part's way do, their steps take a part of their time; the thumbnail is made beside them.
    for (stage, steps) in [(0, 3), (1, 1)].map(|(at, steps)| (&stages[at], steps)) {
        let told = |value: &serde_json::Value| value["spent_seconds"].as_f64().unwrap();
        let within: Vec<f64> = stage["steps"].as_array().unwrap().iter().map(told).collect();
        assert!(within.len() == steps && within.iter().all(|seconds| *seconds > 0.0), "{stage:#}");
        // Each is counted in whole microseconds.
        assert!(within.iter().sum::<f64>() <= told(stage) + 1e-5, "{stage:#}");
    }

    live.shared.health.trouble_if(AlarmCause::DiskLow, Some("3 MiB are free".into()));
    let (status, body) = ask(address, "GET /health");
    assert!(status.contains("503") && body.contains("3 MiB are free"), "{status}: {body}");
    let (status, body) = ask(address, "GET /metrics");
    assert!(status.contains("200"), "{status}");
    for line in [
        "sightline_up{line=\"Plate\"} 0",
        "sightline_alarm{line=\"Plate\",cause=\"diskLow\"} 1",
        "sightline_alarm{line=\"Plate\",cause=\"deviceLost\"} 0",
        "sightline_stage_parts_total{line=\"Plate\",stage=\"judge\"} 1",
        "# TYPE sightline_step_seconds_total counter",
        "# TYPE sightline_verdicts_total counter",
    ] {
        assert!(body.lines().any(|told| told == line), "no {line} in:\n{body}");
    }

    assert!(ask(address, "GET /").0.contains("404"));
    assert!(ask(address, "POST /health").0.contains("405"));
    let long = format!("GET /{}", "x".repeat(2 * MAX_QUESTION_BYTES));
    assert!(!ask(address, &long).0.contains("200"));
    // A second line cannot have the same port, and says which it is.
    line.settings.health.listen = Some(address);
    let (again, events) = (line.clone(), bounded(1).0);
    let error = LiveLine::start(&again, live.shared.store.clone(), live.shared.judges.now().as_ref().clone(), events);
    assert!(error.map(drop).unwrap_err().to_string().contains(&address.to_string()));
    drop(live);
    assert!(TcpStream::connect(address).is_err(), "it still answers");
}
