//! A real folder, by listening and by polling: which files arrive, in which order, and how often.

use super::*;
use sightline_core::Arrival;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

/// Far longer than anything here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// A watched folder inside a directory of its own, where files are prepared.
struct Line {
    dir: tempfile::TempDir,
    folder: PathBuf,
    watching: Option<Watching>,
    states: Option<Receiver<SourceState>>,
    /// What a store would know.
    recorded: Arc<Mutex<HashSet<ArrivalKey>>>,
}

impl Line {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("相机 in");
        fs::create_dir(&folder).unwrap();
        Self { dir, folder, watching: None, states: None, recorded: Arc::default() }
    }

    fn watched(only_poll: bool) -> Self {
        let mut line = Self::new();
        line.start(only_poll);
        line
    }

    fn start(&mut self, only_poll: bool) {
        self.start_with(WatchConfig { only_poll, ..WatchConfig::new(&self.folder) });
    }

    fn start_with(&mut self, config: WatchConfig) {
        let (to_states, states) = bounded(100);
        let only_poll = config.only_poll;
        let config = WatchConfig { settle_millis: 100, empty_settle_millis: 300, poll_millis: 20, ..config };
        let recorded = self.recorded.clone();
        let told = move |state| to_states.send(state).unwrap();
        self.watching = Some(watch(config, move |key| recorded.lock().unwrap().contains(key), told).unwrap());
        self.states = Some(states);
        self.expect_state(&if only_poll { SourceState::Polling } else { SourceState::Watching });
    }

    fn expect_state(&self, expected: &SourceState) {
        assert_eq!(&self.states.as_ref().unwrap().recv_timeout(PATIENCE).unwrap(), expected);
    }

    fn next(&self) -> Arrival {
        let arrivals = &self.watching.as_ref().unwrap().arrivals;
        let arrival = loop {
            let coming = arrivals.recv_timeout(PATIENCE).unwrap();
            if coming.rest.stayed() {
                break coming.arrival;
            }
        };
        assert!(self.recorded.lock().unwrap().insert(arrival.key.clone()), "twice: {arrival:?}");
        arrival
    }

    fn next_name(&self) -> String {
        self.next().key.relative_path.into_os_string().into_string().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A finished file outside of the watched folder.
    fn prepared(&self, name: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, b"picture").unwrap();
        path
    }

    /// Puts a file there that settles later than all that happened before, and expects it next.
    fn expect_nothing_but(&self, name: &str) {
        fs::hard_link(self.prepared(name), self.path(name)).unwrap();
        assert_eq!(self.next_name(), name);
    }
}

fn aged(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 - seconds);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Runs a test both ways.
fn both(test: impl Fn(bool)) {
    test(false);
    test(true);
}

#[test]
fn files_arrive_however_they_come() {
    both(|only_poll| {
        let line = Line::watched(only_poll);
        type Way<'a> = (&'static str, &'a dyn Fn(&Path));
        let ways: [Way<'_>; 4] = [
            ("written.png", &|to| fs::write(to, b"picture").unwrap()),
            ("renamed.JPG", &|to| fs::rename(line.prepared("outside"), to).unwrap()),
            ("linked.tiff", &|to| fs::hard_link(line.prepared("other"), to).unwrap()),
            ("零件 1.bmp", &|to| {
                fs::write(line.path("copy.part"), b"picture").unwrap();
                fs::rename(line.path("copy.part"), to).unwrap();
            }),
        ];
        for (name, come) in ways {
            let path = line.path(name);
            come(&path);
            let arrival = line.next();
            let stamp = folder::stamp(&path).unwrap();
            assert_eq!((arrival.key.relative_path.as_path(), &arrival.path), (Path::new(name), &path));
            assert_eq!((arrival.key.modified_nanos, arrival.key.size_bytes), (stamp.modified_nanos, 7));
            assert!(arrival.seen_millis > 1_700_000_000_000);
        }
    });
}

#[cfg(unix)]
#[test]
fn links_to_files_are_followed() {
    let line = Line::watched(false);
    let target = line.prepared("target");
    std::os::unix::fs::symlink(&target, line.path("link.png")).unwrap();
    std::os::unix::fs::symlink(line.dir.path().join("nowhere"), line.path("dangling.png")).unwrap();
    std::os::unix::fs::symlink(line.dir.path(), line.path("folder.png")).unwrap();
    let arrival = line.next();
    assert_eq!((arrival.path, arrival.key.size_bytes), (line.path("link.png"), 7));
    line.expect_nothing_but("last.png");
}

#[test]
fn unfinished_and_foreign_files_are_left_alone() {
    both(|only_poll| {
        let line = Line::watched(only_poll);
        for name in [".hidden.png", "a.png.part", "b.tmp", "notes.txt"] {
            fs::write(line.path(name), b"x").unwrap();
        }
        fs::create_dir(line.path("folder.png")).unwrap();
        fs::write(line.path("folder.png").join("inside.png"), b"x").unwrap();
        line.expect_nothing_but("last.png");
    });
}

#[test]
fn a_slow_file_arrives_once_when_complete() {
    both(|only_poll| {
        let line = Line::watched(only_poll);
        let mut file = File::create(line.path("slow.png")).unwrap();
        for _ in 0..10 {
            file.write_all(b"some").unwrap();
            thread::sleep(Duration::from_millis(20));
        }
        drop(file);
        // However the writer was delayed, the last state is the last arrival.
        let mut last = line.next();
        while last.key.size_bytes < 40 {
            last = line.next();
        }
        assert_eq!(last.key.size_bytes, 40);
        line.expect_nothing_but("last.png");
    });
}

#[test]
fn an_empty_file_is_delivered_in_the_end() {
    both(|only_poll| {
        let line = Line::watched(only_poll);
        fs::write(line.path("empty.png"), b"").unwrap();
        let arrival = line.next();
        assert_eq!((arrival.path, arrival.key.size_bytes), (line.path("empty.png"), 0));
    });
}

#[test]
fn files_whose_time_is_set_after_they_were_closed_arrive_once_with_that_time() {
    let line = Line::watched(false);
    for part in 0..40 {
        let name = format!("{part}.png");
        let began = Instant::now();
        fs::write(line.path(&name), b"picture").unwrap();
        aged(&line.path(&name), part);
        // On a busy machine the first state may have lasted, and then it counts.
        let lasted = began.elapsed() > Duration::from_millis(8);
        let mut arrival = line.next();
        let expected = (1_000_000_000 - part as i64) * 1_000_000_000;
        if lasted && arrival.key.modified_nanos != expected {
            arrival = line.next();
        }
        assert_eq!((&arrival.key.relative_path, arrival.key.modified_nanos), (&PathBuf::from(name), expected));
    }
    line.expect_nothing_but("last.png");
}

#[test]
fn the_same_state_arrives_once_and_a_new_one_again() {
    both(|only_poll| {
        let line = Line::watched(only_poll);
        let path = line.path("a.png");
        fs::write(&path, b"one").unwrap();
        let first = line.next().key;
        // Opened for writing and closed, touched, moved away and back: still the same state.
        drop(OpenOptions::new().append(true).open(&path).unwrap());
        fs::set_permissions(&path, fs::metadata(&path).unwrap().permissions()).unwrap();
        fs::rename(&path, line.dir.path().join("away")).unwrap();
        fs::rename(line.dir.path().join("away"), &path).unwrap();
        line.expect_nothing_but("between.png");
        aged(&path, 5);
        let second = line.next().key;
        assert_eq!((&second.relative_path, second.size_bytes), (&first.relative_path, 3));
        assert_ne!(second, first);
        line.expect_nothing_but("last.png");
    });
}

#[test]
fn at_the_start_the_oldest_comes_first_and_recorded_ones_never() {
    both(|only_poll| {
        let mut line = Line::new();
        for (name, age) in [("b.png", 10), ("c.png", 30), ("a.png", 10), ("known.png", 20), ("changed.png", 5)] {
            fs::write(line.path(name), b"picture").unwrap();
            aged(&line.path(name), age);
        }
        let key = |name: &str| {
            let stamp = folder::stamp(&line.path(name)).unwrap();
            ArrivalKey { relative_path: name.into(), modified_nanos: stamp.modified_nanos, size_bytes: 7 }
        };
        line.recorded.lock().unwrap().extend([key("known.png"), key("changed.png")]);
        aged(&line.path("changed.png"), 1);
        line.start(only_poll);
        let names: Vec<String> = (0..4).map(|_| line.next_name()).collect();
        assert_eq!(names, ["c.png", "a.png", "b.png", "changed.png"]);
        line.expect_nothing_but("last.png");
    });
}

#[test]
fn ten_thousand_at_once_wait_until_received_and_none_is_lost() {
    both(|only_poll| {
        let line = Line::watched(only_poll);
        let names: HashSet<OsString> = (0..10_000).map(|part| format!("{part}.png").into()).collect();
        for name in &names {
            fs::write(line.folder.join(name), b"picture").unwrap();
        }
        let watching = line.watching.as_ref().unwrap();
        let started = std::time::Instant::now();
        while watching.backlog.waiting() < names.len() {
            assert!(started.elapsed() < PATIENCE, "{} wait", watching.backlog.waiting());
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(watching.arrivals.len(), CHANNEL_CAPACITY);
        let arrived: Vec<Arrival> = names.iter().map(|_| line.next()).collect();
        let arrived: HashSet<OsString> = arrived.into_iter().map(|arrival| arrival.key.relative_path.into()).collect();
        assert_eq!(arrived, names);
        line.expect_nothing_but("last.png");
    });
}

#[test]
fn a_file_that_is_deleted_before_it_settles_never_arrives() {
    both(|only_poll| {
        let line = Line::watched(only_poll);
        // Kept open: not even its writer says that it is finished.
        let file = File::create(line.path("gone.png")).unwrap();
        (&file).write_all(b"picture").unwrap();
        fs::remove_file(line.path("gone.png")).unwrap();
        line.expect_nothing_but("last.png");
    });
}

#[test]
fn a_folder_that_vanishes_is_lost_until_it_comes_back() {
    both(|only_poll| {
        let line = Line::watched(only_poll);
        let away = line.dir.path().join("away");
        fs::write(line.path("before.png"), b"picture").unwrap();
        assert_eq!(line.next_name(), "before.png");
        let back = if only_poll { SourceState::Polling } else { SourceState::Watching };
        for round in 0..2 {
            fs::rename(&line.folder, &away).unwrap();
            let state = line.states.as_ref().unwrap().recv_timeout(PATIENCE).unwrap();
            assert!(matches!(state, SourceState::Lost { ref detail } if !detail.is_empty()), "{state:?}");
            let name = format!("meanwhile {round}.png");
            fs::write(away.join(&name), b"picture").unwrap();
            fs::rename(&away, &line.folder).unwrap();
            line.expect_state(&back);
            assert_eq!(line.next_name(), name);
        }
        line.expect_nothing_but("last.png");
    });
}

#[test]
fn another_folder_of_the_same_name_is_watched_in_its_place() {
    let line = Line::watched(false);
    fs::rename(&line.folder, line.dir.path().join("old")).unwrap();
    fs::create_dir(&line.folder).unwrap();
    fs::write(line.dir.path().join("old").join("elsewhere.png"), b"picture").unwrap();
    line.expect_nothing_but("new.png");
}

#[test]
fn watched_files_are_not_changed() {
    let line = Line::watched(false);
    let path = line.path("a.png");
    fs::write(&path, b"picture").unwrap();
    let before = folder::stamp(&path).unwrap();
    line.next();
    assert_eq!((folder::stamp(&path).unwrap(), fs::read(&path).unwrap()), (before, b"picture".to_vec()));
}

#[test]
fn dropping_ends_the_thread_even_while_arrivals_wait() {
    let kept = Arc::new(Mutex::new(()));
    let line = Line::new();
    for part in 0..2 * CHANNEL_CAPACITY {
        fs::write(line.path(&format!("{part}.png")), b"picture").unwrap();
    }
    let by_thread = kept.clone();
    let watching = watch(WatchConfig::new(&line.folder), |_| false, move |_| drop(by_thread.lock())).unwrap();
    watching.arrivals.recv_timeout(PATIENCE).unwrap();
    drop(watching);
    // What the thread owned is gone with it.
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn a_folder_that_cannot_be_watched_is_named() {
    let line = Line::new();
    let file = line.prepared("file.png");
    let start = |path: &Path| watch(WatchConfig::new(path), |_| false, |_| ()).map(drop);
    match start(&line.path("missing")) {
        Err(WatchError::Missing { path }) => assert_eq!(path, line.path("missing")),
        other => panic!("{other:?}"),
    }
    match start(&file) {
        Err(WatchError::NotAFolder { path }) => assert_eq!(path, file),
        other => panic!("{other:?}"),
    }
    assert!(matches!(start(&file.join("below")), Err(WatchError::NotAFolder { .. })));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_held_open_is_not_taken_before_its_end() {
    let line = Line::watched(false);
    let mut file = File::create(line.path("open.png")).unwrap();
    file.write_all(b"half").unwrap();
    // Far longer than a file must be quiet.
    thread::sleep(Duration::from_millis(500));
    line.expect_nothing_but("between.png");
    file.write_all(b"half").unwrap();
    drop(file);
    assert_eq!(line.next().key.size_bytes, 8);
}

#[test]
fn folders_below_that_come_later_are_watched_and_names_tell_of_the_part() {
    both(|only_poll| {
        let mut line = Line::new();
        line.start_with(WatchConfig {
            only_poll,
            subfolders: Subfolders::new("lot */cam").unwrap(),
            pattern: Some(NamePattern::new("lot {lot}/cam/{part}_{view}").unwrap()),
            ..WatchConfig::new(&line.folder)
        });
        let put = |path: &str| {
            let path = line.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"picture").unwrap();
        };
        put("lot 7/cam/0001_top.png");
        let arrival = line.next();
        let expected = PartName { part: Some("0001".into()), lot: Some("7".into()), view: Some("top".into()) };
        assert_eq!((arrival.name.clone(), arrival.part_id()), (expected, "0001".to_owned()));
        assert_eq!(arrival.key.relative_path, Path::new("lot 7").join("cam").join("0001_top.png"));
        // Neither beside the folders that count nor below them.
        for path in ["lot 7/a.png", "lot 7/cam/deep/b.png", "other/cam/c.png"] {
            put(path);
        }
        put("lot 7/cam/0002_top.png");
        assert_eq!(line.next().part_id(), "0002");
        // A folder that goes and comes back is another one.
        fs::remove_dir_all(line.path("lot 7")).unwrap();
        put("lot 7/cam/0003_top.png");
        assert_eq!(line.next().part_id(), "0003");
        // Not as the pattern says: still an arrival, with its file's name.
        line.expect_nothing_but("last.png");
    });
}

#[cfg(unix)]
#[test]
fn names_of_every_kind_arrive_as_they_are() {
    use std::os::unix::ffi::OsStringExt;
    let line = Line::watched(false);
    let long = [vec![b'x'; 251], b".png".to_vec()].concat();
    for name in [b"\xff\xfe.png".to_vec(), b"two\nlines.png".to_vec(), b"-rf *.png".to_vec(), b" .png".to_vec(), long] {
        let name = OsString::from_vec(name);
        fs::write(line.folder.join(&name), b"picture").unwrap();
        let arrival = line.next();
        assert_eq!((arrival.key.relative_path.as_os_str(), arrival.path), (name.as_os_str(), line.folder.join(&name)));
    }
}

#[cfg(unix)]
#[test]
fn permissions_that_go_and_come_lose_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    both(|only_poll| {
        let line = Line::watched(only_poll);
        allow(&line.folder, 0o300);
        if fs::read_dir(&line.folder).is_ok() {
            return allow(&line.folder, 0o755); // Permissions do not stop the superuser.
        }
        let state = line.states.as_ref().unwrap().recv_timeout(PATIENCE).unwrap();
        assert!(matches!(state, SourceState::Lost { .. }), "{state:?}");
        fs::write(line.path("meanwhile.png"), b"picture").unwrap();
        allow(&line.folder, 0o755);
        line.expect_state(&if only_poll { SourceState::Polling } else { SourceState::Watching });
        assert_eq!(line.next_name(), "meanwhile.png");
    });
}

/// Files carry the time of their writer's clock, which may be set back or forward at any moment.
#[test]
fn a_clock_that_jumps_loses_nothing_and_doubles_nothing() {
    both(|only_poll| {
        let mut line = Line::watched(only_poll);
        let put = |line: &Line, name: &str, hours: i64| {
            let (now, far) = (SystemTime::now(), Duration::from_secs(3600 * hours.unsigned_abs()));
            let time = if hours < 0 { now - far } else { now + far };
            let outside = line.prepared("outside");
            File::options().write(true).open(&outside).unwrap().set_modified(time).unwrap();
            fs::rename(outside, line.path(name)).unwrap();
        };
        for (number, hours) in [0, 5, -5, 1, 700, -700].into_iter().enumerate() {
            let name = format!("{number}.png");
            put(&line, &name, hours);
            assert_eq!(line.next_name(), name);
        }
        // The same name again, from a clock that was set back meanwhile, is another part.
        put(&line, "4.png", -3);
        assert_eq!(line.next_name(), "4.png");
        line.expect_nothing_but("last.png");
        line.watching = None;
        line.start(only_poll);
        line.expect_nothing_but("after the restart.png");
    });
}

#[test]
fn a_preview_tells_what_would_arrive() {
    let line = Line::new();
    for name in ["b_1.png", "a_2.png", "odd.png", "notes.txt"] {
        fs::write(line.path(name), b"picture").unwrap();
    }
    let pattern = Some(NamePattern::new("{part}_{view}").unwrap());
    let seen = preview(&WatchConfig { pattern, ..WatchConfig::new(&line.folder) }).unwrap();
    let parts: Vec<_> =
        seen.iter().map(|(path, name)| (path.to_str().unwrap(), name.clone().map(|n| n.part))).collect();
    assert_eq!(parts, [("a_2.png", Some(Some("a".into()))), ("b_1.png", Some(Some("b".into()))), ("odd.png", None)]);
}
