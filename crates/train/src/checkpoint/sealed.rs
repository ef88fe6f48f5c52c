//! A file that a run goes on from: it is whole and of this run, or refused with a reason.
//!
//! ```text
//! "SIGHTCP\0"  format u32  header length u64   (little endian)
//! header (JSON) | sections | BLAKE3 of everything before it, 32 bytes
//! ```

use std::io::Write;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"SIGHTCP\0";
const FORMAT: u32 = 1;
const START: usize = 8 + 4 + 8;
const CHECKSUM: usize = 32;

/// No run that Sightline can be set to has a larger state.
const MAX_BYTES: u64 = 16 << 30;

/// What a file must be of to be gone on from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// Sightline's version.
    pub(crate) version: String,
    /// BLAKE3 of everything that was set, what the run started from and the device, in hex.
    pub(crate) settings: String,
    /// BLAKE3 over names, contents and sides of the parts, in hex.
    pub(crate) data: String,
}

impl Origin {
    /// Of this version, from what tells settings and data apart from others.
    pub(crate) fn of(settings: &str, data: &str) -> Self {
        let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
        Self { version: env!("CARGO_PKG_VERSION").to_owned(), settings: hash(settings), data: hash(data) }
    }

    /// Whether another one differs in its parts alone.
    pub(crate) fn is_of_other_data(&self, theirs: &Self) -> bool {
        self.check(theirs).is_err() && self.check(&Self { data: self.data.clone(), ..theirs.clone() }).is_ok()
    }

    /// # Errors
    /// With what another one differs in.
    pub(crate) fn check(&self, theirs: &Self) -> Result<(), String> {
        for (theirs, ours, what) in [
            (&theirs.version, &self.version, "another version of Sightline"),
            (&theirs.settings, &self.settings, "other settings"),
            (&theirs.data, &self.data, "other parts"),
        ] {
            if theirs != ours {
                return Err(format!("it is of {what}"));
            }
        }
        Ok(())
    }
}

/// The file's bytes.
pub(crate) fn sealed(header: &impl Serialize, sections: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let header = serde_json::to_vec(header).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&header);
    sections.iter().for_each(|section| bytes.extend_from_slice(section));
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    Ok(bytes)
}

/// Header and sections together; the checksum is checked before anything is parsed.
pub(crate) fn opened<H: DeserializeOwned>(bytes: &[u8]) -> Result<(H, &[u8]), String> {
    let Some((start, _)) = bytes.split_at_checked(START).filter(|(start, _)| start.starts_with(MAGIC)) else {
        return Err("it does not start as a checkpoint does".to_owned());
    };
    let format = u32::from_le_bytes([start[8], start[9], start[10], start[11]]);
    if format != FORMAT {
        return Err(format!("its format is {format}, known is {FORMAT}"));
    }
    let mut length = [0; 8];
    length.copy_from_slice(&start[12..]);
    let Some(content) = bytes.len().checked_sub(CHECKSUM).filter(|length| *length >= START) else {
        return Err("it is cut off".to_owned());
    };
    let (content, checksum) = bytes.split_at(content);
    if blake3::hash(content).as_bytes() != checksum {
        return Err("its checksum does not fit its content".to_owned());
    }
    let header = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
    let Some((header, rest)) = content[START..].split_at_checked(header) else {
        return Err("its header is cut off".to_owned());
    };
    serde_json::from_slice(header).map(|header| (header, rest)).map_err(|error| error.to_string())
}

/// The sections of these lengths.
pub(crate) fn split<'a>(mut rest: &'a [u8], lengths: &[u64]) -> Result<Vec<&'a [u8]>, String> {
    lengths
        .iter()
        .map(|&length| {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let (taken, left) = rest.split_at_checked(length).ok_or("a section is cut off")?;
            rest = left;
            Ok(taken)
        })
        .collect()
}

/// The file of a folder; none where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let length = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if length > MAX_BYTES {
        return Err(format!("it has {length} bytes"));
    }
    std::fs::read(path).map(Some).map_err(|error| error.to_string())
}

/// Writes a file into a folder, which is made: whole, or not at all.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let unfinished = folder.join(unfinished(name));
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(name))
}

/// Removes a file of a folder, and the folder where nothing else lies in it.
pub(crate) fn remove(folder: &Path, name: &str) -> std::io::Result<()> {
    for name in [name, &unfinished(name)] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    // It fails where something else lies in it, which is none of ours.
    let _ = std::fs::remove_dir(folder);
    Ok(())
}

/// What a file is called while it is written.
fn unfinished(name: &str) -> String {
    format!(".{name}.part")
}
