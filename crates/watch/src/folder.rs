//! Looking at a folder and its files: which names count, and what tells one state of a file from another.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::Subfolders;

/// Folders below the watched one that are looked into at most; a tree without end must not take the line's time.
const MAX_FOLDERS: usize = 4096;

/// How deep below the watched folder is looked.
const MAX_DEPTH: usize = 16;

/// What changes when somebody writes to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Modification time in nanoseconds since 1970.
    pub(crate) modified_nanos: i64,
    /// Size in bytes.
    pub(crate) size_bytes: u64,
}

/// The stamp of a file, or of the file that a link leads to; none when there is no such file.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some(Stamp { modified_nanos: modified_nanos(&found), size_bytes: found.len() })
}

/// Whether a path is one of a picture that is meant to be seen. Hidden files are unfinished copies.
pub(crate) fn is_wanted(path: &OsStr, endings: &[String]) -> bool {
    let path = Path::new(path);
    let hidden = path.file_name().is_none_or(is_hidden);
    let ending = path.extension().and_then(OsStr::to_str);
    !hidden && ending.is_some_and(|ending| endings.iter().any(|wanted| wanted.eq_ignore_ascii_case(ending)))
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

/// What a look through the watched folder found. Paths are relative to it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Wanted files.
    pub(crate) files: Vec<OsString>,
    /// The first folder below that could not be read, and why.
    pub(crate) unread: Option<(PathBuf, io::Error)>,
}

/// Looks through a folder and those below it that count. `enter` is told of each, by its relative path, before its
/// files are listed. A folder that is reached twice, by links or a loop of them, is looked through once.
///
/// # Errors
/// When the folder itself cannot be read.
pub(crate) fn look_through(
    folder: &Path,
    subfolders: &Subfolders,
    endings: &[String],
    mut enter: impl FnMut(&Path),
) -> io::Result<Found> {
    let mut found = Found::default();
    let mut visited: HashSet<(u64, u64)> = identity(folder).into_iter().collect();
    let mut waiting = vec![PathBuf::new()];
    let mut folders = 0;
    while let Some(relative) = waiting.pop() {
        enter(&relative);
        if let Err(error) = list(folder, &relative, subfolders, endings, &mut found.files, &mut waiting, &mut visited) {
            if relative.as_os_str().is_empty() {
                return Err(error);
            }
            found.unread.get_or_insert((relative, error));
        }
        folders += 1;
        if folders + waiting.len() > MAX_FOLDERS {
            let error = io::Error::other(format!("there are more than {MAX_FOLDERS} folders"));
            found.unread.get_or_insert((PathBuf::new(), error));
            waiting.truncate(MAX_FOLDERS.saturating_sub(folders));
        }
    }
    Ok(found)
}

fn list(
    root: &Path,
    relative: &Path,
    subfolders: &Subfolders,
    endings: &[String],
    files: &mut Vec<OsString>,
    waiting: &mut Vec<PathBuf>,
    visited: &mut HashSet<(u64, u64)>,
) -> io::Result<()> {
    let counts = subfolders.counts(relative);
    let goes_on = relative.iter().count() < MAX_DEPTH && subfolders.leads_on(relative);
    let mut below = Vec::new();
    for entry in fs::read_dir(root.join(relative))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = relative.join(&name);
        // A name that ends like a picture may still be a folder's; the stamp tells later.
        if counts && is_wanted(&name, endings) {
            files.push(path.clone().into_os_string());
        }
        if goes_on && !is_hidden(&name) {
            // It may be gone already.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() || (kind.is_symlink() && root.join(&path).is_dir()) {
                below.push((kind.is_symlink(), path));
            }
        }
    }
    // Real folders before links, and in the order of their names: the same folder is always found by the same path.
    below.sort();
    for (link, path) in below.into_iter().filter(|(_, path)| subfolders.counts(path) || subfolders.leads_on(path)) {
        match identity(&root.join(&path)) {
            Some(identity) if !visited.insert(identity) => {}
            // Where folders have no number a loop cannot be told.
            None if link => {}
            _ => waiting.push(path),
        }
    }
    Ok(())
}

/// Tells a folder from another one that took its name. None where the system has no such number.
#[cfg(unix)]
pub(crate) fn identity(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
pub(crate) fn identity(_folder: &Path) -> Option<(u64, u64)> {
    None
}

/// Kinds of file systems on which the operating system does not tell of what other machines write.
#[cfg(target_os = "linux")]
const REMOTE: [&str; 12] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "vboxsf", "fuse.sshfs", "fuse.vmhgfs-fuse", "ncpfs"];

/// Whether the folder is on a network share, as far as the system says so.
#[cfg(target_os = "linux")]
pub(crate) fn is_remote(folder: &Path) -> bool {
    let resolved = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    fs::read_to_string("/proc/self/mountinfo").is_ok_and(|mounts| remote_by(&mounts, &resolved))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn is_remote(folder: &Path) -> bool {
    // Windows: \\server\share.
    folder.to_string_lossy().starts_with("\\\\")
}

/// The kind of the mount with the longest path above the folder; proc(5) says how the lines are built.
#[cfg(target_os = "linux")]
fn remote_by(mounts: &str, folder: &Path) -> bool {
    let kind = |line: &str| {
        let (before, after) = line.split_once(" - ")?;
        // Blanks in a path are written as octal numbers.
        let point = before.split(' ').nth(4)?.replace("\\040", " ");
        folder.starts_with(&point).then(|| (point.len(), after.split(' ').next().unwrap_or_default().to_owned()))
    };
    // Of two mounts on one point the later one lies on top.
    let found = mounts.lines().filter_map(kind).max_by_key(|(length, _)| *length);
    found.is_some_and(|(_, kind)| REMOTE.contains(&kind.as_str()))
}

#[cfg(unix)]
fn modified_nanos(found: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec())
}

#[cfg(not(unix))]
fn modified_nanos(found: &Metadata) -> i64 {
    use std::time::UNIX_EPOCH;
    let nanos = |duration: std::time::Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match found.modified().map(|time| time.duration_since(UNIX_EPOCH)) {
        Ok(Ok(since)) => nanos(since),
        Ok(Err(before)) => -nanos(before.duration()),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests;
