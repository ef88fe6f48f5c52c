//! Damaged and hostile input, for some seconds in every run of the tests: the corpus of `tests/fuzz`, changed by a seeded
//! generator, through the same bodies as under cargo-fuzz. No panic, and no single input makes more bytes live than its
//! body allows. What a longer search finds becomes a file of the corpus.
//!
//! It runs without libtest: the allocator counts the whole process, so nothing else may run in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on says where")]

#[path = "fuzz/bodies/decode.rs"]
mod decode;
#[path = "fuzz/bodies/labels.rs"]
mod labels;
#[path = "fuzz/bodies/model.rs"]
mod model;
#[path = "fuzz/bodies/pattern.rs"]
mod pattern;

use std::fs;
use std::path::Path;

use peak_alloc::PeakAlloc;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[global_allocator]
static LIVE: PeakAlloc = PeakAlloc;

const SEED: u64 = 20_261_126;

/// A body, the bytes that it may make live for an input, and how many changed inputs it gets: all together
/// take some seconds.
type Target = (&'static str, fn(&[u8]) -> bool, fn(&[u8]) -> usize, usize);
const TARGETS: [Target; 4] = [
    ("decode", decode::run, decode::limit, 6000),
    ("labels", labels::run, labels::limit, 2000),
    ("model", model::run, model::limit, 6000),
    ("pattern", pattern::run, pattern::limit, 300),
];

fn main() {
    for (name, run, limit, rounds) in TARGETS {
        let corpus = corpus(name);
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let (mut most, mut taken) = (0, 0);
        let changed = |round: usize| changed(&mut rng, &corpus, round);
        for input in corpus.iter().cloned().chain((0..rounds).map(changed)) {
            let before = LIVE.current_usage();
            LIVE.reset_peak_usage();
            let ended = std::panic::catch_unwind(|| run(&input));
            let live = LIVE.peak_usage().saturating_sub(before);
            let fault = match ended {
                Err(_) => Some("it panics".to_owned()),
                Ok(_) if live > limit(&input) => Some(format!("{live} bytes live, {} allowed", limit(&input))),
                Ok(read) => {
                    taken += usize::from(read);
                    None
                }
            };
            if let Some(fault) = fault {
                let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
                fs::write(&path, &input).unwrap();
                panic!("{name}: {fault}; the input is {}", path.display());
            }
            most = most.max(live);
        }
        let seeds = corpus.len();
        println!("{name}: {seeds} seeds, {rounds} changed inputs, {taken} of all read, at most {most} bytes live");
        assert!(taken > seeds / 2, "{name}: hardly an input is read, so what is behind the first check is not tried");
    }
}

/// The seeds of a target, in the order of their names.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no seeds", folder.display());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// A seed with one to four changes. Each seed has its turn.
fn changed(rng: &mut ChaCha8Rng, corpus: &[Vec<u8>], round: usize) -> Vec<u8> {
    let mut input = corpus[round % corpus.len()].clone();
    for _ in 0..rng.random_range(1..=4) {
        if input.is_empty() {
            break;
        }
        let at = rng.random_range(0..input.len());
        match rng.random_range(0..6) {
            0 => input[at] ^= 1 << rng.random_range(0..8),
            1 => input[at] = rng.random(),
            2 => input.truncate(at),
            3 => splice(rng, &mut input, at, corpus),
            4 => length(rng, &mut input, at),
            // A piece twice: what was to stand there once stands there again.
            _ => {
                let piece = input[at..].iter().take(64).copied().collect::<Vec<u8>>();
                input.splice(at..at, piece);
            }
        }
    }
    input
}

/// The end of another seed in the place of this one's.
fn splice(rng: &mut ChaCha8Rng, input: &mut Vec<u8>, at: usize, corpus: &[Vec<u8>]) {
    let other = &corpus[rng.random_range(0..corpus.len())];
    input.truncate(at);
    input.extend_from_slice(&other[rng.random_range(0..=other.len())..]);
}

/// A number that a length, a count or an offset may be damaged to, in two, four or eight bytes of either order; in a
/// text, digits.
fn length(rng: &mut ChaCha8Rng, input: &mut Vec<u8>, at: usize) {
    const EDGES: [u64; 8] = [0, 1, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX];
    let number = EDGES[rng.random_range(0..EDGES.len())];
    if input[at].is_ascii_digit() {
        input.splice(at..=at, number.to_string().into_bytes());
        return;
    }
    let width = [2, 4, 8][rng.random_range(0..3)];
    let bytes = if rng.random() { number.to_be_bytes() } else { number.to_le_bytes() };
    let piece = if rng.random() { &bytes[..width] } else { &bytes[8 - width..] };
    for (place, byte) in input[at..].iter_mut().zip(piece) {
        *place = *byte;
    }
}
