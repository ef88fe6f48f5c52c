//! What the operating system tells about a folder, as short notes for the watcher's thread.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Sender, TrySendError};
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::folder;
use crate::settle::Sight;

/// Something happened in a watched folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// Something happened to the file or folder with this path below the watched one.
    Seen(OsString, Sight),
    /// Something that only looking through the folder can tell.
    LookAgain,
}

/// The operating system tells of changes in these folders as long as this is kept.
pub(crate) struct Listening {
    watcher: RecommendedWatcher,
    root: PathBuf,
    /// By their path below the root, and which folder it was: another one may take its name.
    folders: BTreeMap<PathBuf, Option<(u64, u64)>>,
}

impl Listening {
    /// Asks the operating system to tell of changes in folders at and below `root`, none so far. When more happens
    /// than `notes` holds, `overflow` is set.
    pub(crate) fn new(root: &Path, notes: Sender<Note>, overflow: Arc<AtomicBool>) -> notify::Result<Self> {
        let watched = root.to_path_buf();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            for note in notes_of(&watched, event) {
                if let Err(TrySendError::Full(_)) = notes.try_send(note) {
                    overflow.store(true, Ordering::Relaxed);
                }
            }
        })?;
        Ok(Self { watcher, root: root.to_path_buf(), folders: BTreeMap::new() })
    }

    /// Listens to a folder. False when it is the one that is listened to already.
    pub(crate) fn add(&mut self, relative: &Path) -> notify::Result<bool> {
        let path = self.root.join(relative);
        let identity = folder::identity(&path);
        if let Some(known) = self.folders.get(relative) {
            if *known == identity {
                return Ok(false);
            }
            // Another folder took the name: the operating system still tells of the old one.
            let _ = self.watcher.unwatch(&path);
        }
        self.watcher.watch(&path, RecursiveMode::NonRecursive)?;
        self.folders.insert(relative.to_path_buf(), identity);
        Ok(true)
    }

    /// Forgets folders that are not there any more.
    pub(crate) fn keep_only(&mut self, wanted: impl Fn(&Path) -> bool) {
        let (watcher, root) = (&mut self.watcher, &self.root);
        self.folders.retain(|relative, _| {
            let keep = wanted(relative);
            if !keep {
                // It mostly ended by itself, with the folder.
                let _ = watcher.unwatch(&root.join(relative));
            }
            keep
        });
    }
}

fn notes_of(folder: &Path, event: notify::Result<Event>) -> Vec<Note> {
    let Ok(event) = event else {
        return vec![Note::LookAgain];
    };
    if event.need_rescan() {
        return vec![Note::LookAgain];
    }
    let sight = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Sight::Closed,
        // Reading, ours too, changes nothing.
        EventKind::Access(_) => return Vec::new(),
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Sight::Closed,
        // Only here the end of writing is told too.
        EventKind::Modify(ModifyKind::Data(_)) if cfg!(target_os = "linux") => Sight::Written,
        _ => Sight::Told,
    };
    let note = |path: &PathBuf| match path.strip_prefix(folder) {
        Ok(relative) if !relative.as_os_str().is_empty() => Note::Seen(relative.as_os_str().to_owned(), sight),
        // The folder itself, or a path that is spelled in another way.
        _ => Note::LookAgain,
    };
    event.paths.iter().map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange, Flag, RemoveKind};

    #[test]
    fn events_become_notes() {
        let check = |kind: EventKind, path: &str, expected: &[Note]| {
            let event = Event::new(kind).add_path(path.into());
            assert_eq!(notes_of(Path::new("/in"), Ok(event)), expected, "{kind:?} {path}");
        };
        let close = |mode| EventKind::Access(AccessKind::Close(mode));
        let rename = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let seen = |name: &str, sight| [Note::Seen(name.into(), sight)];
        let written = if cfg!(target_os = "linux") { Sight::Written } else { Sight::Told };
        check(EventKind::Create(CreateKind::File), "/in/a", &seen("a", Sight::Told));
        check(EventKind::Create(CreateKind::File), "/in/b/a", &seen("b/a", Sight::Told));
        check(EventKind::Modify(ModifyKind::Data(DataChange::Any)), "/in/a", &seen("a", written));
        check(close(AccessMode::Write), "/in/a", &seen("a", Sight::Closed));
        check(close(AccessMode::Read), "/in/a", &[]);
        check(rename(RenameMode::To), "/in/a", &seen("a", Sight::Closed));
        check(rename(RenameMode::From), "/in/a", &seen("a", Sight::Told));
        check(rename(RenameMode::From), "/in", &[Note::LookAgain]);
        check(EventKind::Remove(RemoveKind::Folder), "/in", &[Note::LookAgain]);
        check(EventKind::Create(CreateKind::File), "/private/in/a", &[Note::LookAgain]);
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(notes_of(Path::new("/in"), Ok(overflow)), [Note::LookAgain]);
        assert_eq!(notes_of(Path::new("/in"), Err(notify::Error::generic("x"))), [Note::LookAgain]);
    }
}
