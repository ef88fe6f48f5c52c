//! How long a CPU takes to judge: the network by the exported graph and by Burn, and the memory bank's search. Prints
//! JSON; `forward.py` beside it times onnxruntime and faiss on the same files and sizes.
//!
//! ```text
//! cargo bench --bench forward -- time FOLDER              timings; FOLDER gets the networks as ONNX files
//! cargo bench --bench forward -- export WEIGHTS FILE HEIGHT WIDTH   safetensors of a network → ONNX file
//! ```
#![allow(missing_docs, reason = "a program")]

use std::path::Path;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;
use sightline_core::PictureSize;
use sightline_image::Input;
use sightline_model::encoder::{EncoderConfig, ResNetConfig};
use sightline_model::{BankValues, DeviceInfo, MemoryBank, NetworkConfig, ReadyNetwork, Weights, batch_tensor};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["time", folder] => time(Path::new(folder)),
        ["export", weights, file, height, width] => {
            let size = PictureSize { width: width.parse()?, height: height.parse()? };
            export(Path::new(weights), Path::new(file), size)
        }
        // What builds all targets may start them too.
        _ => Ok(()),
    }
}

/// A grey ResNet-18, as lines have it.
fn network(width: usize) -> NetworkConfig {
    NetworkConfig { encoder: EncoderConfig::ResNet(ResNetConfig::resnet18(1, width)), projection: 64, head: 32 }
}

fn export(weights: &Path, file: &Path, size: PictureSize) -> Outcome {
    let weights = Weights::from_bytes(&std::fs::read(weights)?)?;
    // What the graph needs beside the weights is the number of colours alone.
    let encoder = EncoderConfig::ResNet(ResNetConfig::resnet18(3, 4));
    let config = NetworkConfig { encoder, projection: 8, head: 4 };
    Ok(std::fs::write(file, config.to_onnx(&weights, size, &[])?)?)
}

fn time(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder)?;
    let (mut forward, mut bank) = (Vec::new(), Vec::new());
    for (width, side) in [(24, 224), (24, 256), (64, 224), (64, 256)] {
        let config = network(width);
        let size = PictureSize { width: side, height: side };
        let device = DeviceInfo { id: "cpu".to_owned(), name: String::new(), device: Device::flex() };
        let burn = config.init(&device.device).valid();
        let file = folder.join(format!("resnet18-{width}-{side}.onnx"));
        std::fs::write(file, config.to_onnx(&Weights::of(&burn), size, &[])?)?;
        let graph = ReadyNetwork::new(&config, burn.clone(), size, &device);
        for batch in [1, 8] {
            let inputs: Vec<Input> = (0..batch).map(|index| picture(side as usize, index)).collect();
            let by_graph = millis(|| graph.cells(&inputs).map(drop))?;
            let by_burn = millis(|| {
                let cells = burn.maps(batch_tensor(&inputs, size, &device.device)).cells;
                cells.try_into_vec_as::<f32>().map(drop)
            })?;
            forward.push(serde_json::json!({
                "width": width, "side": side, "batch": batch, "runtime": format!("{:?}", graph.runtime()),
                "graph_millis": by_graph, "burn_millis": by_burn,
            }));
        }
    }
    for dimensions in [network(24).cell_dimensions(), network(64).cell_dimensions()] {
        let (cells, kept) = (noise(4096 * dimensions, 1), noise(2000 * dimensions, 2));
        let values = BankValues::coreset(vec![0.0; dimensions], vec![1.0; dimensions], kept);
        let search = MemoryBank::new(&values, &Device::flex());
        let taken = millis(|| Ok::<_, std::convert::Infallible>(search.distances_on_host(&cells)))?;
        bank.push(serde_json::json!({ "cells": 4096, "kept": 2000, "dimensions": dimensions, "millis": taken }));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{:#}", serde_json::json!({ "processors": threads, "forward": forward, "bank": bank }));
    Ok(())
}

/// The least of many runs: on a machine that does other things too, the others measure those.
fn millis<T, E>(mut work: impl FnMut() -> Result<T, E>) -> Result<f64, E> {
    work()?;
    let (started, mut least, mut runs) = (Instant::now(), f64::INFINITY, 0);
    while runs < 5 || (started.elapsed().as_secs_f64() < 3.0 && runs < 100) {
        let run = Instant::now();
        work()?;
        least = least.min(1e3 * run.elapsed().as_secs_f64());
        runs += 1;
    }
    Ok(least)
}

fn picture(side: usize, salt: u32) -> Input {
    Input { channels: 1, height: side, width: side, values: noise(side * side, salt) }
}

/// Values in -1..=1 without a pattern: xorshift (Marsaglia, doi 10.18637/jss.v008.i14).
fn noise(count: usize, salt: u32) -> Vec<f32> {
    let mut state = 0x9e37_79b9 ^ (salt + 1).wrapping_mul(0x85eb_ca6b);
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / (u32::MAX / 2) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}
