//! Training and judging on a GPU beside PyTorch on the same one. Both sides answer in turns in one run; medians are
//! compared. `step.py` is the other side. A training step's losses must be PyTorch's, and what is judged must be what the CPU
//! judges, before anything is timed; a row where they are not says so. PyTorch judges with weights of its own.
//!
//! ```text
//! cargo bench --bench gpu --features sightline-model/cuda -- PYTHON SCRIPT FOLDER cuda:0 [ROWS]     prints tables
//! ```
//!
//! With ROWS only rows whose names begin so, as `24, 192, 8 | F32`.
#![allow(missing_docs, reason = "a program")]

mod common;

use std::path::Path;

use burn::tensor::Device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sightline_core::{Channels, PictureSize, Recipe};
use sightline_image::{Input, Normalise, Preprocess};
use sightline_model::encoder::{EncoderConfig, ResNetConfig};
use sightline_model::{
    BankValues, DeviceInfo, MemoryBank, NetworkConfig, RawJudge, RawScore, ReadyNetwork, Weights, drawn,
};
use sightline_train::timing::{Steps, with_steps};
use sightline_train::{Effort, LearnConfig, Method, Precision};

use common::{Other, Outcome, TURNS, WARM, hand_over, median, millis};

/// How far apart the losses of the first steps may be, as a share: both sides round, in half precision each in its own way.
const SAME_LOSS: [(Precision, f64); 2] = [(Precision::F32, 5e-3), (Precision::Bf16, 3e-2)];

/// Farthest that a device's scores may lie from the CPU's, as a share of the largest.
const SAME_SCORE: f32 = 1e-2;

/// Cells that a bank keeps.
const KEPT: usize = 2000;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [python, script, folder, device, ref rows @ ..] if rows.len() < 2 => {
            let device = sightline_model::choose(Some(device))?;
            let folder = Path::new(folder);
            std::fs::create_dir_all(folder)?;
            let rows = rows.first().copied().unwrap_or_default();
            beside_pytorch(&mut Other::start(python, script, folder)?, folder, &device, rows)
        }
        // What builds all targets may start them too.
        _ => Ok(()),
    }
}

fn beside_pytorch(other: &mut Other, folder: &Path, device: &DeviceInfo, rows: &str) -> Outcome<()> {
    println!("{} through {}; PyTorch eager; medians of {TURNS} turns.\n", device.name, device.id);
    println!(
        "| training step: width, side, batch | precision | PyTorch ms | Sightline ms | ratio | drawing the batch ms |"
    );
    println!("|---|---|---|---|---|---|");
    for size in [(24, 192, 8), (24, 256, 16), (64, 224, 32), (64, 512, 16)] {
        for (precision, apart) in SAME_LOSS {
            let row = format!("{}, {}, {} | {precision:?}", size.0, size.1, size.2);
            if !row.starts_with(rows) {
                continue;
            }
            tell(&row, 3, step(other, folder, size, device, (precision, apart)));
        }
    }
    println!(
        "\n| judging: width, side, pictures | PyTorch ms | Sightline ms | ratio | off the CPU |\n|---|---|---|---|---|"
    );
    for size in [(24, 256, 1), (24, 256, 8), (64, 256, 1), (64, 256, 8), (64, 512, 1), (64, 512, 8)] {
        let row = format!("{}, {}, {}", size.0, size.1, size.2);
        if !row.starts_with(rows) {
            continue;
        }
        tell(&row, 3, judging(other, folder, size, device));
    }
    Ok(())
}

/// Prints a row; one that failed with its error, so that the others are still measured.
fn tell(name: &str, empty: usize, row: Outcome<String>) {
    match row {
        Ok(cells) => println!("| {name} | {cells} |"),
        Err(error) => println!("| {name} | {error} |{}", " – |".repeat(empty)),
    }
}

fn step(
    other: &mut Other,
    folder: &Path,
    (width, side, batch): (usize, u32, usize),
    device: &DeviceInfo,
    (precision, same): (Precision, f64),
) -> Outcome<String> {
    let mut config = LearnConfig { width, ..LearnConfig::new(Effort::Standard) };
    (config.pretrain.batch, config.pretrain.method) = (batch, Method::SimClr);
    config.pretrain.precision = precision;
    // No step is cut short by the end of the schedule.
    config.pretrain.steps = 1000;
    with_steps(&config, side, 3 * batch, device, |steps| -> Outcome<String> {
        hand_over(steps, folder, &config, others_device(device))?;
        other.ask("open")?;
        for turn in 0..WARM {
            let (ours, theirs) = (steps.step()?, other.ask("step")?.loss);
            if (ours - theirs).abs() > same * ours.abs() {
                return Err(format!("loss {ours} here, {theirs} there, at step {turn}: not the same step").into());
            }
        }
        let (mut ours, mut theirs, mut drawing) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            drawing.push(millis(|| Ok(steps.draw()?))?);
            ours.push(whole_step(steps, device)?);
            theirs.push(other.ask("step")?.millis);
        }
        let [ours, theirs, drawing] = [ours, theirs, drawing].map(median);
        Ok(format!("{theirs:.1} | {ours:.1} | {:.2} | {drawing:.1}", ours / theirs))
    })?
}

/// Milliseconds until the device has done all that a step asks for; the loss alone is there before the weights are.
fn whole_step(steps: &mut Steps<'_>, device: &DeviceInfo) -> Outcome<f64> {
    millis(|| {
        steps.step()?;
        Ok(device.device.sync()?)
    })
}

fn judging(
    other: &mut Other,
    folder: &Path,
    (width, side, batch): (usize, u32, usize),
    device: &DeviceInfo,
) -> Outcome<String> {
    let encoder = EncoderConfig::ResNet(ResNetConfig::resnet18(1, width));
    let config = NetworkConfig { encoder, projection: 64, head: 32 };
    let facts = serde_json::json!({
        "width": width, "side": side, "batch": batch, "head": config.head, "kept": KEPT, "device": others_device(device),
    });
    std::fs::write(folder.join("judging.json"), facts.to_string())?;
    other.ask("judging")?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut noise = |count: usize| -> Vec<f32> { (0..count).map(|_| rng.random_range(-1.0..1.0)).collect() };
    let pixels = (side * side) as usize;
    let inputs: Vec<Input> = (0..batch)
        .map(|_| Input { channels: 1, height: side as usize, width: side as usize, values: noise(pixels) })
        .collect();
    let dimensions = config.cell_dimensions();
    let values = BankValues::coreset(vec![0.0; dimensions], vec![1.0; dimensions], noise(KEPT * dimensions));
    let size = PictureSize { width: side, height: side };
    let preprocess = Preprocess::from(&Recipe::new("judging", size, Channels::Grey));
    let judge = |device: &DeviceInfo| -> Outcome<RawJudge> {
        let network = drawn(1, &Device::flex(), || config.init(&Device::flex()));
        let network = Weights::of(&network).fill_all(config.init(&device.device))?;
        let ready = ReadyNetwork::new(&config, network, size, device);
        let bank = MemoryBank::new(&values, &device.device);
        Ok(RawJudge::new(ready, bank, preprocess.clone(), Normalise::learn(&inputs)?))
    };
    let (here, on_cpu) = (judge(device)?, judge(&sightline_model::choose(Some("cpu"))?)?);
    let off = farthest(&here.raw_scores(&inputs)?, &on_cpu.raw_scores(&inputs)?);
    if off.is_nan() || off > SAME_SCORE {
        return Err(format!("scores are {off} off the CPU's").into());
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for turn in 0..WARM + TURNS {
        let (taken, answer) = (millis(|| Ok(here.raw_scores(&inputs).map(drop)?))?, other.ask("judge")?);
        if turn >= WARM {
            ours.push(taken);
            theirs.push(answer.millis);
        }
    }
    let [ours, theirs] = [ours, theirs].map(median);
    Ok(format!("{theirs:.2} | {ours:.2} | {:.2} | {off:.1e}", ours / theirs))
}

/// Farthest difference as a share of the largest value; not a number where one is not.
fn farthest(found: &[RawScore], expected: &[RawScore]) -> f32 {
    // `f32::max` would drop what is not a number.
    let worse = |one: f32, other: f32| if one.is_nan() || other <= one { one } else { other };
    let branch = |found: &[f32], expected: &[f32]| {
        let largest = expected.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
        found.iter().zip(expected).map(|(a, b)| (a - b).abs() / largest).fold(0.0, worse)
    };
    let pairs = found.iter().zip(expected).flat_map(|(found, expected)| {
        [branch(&found.bank.values, &expected.bank.values), branch(&found.synthetic.values, &expected.synthetic.values)]
    });
    pairs.fold(0.0, worse)
}

/// What PyTorch calls the device. A card that Vulkan reaches is the first one to it, too.
fn others_device(device: &DeviceInfo) -> &str {
    match device.id.split_once(':') {
        Some(("gpu", _)) => "cuda:0",
        _ => &device.id,
    }
}
