//! A file of weights is read, or refused in words: never a panic, and never anything run that it asks for.

use super::*;

const FILES: [&[u8]; 3] = [
    include_bytes!("../../../goldens/start.safetensors"),
    include_bytes!("../../../goldens/start.pth"),
    include_bytes!("../../../goldens/start-legacy.pt"),
];

/// Reads all of a file.
fn unpack(bytes: &[u8]) -> Result<(), ModelError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("weights.pth");
    std::fs::write(&path, bytes).unwrap();
    let given = GivenWeights::read(&path)?;
    for (name, tensor) in given.tensors() {
        // Counters of batches are whole numbers.
        if !name.ends_with("num_batches_tracked") {
            given.values(tensor)?;
        }
    }
    Ok(())
}

#[test]
fn names_lose_what_training_programs_put_in_front() {
    let shape = Vec::new();
    let names = ["module.conv1.weight", "state_dict.module.bn1.bias", "model.backbone.x", "encoder_q.y", "x"];
    let named = by_own_names(names.into_iter().map(|name| (name.to_owned(), shape.clone())));
    let found: Vec<(&str, &str)> = named.iter().map(|(own, given)| (own.as_str(), given.full_name.as_str())).collect();
    let expected = [
        ("bn1.bias", "state_dict.module.bn1.bias"),
        ("conv1.weight", "module.conv1.weight"),
        ("encoder_q.y", "encoder_q.y"),
        ("model.backbone.x", "model.backbone.x"),
        ("x", "x"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    for bytes in FILES {
        unpack(bytes).unwrap();
        for length in (0..bytes.len() - 1).step_by(bytes.len() / 40) {
            let error = unpack(&bytes[..length]).expect_err("it is cut off").to_string();
            assert!(error.contains("weights.pth: "), "{error}");
        }
    }
}

#[test]
fn flipped_bytes_never_panic() {
    for bytes in FILES {
        for at in (0..bytes.len()).step_by(bytes.len() / 60) {
            let mut changed = bytes.to_vec();
            changed[at] ^= 0x55;
            let _ = unpack(&changed);
        }
    }
}

#[test]
fn code_in_a_pickle_is_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let trace = dir.path().join("ran");
    let pickle = format!("cos\nsystem\n(S'touch {}'\ntR.", trace.display());
    assert!(unpack(pickle.as_bytes()).is_err());
    // The same inside a state dict: {'conv1.weight': os.system(…)}.
    let pickle = format!("(dS'conv1.weight'\ncos\nsystem\n(S'touch {}'\ntRs.", trace.display());
    let _ = unpack(pickle.as_bytes());
    assert!(!trace.exists());
}

#[test]
fn a_missing_or_huge_file_is_refused_by_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("nowhere.pth");
    let error = GivenWeights::read(&missing).unwrap_err().to_string();
    assert!(error.contains("nowhere.pth"), "{error}");
    let huge = dir.path().join("huge.pth");
    std::fs::File::create(&huge).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
    let error = GivenWeights::read(&huge).unwrap_err().to_string();
    assert!(error.contains("more than 1024 MiB"), "{error}");
}
