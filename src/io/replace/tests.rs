use super::*;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("read")
}

#[test]
fn a_file_is_replaced_and_nothing_is_left_behind() {
    let folder = folder();
    let path = folder.path().join("a.yaml");
    write(&path, b"new").expect("written");
    write(&path, b"newer").expect("written");
    assert_eq!(text(&path), "newer");
    assert_eq!(names(folder.path()), ["a.yaml"]);
    let error = write(&folder.path().join("missing/a.yaml"), b"x").expect_err("no folder");
    assert!(error.message.starts_with("cannot write "), "{error:?}");
    let error = write(folder.path(), b"x").expect_err("a folder");
    assert_eq!(error.causes, ["it is a directory"]);
    assert_eq!(names(folder.path()), ["a.yaml"]);
}

#[test]
fn a_change_by_somebody_else_is_kept() {
    let folder = folder();
    let path = folder.path().join("a.yaml");
    fs::write(&path, "edited").expect("written");
    let held = Held::new(&path).expect("held");
    let error = held.change(Some(b"old"), b"new").expect_err("changed");
    assert_eq!(error.causes, ["it was changed after it was read; it is left as it is"]);
    assert!(held.change(None, b"new").is_err() && is_as_read(&path, b"edite").is_err());
    assert_eq!((text(&path).as_str(), names(folder.path()).len()), ("edited", 1));
    // Somebody else did the same work.
    held.change(Some(b"old"), b"edited").expect("as it should be");
    held.change(Some(b"edited"), b"new").expect("written");
    assert_eq!(text(&path), "new");
    fs::remove_file(&path).expect("removed");
    assert!(held.change(Some(b"new"), b"newer").is_err() && !path.exists());
    held.change(None, b"first").expect("written");
    assert_eq!(text(&path), "first");
}

#[test]
#[cfg(unix)]
fn who_waits_too_long_for_a_lock_is_told_of_it() {
    let folder = folder();
    let path = folder.path().join("airunway.lock");
    let first = Held::new(&path).expect("held");
    let error = Held::within(&path, Duration::from_millis(30)).expect_err("held by the other");
    assert!(error.causes.concat().contains(&folder.path().display().to_string()), "{error:?}");
    drop(first);
    Held::within(&path, Duration::ZERO).expect("held");
    assert!(names(folder.path()).is_empty());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};

    fn pipe(folder: &Path) -> PathBuf {
        let path = folder.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
        assert!(made.success());
        path
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o7777
    }

    #[test]
    fn the_mode_is_the_targets_from_the_first_byte() {
        let folder = folder();
        let path = folder.path().join("secret.yaml");
        fs::write(&path, "old").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        let metadata = fs::metadata(&path).expect("a file");
        let mut seen = 0;
        store(&path, Some(&metadata), b"new", |_| {
            for name in names(folder.path()).iter().filter(|name| name.ends_with(SUFFIX)) {
                assert_eq!(mode(&folder.path().join(name)), 0o600);
                seen += 1;
            }
            Ok(true)
        })
        .unwrap_or_else(|_| panic!("written"));
        assert_eq!((seen, mode(&path), text(&path).as_str()), (1, 0o600, "new"));
        assert_eq!(target::first_mode(Some(&metadata)).mode() & 0o777, 0o600);
        // An unusual one stays, too; a new file is as any other.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o464)).expect("permissions");
        write(&path, b"newer").expect("written");
        assert_eq!(mode(&path), 0o464);
        let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
        write(&ours, b"x").expect("written");
        fs::write(&usual, "x").expect("written");
        assert_eq!(mode(&ours), mode(&usual));
        assert_eq!(fs::metadata(&ours).expect("a file").uid(), fs::metadata(&usual).expect("a file").uid());
    }

    #[test]
    fn links_are_followed_to_what_they_name() {
        let folder = folder();
        let path = folder.path().join("deep/a.yaml");
        fs::create_dir(folder.path().join("deep")).expect("a folder");
        let link = folder.path().join("link.yaml");
        symlink("deep/b.yaml", &link).expect("a link");
        symlink("a.yaml", folder.path().join("deep/b.yaml")).expect("a link");
        write(&link, b"made through a link").expect("written");
        assert_eq!(text(&path), "made through a link");
        Held::new(&link).expect("held").change(Some(b"made through a link"), b"changed").expect("written");
        assert_eq!(text(&path), "changed");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        assert_eq!(names(&folder.path().join("deep")), ["a.yaml", "b.yaml"]);
        symlink("circle", folder.path().join("circle")).expect("a link");
        let error = write(&folder.path().join("circle"), b"x").expect_err("a circle");
        assert_eq!(error.causes, ["it leads through more than 40 links"]);
    }

    #[test]
    fn a_pipe_is_written_into_and_never_replaced() {
        let folder = folder();
        let path = pipe(folder.path());
        let error = write(&path, b"x").expect_err("nobody reads");
        assert_eq!(error.causes, ["it is a pipe that nobody reads"]);
        let error = Held::new(&path).expect_err("a pipe");
        assert_eq!(error.causes, ["it is a pipe, not a regular file"]);
        // Opened for both, so that neither side waits for the other.
        let mut reader = File::options().read(true).write(true).open(&path).expect("opened");
        write(&path, b"said").expect("written");
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).expect("read");
        assert_eq!(&bytes, b"said");
        assert!(fs::symlink_metadata(&path).expect("a pipe").file_type().is_fifo());
        assert_eq!(names(folder.path()), ["pipe"]);
    }

    #[test]
    fn descriptors_are_written_into_whatever_they_lead_to() {
        let find = |path: &str| target::find(Path::new(path));
        for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            assert!(matches!(find(path), Ok(Target::Stream(_))), "{path}");
        }
        let folder = folder();
        let link = folder.path().join("out");
        symlink("/dev/stdout", &link).expect("a link");
        assert!(matches!(target::find(&link), Ok(Target::Stream(_))));
    }
}
