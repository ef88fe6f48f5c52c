//! What was measured → Markdown tables, with each aim beside its figure.

use std::fmt::Write;

use anyhow::{Context, Result};
use serde_json::Value;

use super::figures::{Millis, aim, millis, more};

/// Steps and stages with their headings, in the order of a part's way; the thumbnail is made beside it.
const STEPS: [(&str, &str); 7] = [
    ("read", "read, hash"),
    ("decode", "decode"),
    ("prepare", "prepare"),
    ("network", "network"),
    ("bank", "bank, decision"),
    ("store", "store"),
    ("thumbnail", "beside: thumbnail"),
];

/// Longest that everything but the network may take of 99 in 100 parts of a megapixel, as JPEG.
const REST_MILLIS: f64 = 5.0;

/// Most that a learning run may slow verdicts by, in percent.
const SLOWER_PERCENT: f64 = 20.0;

/// anomalib's throughput times this, and its latency divided by it.
const TIMES: f64 = 3.0;

/// All of it.
///
/// # Errors
/// When a figure is missing.
pub(super) fn all(ours: &Value, theirs: &Value) -> Result<String> {
    let rows = ours["rows"].as_array().context("the bench gave no rows")?;
    let mut text = format!(
        "Written by `cargo xtask bench live` on {} ({} processors). Milliseconds from a file's close to its stored verdict; \
         the camera is on the same machine. Network: ResNet-18.\n\n",
        ours["device"].as_str().unwrap_or("cpu"),
        ours["processors"]
    );
    text.push_str(&latency(rows)?);
    text.push_str(&stages(rows)?);
    text.push_str(&compared(rows, theirs)?);
    Ok(text)
}

/// The end of a verdict's way, at rest and under load.
fn latency(rows: &[Value]) -> Result<String> {
    let mut text =
        "| part | shown as | parts timed | at rest: p50 | p95 | p99 | busy (4/5 of the burst's rate): p50 | p95 | p99 \
         | beside learning: p50 | p95 | p99 | burst, parts/s |\n"
            .to_owned();
    writeln!(text, "{}|", "|---".repeat(13))?;
    let (mut slowest, mut words) = (f64::NEG_INFINITY, Vec::new());
    for row in rows {
        let alone = Millis::of(&row["alone"], |part| part["latency"].as_f64())?;
        let timed = row["alone"].as_array().map_or(0, Vec::len);
        let busy = match &row["busy"] {
            Value::Null => "– | – | –".to_owned(),
            parts => Millis::of(parts, Value::as_f64)?.cells(),
        };
        let beside = match &row["beside"] {
            Value::Null => "– | – | –".to_owned(),
            parts => {
                let beside = Millis::of(parts, |part| part["latency"].as_f64())?;
                let slower = [0.5, 0.95].map(|share| more(alone.quantile(share), beside.quantile(share)));
                words.push(format!("{} {:+.0} % and {:+.0} %", name(row), slower[0], slower[1]));
                slowest = slowest.max(slower[0]);
                beside.cells()
            }
        };
        let rate = row["rate"].as_f64().context("a row has no rate")?;
        writeln!(
            text,
            "| {} | {} | {timed} | {} | {busy} | {beside} | {} |",
            name(row),
            shown(row),
            alone.cells(),
            millis(rate)
        )?;
    }
    writeln!(
        text,
        "\nA learning run beside it changes the median and the 95th percentile: {}; {} (of the medians).",
        words.join("; "),
        aim(slowest <= SLOWER_PERCENT, "≤ 20 %")
    )?;
    Ok(text)
}

/// Where the time goes.
fn stages(rows: &[Value]) -> Result<String> {
    let headings: Vec<&str> = STEPS.iter().map(|(_, heading)| *heading).collect();
    let mut text = format!(
        "\nWhere it goes, parts one by one at rest: mean milliseconds, and the share of the whole. Waiting is the way from thread \
         to thread, what is left of a closed file's rest, in which it is judged, and of the time of its thumbnail, which is \
         made beside on the same processors.\n\n| part | waiting | {} | all but the network: p50 | p99 |\n{}|\n",
        headings.join(" | "),
        "|---".repeat(STEPS.len() + 4)
    );
    let mut told = String::new();
    for row in rows {
        let parts = &row["alone"];
        let whole = Millis::of(parts, |part| part["latency"].as_f64())?.mean();
        let cell = |key: &str| -> Result<String> {
            // Where a device does not tell the network from the bank, the network is said to have taken no time.
            if matches!(key, "network" | "bank") && row["threads"].is_null() {
                return Ok("–".to_owned());
            }
            let mean = Millis::of(parts, |part| step(part, key))?.mean();
            Ok(format!("{} ({:.0} %)", millis(mean), 100.0 * mean / whole))
        };
        let steps: Vec<String> =
            std::iter::once("waiting").chain(STEPS.iter().map(|(key, _)| *key)).map(cell).collect::<Result<_>>()?;
        let rest = match row["threads"].is_null() {
            true => None,
            false => Some(Millis::of(parts, |part| Some(step(part, "latency")? - step(part, "network")?))?),
        };
        let cells = rest.as_ref().map_or("– | –".to_owned(), |rest| {
            format!("{} | {}", millis(rest.quantile(0.5)), millis(rest.quantile(0.99)))
        });
        writeln!(text, "| {} | {} | {cells} |", name(row), steps.join(" | "))?;
        // The default line's, which comes before the one of full width.
        if let (true, Some(rest)) = (told.is_empty() && row["format"] == "jpg" && is_a_megapixel(row), rest) {
            let p99 = rest.quantile(0.99);
            told = format!(
                "\nEverything but the network, p99 for a JPEG of a megapixel: {} ms; {}.\n",
                millis(p99),
                aim(p99 <= REST_MILLIS, "≤ 5 ms")
            );
        }
    }
    Ok(text + &told)
}

/// Milliseconds of one part by what took them.
fn step(part: &Value, key: &str) -> Option<f64> {
    let of = |key: &str| part[key].as_f64();
    match key {
        "waiting" => Some(of("latency")? - of("capture")? - of("judge")? - of("store")?),
        "bank" => Some(of("judge")? - of("network")?),
        key => of(key),
    }
}

/// Beside anomalib.
fn compared(rows: &[Value], theirs: &Value) -> Result<String> {
    let of_width = |width: u64| {
        let fits = |row: &&Value| {
            row["model"]["width"] == width && row["format"] == "jpg" && row["device"] == "cpu" && is_a_megapixel(row)
        };
        rows.iter().find(fits).with_context(|| format!("no part of a megapixel was timed at width {width}"))
    };
    let (same, default) = (of_width(64)?, of_width(24)?);
    let rates = theirs["rates"].as_object().context("anomalib's script gave no rates")?;
    let best = rates.iter().filter_map(|(batch, rate)| Some((batch, rate.as_f64()?)));
    let (batch, their_rate) = best.max_by(|a, b| a.1.total_cmp(&b.1)).context("anomalib's script gave no rate")?;
    let their_latency = Millis::of(&theirs["latency"], Value::as_f64)?;
    let mut text = format!(
        "\nThe same pictures (JPEG, {:.1} MP, judged at {}) on the same {} threads. anomalib {} (torch {}): PatchCore on its \
         ResNet-18, weights at random, a bank of {} × {} beside ours of {} × {}, three colours where we show {}. It reads a \
         folder by `Engine.predict` in batches of {batch}, the faster of {}; its latency is that of a call on one picture, file \
         to map. Ours ends with the stored record, thumbnail and heat map, and has a second, per-pixel, head.\n\n",
        same["megapixels"].as_f64().unwrap_or(f64::NAN),
        judged(same),
        theirs["threads"],
        theirs["version"].as_str().unwrap_or("?"),
        theirs["torch"].as_str().unwrap_or("?"),
        theirs["bank"][0],
        theirs["bank"][1],
        same["model"]["bank"],
        same["model"]["dimensions"],
        if same["model"]["colour"] == true { "three" } else { "grey" },
        rates.keys().map(String::as_str).collect::<Vec<_>>().join(" and "),
    );
    writeln!(text, "| | parts/s | × anomalib's | latency p50 | p95 | p99 | p50 / anomalib's |\n{}|", "|---".repeat(7))?;
    writeln!(text, "| anomalib | {} | 1 | {} | 1 |", millis(their_rate), their_latency.cells())?;
    let mut aims = Vec::new();
    for (what, row) in
        [("Sightline, the same encoder (width 64)", same), ("Sightline, its default (width 24)", default)]
    {
        let rate = row["rate"].as_f64().context("a row has no rate")?;
        let latency = Millis::of(&row["alone"], |part| part["latency"].as_f64())?;
        let (times, share) = (rate / their_rate, latency.quantile(0.5) / their_latency.quantile(0.5));
        writeln!(text, "| {what} | {} | {times:.2} | {} | {share:.2} |", millis(rate), latency.cells())?;
        aims.push(format!(
            "{what}: throughput {}, latency {}.",
            aim(times >= TIMES, "≥ 3 ×"),
            aim(share <= 1.0 / TIMES, "≤ 1/3")
        ));
    }
    writeln!(text, "\n{}", aims.join(" "))?;
    Ok(text)
}

fn is_a_megapixel(row: &Value) -> bool {
    row["megapixels"].as_f64().is_some_and(|megapixels| (0.95..1.05).contains(&megapixels))
}

/// Size and format, and what is not the default.
fn name(row: &Value) -> String {
    let megapixels = row["megapixels"].as_f64().unwrap_or(f64::NAN);
    let format = if row["format"] == "jpg" { "JPEG" } else { "PNG" };
    let mut name = format!("{megapixels:.1} MP {format}");
    if row["model"]["width"] == 64 {
        name.push_str(", width 64");
    }
    if row["device"] != "cpu" {
        let _ = write!(name, ", {}", row["device_name"].as_str().unwrap_or("?"));
    }
    name
}

fn shown(row: &Value) -> String {
    match row["model"]["tile"].as_u64() {
        Some(side) => format!("{}, tiles of {side}", judged(row)),
        None => judged(row),
    }
}

fn judged(row: &Value) -> String {
    format!("{} × {}", row["model"]["judged"][0], row["model"]["judged"][1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(width: u64, latency: f64, beside: f64) -> Value {
        let part = |latency: f64| {
            json!({
                "latency": latency, "capture": 9.0, "read": 1.0, "decode": 5.0, "thumbnail": 1.0, "prepare": 2.0,
                "judge": 10.0, "network": 8.0, "store": 1.0, "outputs": 3.0,
            })
        };
        json!({
            "megapixels": 1.0, "format": "jpg", "device": "cpu", "device_name": "x", "threads": 2, "rate": 30.0,
            "model": { "width": width, "bank": 2000, "dimensions": 384, "judged": [256, 256], "tile": null, "colour": false },
            "alone": [part(latency), part(latency)], "beside": [part(beside)], "busy": [40.0],
        })
    }

    fn text(beside: f64) -> String {
        let ours = json!({ "processors": 2, "device": "a CPU", "rows": [row(24, 32.0, beside), row(64, 40.0, 44.0)] });
        let theirs = json!({
            "version": "2.7.0", "torch": "2.15.0", "threads": 2, "bank": [2000, 384],
            "rates": { "1": 9.0, "8": 10.0 }, "latency": [100.0, 120.0, 110.0],
        });
        all(&ours, &theirs).unwrap()
    }

    #[test]
    fn steps_and_shares_add_up_and_each_aim_stands_beside_its_figure() {
        let text = text(40.0);
        for line in [
            "on a CPU (2 processors)",
            "| 1.0 MP JPEG | 256 × 256 | 2 | 32.0 | 32.0 | 32.0 | 40.0 | 40.0 | 40.0 | 40.0 | 40.0 | 40.0 | 30.0 |",
            "1.0 MP JPEG +25 % and +25 %; 1.0 MP JPEG, width 64 +10 % and +10 %; aim ≤ 20 %: **not reached**",
            "| 1.0 MP JPEG | 12.0 (38 %) | 1.00 (3 %) | 5.00 (16 %) | 2.00 (6 %) | 8.00 (25 %) | 2.00 (6 %) | 1.00 (3 %) \
             | 1.00 (3 %) | 24.0 | 24.0 |",
            "a JPEG of a megapixel: 24.0 ms; aim ≤ 5 ms: **not reached**.",
            "batches of 8, the faster of 1 and 8",
            "| anomalib | 10.0 | 1 | 110 | 120 | 120 | 1 |",
            "| Sightline, the same encoder (width 64) | 30.0 | 3.00 | 40.0 | 40.0 | 40.0 | 0.36 |",
            "(width 64): throughput aim ≥ 3 ×: reached, latency aim ≤ 1/3: **not reached**.",
            "(width 24): throughput aim ≥ 3 ×: reached, latency aim ≤ 1/3: reached.",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_run_that_slows_nothing_reaches_its_aim() {
        assert!(text(34.0).contains("aim ≤ 20 %: reached"));
    }
}
