//! The operating system's files and commands.
#![cfg(all(feature = "files", unix))]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    time::{Duration, Instant},
};

use redlatch_core::material::{FileSystem, OsFiles, Progress};

/// A folder of one's own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("redlatch-core-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_volume_as_the_kubelet_writes_it() {
    let folder = Folder::new("volume");
    let path = &folder.0;
    assert_eq!(OsFiles.volume(path), None);
    fs::create_dir(path.join("..1")).unwrap();
    fs::write(path.join("..1/ca.pem"), "one").unwrap();
    symlink("..1", path.join("..data")).unwrap();
    symlink("..data/ca.pem", path.join("ca.pem")).unwrap();
    assert_eq!(OsFiles.volume(path), Some("..1".into()));
    let file = OsFiles.stamp(&path.join("ca.pem")).unwrap();
    assert_eq!(file, OsFiles.stamp(&path.join("..1/ca.pem")).unwrap());
    assert!(!file.folder && OsFiles.stamp(path).unwrap().folder);
    let mut names = OsFiles.names(path).unwrap();
    names.sort();
    assert_eq!(names, ["..1", "..data", "ca.pem"]);
    assert!(!OsFiles.is_frozen_mount(&path.join("ca.pem")));
    // What containers mount one by one: there is always one, also outside of them.
    #[cfg(target_os = "linux")]
    if std::path::Path::new("/proc/self/mountinfo").exists() {
        assert!(OsFiles.is_frozen_mount(std::path::Path::new("/proc")));
    }
}

#[test]
fn only_this_user_may_read_what_is_appended() {
    let folder = Folder::new("append");
    let path = folder.0.join("keys");
    OsFiles.append(&path, "one\n").unwrap();
    OsFiles.append(&path, "two\n").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(OsFiles.append(&folder.0, "x").is_err());
}

/// Looks at a command until it is done.
fn run(words: &[&str]) -> Result<Vec<u8>, String> {
    let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
    let mut process = OsFiles.start(&words)?;
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        if let Progress::Done(printed) = process.progress() {
            return printed.map(|secret| secret.expose().to_vec());
        }
        std::thread::yield_now();
    }
    Err("it does not end".to_owned())
}

#[test]
fn a_command_prints() {
    assert_eq!(run(&["printf", "%s", "$HOME `x` \"y\""]).unwrap(), b"$HOME `x` \"y\"");
    let long = "x".repeat(60_000);
    assert_eq!(
        run(&["sh", "-c", "head -c 60000 /dev/zero | tr '\\0' x"]).unwrap(),
        long.as_bytes()
    );
    assert!(run(&["sh", "-c", "head -c 99999 /dev/zero"]).unwrap_err().contains("more than"));
    let failed = run(&["sh", "-c", "echo a-secret; exit 3"]).unwrap_err();
    assert!(failed.contains('3') && !failed.contains("a-secret"), "{failed}");
    assert!(run(&["/no/such/program"]).unwrap_err().contains("cannot be started"));
    // It reads nothing from the terminal of the service.
    assert_eq!(run(&["cat"]).unwrap(), b"");
}

/// Nothing is waited for, and what is given up does not go on.
#[test]
fn a_command_that_hangs_is_ended() {
    let folder = Folder::new("hangs");
    let pid = folder.0.join("pid");
    let script = format!("echo $$ > {}; exec sleep 600", pid.display());
    let mut process = OsFiles.start(&["sh".to_owned(), "-c".to_owned(), script]).unwrap();
    let number = loop {
        assert!(matches!(process.progress(), Progress::Running));
        match fs::read_to_string(&pid).map(|text| text.trim().parse::<u32>()) {
            Ok(Ok(number)) => break number,
            _ => std::thread::yield_now(),
        }
    };
    drop(process);
    #[cfg(target_os = "linux")]
    assert!(!std::path::Path::new(&format!("/proc/{number}")).exists());
    assert!(number > 0);
}
