//! What the operating system tells about a folder, as short notes for the watcher's thread.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Sender, TrySendError};
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Something happened in the folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// A file was created, written to, removed.
    Touched(OsString),
    /// A file was closed by its writer or moved in as a whole.
    Closed(OsString),
    /// Something that only looking through the folder can tell.
    LookAgain,
}

/// Asks the operating system to tell of changes in `folder`. When more happens than `notes` holds, `overflow` is set.
pub(crate) fn listen(
    folder: &Path,
    notes: Sender<Note>,
    overflow: Arc<AtomicBool>,
) -> notify::Result<RecommendedWatcher> {
    let watched = folder.to_path_buf();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        for note in notes_of(&watched, event) {
            if let Err(TrySendError::Full(_)) = notes.try_send(note) {
                overflow.store(true, Ordering::Relaxed);
            }
        }
    })?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

fn notes_of(folder: &Path, event: notify::Result<Event>) -> Vec<Note> {
    let Ok(event) = event else {
        return vec![Note::LookAgain];
    };
    if event.need_rescan() {
        return vec![Note::LookAgain];
    }
    let closed = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        // Reading, ours too, changes nothing.
        EventKind::Access(_) => return Vec::new(),
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => true,
        _ => false,
    };
    let note = |path: &std::path::PathBuf| match path.file_name() {
        Some(name) if path.parent() == Some(folder) && closed => Note::Closed(name.to_owned()),
        Some(name) if path.parent() == Some(folder) => Note::Touched(name.to_owned()),
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
        check(EventKind::Create(CreateKind::File), "/in/a", &[Note::Touched("a".into())]);
        check(EventKind::Modify(ModifyKind::Data(DataChange::Any)), "/in/a", &[Note::Touched("a".into())]);
        check(close(AccessMode::Write), "/in/a", &[Note::Closed("a".into())]);
        check(close(AccessMode::Read), "/in/a", &[]);
        check(rename(RenameMode::To), "/in/a", &[Note::Closed("a".into())]);
        check(rename(RenameMode::From), "/in/a", &[Note::Touched("a".into())]);
        check(rename(RenameMode::From), "/in", &[Note::LookAgain]);
        check(EventKind::Remove(RemoveKind::Folder), "/in", &[Note::LookAgain]);
        check(EventKind::Create(CreateKind::File), "/private/in/a", &[Note::LookAgain]);
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(notes_of(Path::new("/in"), Ok(overflow)), [Note::LookAgain]);
        assert_eq!(notes_of(Path::new("/in"), Err(notify::Error::generic("x"))), [Note::LookAgain]);
    }
}
