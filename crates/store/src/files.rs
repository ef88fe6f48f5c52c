//! Writing a file so that it is there as a whole or not at all.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::StoreError;

/// What names of files begin with that are not finished.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// Writes `bytes` beside `path` and renames. With `lasting` the file also survives a power cut right afterwards.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], lasting: bool) -> Result<(), StoreError> {
    let failed = |source| StoreError::file(path, "writing", source);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|source| StoreError::file(folder, "creating", source))?;
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    if lasting {
        file.as_file().sync_all().map_err(failed)?;
    }
    file.persist(path).map_err(|refused| failed(refused.error))?;
    if lasting {
        keep_name(folder).map_err(|source| StoreError::file(folder, "syncing", source))?;
    }
    Ok(())
}

/// The name is part of the folder, which has to reach the disk too. Other systems do so by themselves.
#[cfg(unix)]
fn keep_name(folder: &Path) -> std::io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn keep_name(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}
