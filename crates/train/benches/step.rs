//! A training step beside PyTorch's, and the memory bank's coreset beside NumPy's. Both sides answer in turns in one
//! run, so that what else the machine does meets both alike; medians are compared. `step.py` is the other side. It reads
//! our weights and our batch, and its losses must be ours before anything is timed.
//!
//! ```text
//! cargo bench --bench step -- PYTHON SCRIPT FOLDER     prints tables; FOLDER gets weights, batches and rows
//! cargo bench --bench step -- memory                   what steps keep, and what they keep where it is computed again
//! ```
#![allow(missing_docs, reason = "a program")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use burn::tensor::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_model::DeviceInfo;
use sightline_train::coreset::{Points, greedy_k_centre};
use sightline_train::timing::with_steps;
use sightline_train::{Effort, LearnConfig, Method};

use common::{Other, Outcome, TURNS, WARM, hand_over, median, millis, write};

/// How far apart the losses of the first steps may be, as a share.
const SAME_LOSS: f64 = 2e-3;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["memory"] => memory(),
        ["memory", recompute, width, side, batch] => {
            peak(recompute.parse()?, (width.parse()?, side.parse()?, batch.parse()?))
        }
        [python, script, folder] => beside_others(python, script, Path::new(folder)),
        // What builds all targets may start them too.
        _ => Ok(()),
    }
}

fn beside_others(python: &str, script: &str, folder: &Path) -> Outcome<()> {
    std::fs::create_dir_all(folder)?;
    println!("{} threads, dev profile; medians of {TURNS} turns.\n", rayon::current_num_threads());
    println!("| training step: width, side, batch | PyTorch ms | Sightline ms | ratio | drawing the batch ms |");
    println!("|---|---|---|---|---|");
    for (width, side, batch) in [(24, 256, 8), (64, 224, 8)] {
        step(&mut Other::start(python, script, folder)?, folder, (width, side, batch))?;
    }
    println!("\n| coreset: rows × dimensions → kept | NumPy ms | Sightline ms | ratio |\n|---|---|---|---|");
    for (rows, dimensions, kept) in [(20_000, 146, 500), (60_000, 146, 200)] {
        coreset(&mut Other::start(python, script, folder)?, folder, (rows, dimensions, kept))?;
    }
    // Where the system tells a process's peak.
    if cfg!(target_os = "linux") {
        println!();
        memory()?;
    }
    Ok(())
}

/// What a step takes of memory beyond the weights and the parts: activations, gradients, moments. A process each: what one
/// freed, the next would use.
fn memory() -> Outcome<()> {
    println!("| memory of a step: width, side, batch | kept MiB | computed again MiB | share | time |");
    println!("|---|---|---|---|---|");
    for (width, side, batch) in [(24, 256, 8), (24, 256, 16), (64, 224, 8)] {
        let of = |recompute: bool| -> Outcome<(f64, f64)> {
            let size = [width, side, batch].map(|number: u32| number.to_string());
            let mut bench = Command::new(std::env::current_exe()?);
            let output = bench.args(["memory", &recompute.to_string()]).args(size).stderr(Stdio::inherit()).output()?;
            Ok(serde_json::from_slice(&output.stdout)?)
        };
        let ((kept, millis), (again, millis_again)) = (of(false)?, of(true)?);
        let (share, time) = (again / kept, millis_again / millis);
        println!("| {width}, {side}, {batch} | {kept:.0} | {again:.0} | {share:.2} | {time:.2} × |");
    }
    Ok(())
}

/// Prints by how many MiB a few steps raised the process's peak, and the milliseconds of a step.
fn peak(recompute: bool, (width, side, batch): (usize, u32, usize)) -> Outcome<()> {
    let mut config = LearnConfig { width, ..LearnConfig::new(Effort::Standard) };
    (config.pretrain.batch, config.pretrain.method) = (batch, Method::SimClr);
    config.pretrain.recompute = recompute;
    let device = DeviceInfo { id: "cpu".to_owned(), name: String::new(), device: Device::flex() };
    with_steps(&config, side, 2 * batch, &device, |steps| -> Outcome<()> {
        let before = peak_mib()?;
        let taken = (0..6).map(|_| millis(|| Ok(steps.step().map(drop)?))).collect::<Outcome<Vec<_>>>()?;
        println!("{}", serde_json::json!([peak_mib()? - before, median(taken)]));
        Ok(())
    })?
}

/// The most memory that this process has held, in MiB.
fn peak_mib() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the system tells no peak")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

fn step(other: &mut Other, folder: &Path, (width, side, batch): (usize, u32, usize)) -> Outcome<()> {
    let mut config = LearnConfig { width, ..LearnConfig::new(Effort::Standard) };
    (config.pretrain.batch, config.pretrain.method) = (batch, Method::SimClr);
    // No step is cut short by the end of the schedule.
    config.pretrain.steps = 1000;
    let device = DeviceInfo { id: "cpu".to_owned(), name: String::new(), device: Device::flex() };
    with_steps(&config, side, 3 * batch, &device, |steps| -> Outcome<()> {
        hand_over(steps, folder, &config, "cpu")?;
        other.ask("open")?;
        // The same batch again and again: its second loss also shows that the weights were updated alike.
        for turn in 0..WARM {
            let (ours, theirs) = (steps.step()?, other.ask("step")?.loss);
            if (ours - theirs).abs() > SAME_LOSS * ours.abs() {
                return Err(format!("loss {ours} here, {theirs} there, at step {turn}: not the same step").into());
            }
        }
        let (mut ours, mut theirs, mut drawing) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            drawing.push(millis(|| Ok(steps.draw()?))?);
            ours.push(millis(|| Ok(steps.step().map(drop)?))?);
            theirs.push(other.ask("step")?.millis);
        }
        let [ours, theirs, drawing] = [ours, theirs, drawing].map(median);
        println!("| {width}, {side}, {batch} | {theirs:.0} | {ours:.0} | {:.2} | {drawing:.1} |", ours / theirs);
        Ok(())
    })?
}

fn coreset(other: &mut Other, folder: &Path, (rows, dimensions, kept): (usize, usize, usize)) -> Outcome<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let values: Vec<f32> = (0..rows * dimensions).map(|_| rng.random_range(-1.0..1.0_f32)).collect();
    write(&folder.join("rows.f32"), &values)?;
    let facts = serde_json::json!({ "dimensions": dimensions, "kept": kept, "threads": rayon::current_num_threads() });
    std::fs::write(folder.join("coreset.json"), facts.to_string())?;
    let points = Points { values: &values, dimensions };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..1 + TURNS / 3 {
        let mut radius = 0.0;
        let taken = millis(|| {
            let (_, radii) = greedy_k_centre(points, kept, 0, |_| true);
            radius = radii.last().copied().map_or(0.0, f64::from);
            Ok(())
        })?;
        let answer = other.ask("coreset")?;
        if (answer.loss - radius).abs() > 1e-3 * radius {
            return Err(format!("squared radius {radius} here, {} there: not the same choice", answer.loss).into());
        }
        if turn > 0 {
            ours.push(taken);
            theirs.push(answer.millis);
        }
    }
    let [ours, theirs] = [ours, theirs].map(median);
    println!("| {rows} × {dimensions} → {kept} | {theirs:.0} | {ours:.0} | {:.2} |", ours / theirs);
    Ok(())
}
