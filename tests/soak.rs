//! An hour of a busy line: small parts at a steady rate into a folder that a process of its own watches, its memory, queue
//! and latency read every minute, arrivals counted against records at the end. `cargo xtask bench soak` runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a program that cannot go on says where")]

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use sightline_app::{KeepSettings, Line};
use sightline_tests::{Running, TestLine, drop_file, good_part, wait_until};

const MINUTE: Duration = Duration::from_secs(60);

/// Caches fill and the allocator finds its level before memory is compared.
const SETTLING_MINUTES: usize = 10;

/// The camera removes its files after so many minutes, judged or not.
const CAMERA_KEEPS_MINUTES: u64 = 10;

/// Parts whose pictures the line keeps: old ones are removed all through the run.
const KEPT_PICTURES: u64 = 5000;

/// How the line was in one minute.
struct Minute {
    /// Resident memory in MiB; none where the system has no `/proc`.
    memory: Option<f64>,
    queue: u64,
    p50: f64,
    p99: f64,
}

fn main() {
    // What builds all targets may start them too.
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "time") {
        let number = |behind: usize| arguments[at + behind].parse().unwrap();
        soak(number(1), number(2));
    }
}

fn soak(minutes: u64, per_second: u64) {
    let line = TestLine::learned();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut settings = line.settings();
    settings.health.listen = Some(address);
    settings.keep = KeepSettings { most_parts: Some(KEPT_PICTURES), ..KeepSettings::default() };
    Line::init(&line.folder(), settings).unwrap();
    let pictures: Vec<Vec<u8>> = (0..50).map(good_part).collect();
    let mut watching = Running::sightline(["watch".as_ref(), line.folder().as_os_str(), "--json".as_ref()]);
    wait_until("it answers", || health(address).is_some());

    let name = |number: u64| format!("part {number:08}.png");
    let (began, mut read, mut course) = (Instant::now(), 0, Vec::new());
    for minute in 0..minutes {
        for number in minute * 60 * per_second..(minute + 1) * 60 * per_second {
            let due = Duration::from_secs_f64(number as f64 / per_second as f64);
            sleep(due.saturating_sub(began.elapsed()));
            drop_file(&line.camera(), &name(number), &pictures[number as usize % pictures.len()]);
            if let Some(old) = number.checked_sub(CAMERA_KEEPS_MINUTES * 60 * per_second) {
                fs::remove_file(line.camera().join(name(old))).unwrap();
            }
        }
        sleep((MINUTE * (minute as u32 + 1)).saturating_sub(began.elapsed()));
        let lines = watching.lines();
        let latencies = lines[read..].iter().filter_map(|line| latency(line)).collect();
        read = lines.len();
        let queue = health(address).map_or(0, |health| health["queue_depth"].as_u64().unwrap());
        let [p50, p99] = quantiles(latencies);
        let now = Minute { memory: memory(watching.id()), queue, p50, p99 };
        let mib = now.memory.unwrap_or(f64::NAN);
        eprintln!("minute {}: {mib:.0} MiB, queue {queue}, p50 {p50:.0} ms, p99 {p99:.0} ms", minute + 1);
        course.push(now);
    }
    let fed = minutes * 60 * per_second;
    let store = line.store();
    // What is lost never comes: a line that stands still for a minute is done.
    let (mut stored, mut since) = (0, Instant::now());
    while stored < fed && since.elapsed() < MINUTE {
        let now = store.counters().unwrap().inspected();
        if now > stored {
            (stored, since) = (now, Instant::now());
        }
        sleep(Duration::from_millis(200));
    }
    watching.kill();
    let mut records: HashMap<PathBuf, u64> = HashMap::new();
    for record in store.latest(None, usize::MAX).unwrap() {
        *records.entry(record.judged.arrival.key.relative_path).or_default() += 1;
    }
    let lost = (0..fed).filter(|number| !records.contains_key(&PathBuf::from(name(*number)))).count();
    let doubled = records.values().filter(|count| **count > 1).count();
    println!(
        "{minutes} minutes, {per_second} parts of 96 × 96 pixels a second: arrivals {fed}, records {}, lost {lost}, \
         doubled {doubled}.\n{}\n",
        records.values().sum::<u64>(),
        growth(&course)
    );
    println!("| minute | memory, MiB | queue | p50, ms | p99, ms |\n|---|---|---|---|---|");
    // Ten rows say as much as sixty.
    for (at, minute) in course.iter().enumerate().filter(|(at, _)| (*at + 1).is_multiple_of(course.len().div_ceil(10)))
    {
        let memory = minute.memory.map_or_else(|| "–".to_owned(), |memory| format!("{memory:.0}"));
        println!("| {} | {memory} | {} | {:.0} | {:.0} |", at + 1, minute.queue, minute.p50, minute.p99);
    }
}

/// Memory and latency at the end against the beginning.
fn growth(course: &[Minute]) -> String {
    let third = course.len() / 3;
    let mean = |minutes: &[Minute]| minutes.iter().map(|minute| minute.p99).sum::<f64>() / minutes.len() as f64;
    let latency = match third {
        0 => "too few minutes to compare p99".to_owned(),
        _ => format!(
            "p99 (mean of minutes) {:.0} ms in the first third, {:.0} ms in the last",
            mean(&course[..third]),
            mean(&course[course.len() - third..])
        ),
    };
    let memory = match (course.get(SETTLING_MINUTES).and_then(|first| first.memory), course.last()) {
        (Some(first), Some(Minute { memory: Some(last), .. })) => {
            format!("memory grew by {:+.1} % after the first {SETTLING_MINUTES} minutes", 100.0 * (last / first - 1.0))
        }
        _ => format!("memory is compared only after {SETTLING_MINUTES} minutes"),
    };
    format!("{memory}; {latency}.")
}

fn latency(line: &str) -> Option<f64> {
    serde_json::from_str::<Value>(line).unwrap()["latency_millis"].as_f64()
}

/// Median and 99th percentile; not numbers when there are none.
fn quantiles(mut millis: Vec<f64>) -> [f64; 2] {
    millis.sort_by(f64::total_cmp);
    [0.5, 0.99].map(|share| {
        let rank = (millis.len() as f64 * share).ceil() as usize;
        millis.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    })
}

/// What the line says of itself; none while it does not answer.
fn health(address: SocketAddr) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
}

/// Resident memory of a process in MiB.
fn memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}
