//! Which files and folders are found.

use super::*;
use crate::WatchConfig;

#[test]
fn only_finished_pictures_are_wanted() {
    let endings = WatchConfig::new("").endings;
    let check = |name: &str, wanted| assert_eq!(is_wanted(OsStr::new(name), &endings), wanted, "{name}");
    for name in ["a.png", "A.JPG", "零件 1.TiFf", "a.b.webp", "=1.pgm", "lot 1/a.png", ".lot/a.png"] {
        check(name, true);
    }
    for name in [".a.png", ".png", "a.png.part", "a.png.tmp", "a.part", "a.txt", "png", "a.png~", "", "lot/.a.png"] {
        check(name, false);
    }
}

/// What is found below a folder, sorted, and in which folders was looked.
fn found(folder: &Path, subfolders: &str) -> (Vec<String>, Vec<String>) {
    let subfolders = Subfolders::new(subfolders).unwrap();
    let mut entered = Vec::new();
    let endings = ["png".to_owned()];
    let found =
        look_through(folder, &subfolders, &endings, |entered_now| entered.push(entered_now.display().to_string()));
    let mut files: Vec<String> = found.unwrap().files.into_iter().map(|file| file.into_string().unwrap()).collect();
    files.sort();
    entered.sort();
    (files, entered)
}

#[test]
fn folders_are_looked_through_as_their_pattern_says() {
    let dir = tempfile::tempdir().unwrap();
    for path in ["a.png", "lot 1/b.png", "lot 1/cam/c.png", "lot 2/d.png", ".hidden/e.png"] {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"x").unwrap();
    }
    let check = |subfolders: &str, files: &[&str], entered: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(found(dir.path(), subfolders), (owned(files), owned(entered)), "{subfolders}");
    };
    check("", &["a.png"], &[""]);
    check("*", &["a.png", "lot 1/b.png", "lot 2/d.png"], &["", "lot 1", "lot 2"]);
    check("*/cam", &["a.png", "lot 1/cam/c.png"], &["", "lot 1", "lot 1/cam", "lot 2"]);
    check("**", &["a.png", "lot 1/b.png", "lot 1/cam/c.png", "lot 2/d.png"], &["", "lot 1", "lot 1/cam", "lot 2"]);
}

#[cfg(unix)]
#[test]
fn loops_of_links_end_and_a_folder_that_is_linked_twice_is_found_once() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let (watched, outside) = (dir.path().join("watched"), dir.path().join("outside"));
    fs::create_dir_all(watched.join("lot")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(watched.join("lot/a.png"), b"x").unwrap();
    fs::write(outside.join("b.png"), b"x").unwrap();
    symlink(&watched, watched.join("lot/up")).unwrap();
    symlink("self", watched.join("self")).unwrap();
    symlink(watched.join("lot"), watched.join("also lot")).unwrap();
    symlink(&outside, watched.join("linked")).unwrap();
    symlink(&outside, watched.join("linked again")).unwrap();
    assert_eq!(found(&watched, "**").0, ["linked/b.png", "lot/a.png"]);
}

#[cfg(target_os = "linux")]
#[test]
fn network_shares_are_told_by_their_mount() {
    let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                  36 22 0:32 / /mnt/cam\\0401 rw,relatime shared:1 - cifs //nas/cam rw\n\
                  40 36 8:2 / /mnt/cam\\0401/local rw - ext4 /dev/sdb rw\n";
    for (folder, remote) in [
        ("/mnt/cam 1", true),
        ("/mnt/cam 1/in", true),
        ("/mnt/cam 1/local/x", false),
        ("/mnt", false),
        ("/mnt/cam 12", false),
    ] {
        assert_eq!(remote_by(mounts, Path::new(folder)), remote, "{folder}");
    }
    assert!(!is_remote(&std::env::temp_dir().join("not there")));
}
