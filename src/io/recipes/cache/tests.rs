use super::*;

fn url(path: &str) -> Url {
    Url::parse(&format!("https://recipes.example/{path}")).expect("a URL")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    files.sort();
    files
}

#[test]
fn a_copy_comes_back_as_it_was_and_a_broken_one_is_discarded() {
    let home = tempfile::tempdir().expect("a folder");
    let cache = Cache::at(home.path().join("a/b"));
    assert_eq!(cache.get(&url("x")), None);
    let validators = Validators { etag: Some("\"1\"".to_owned()), last_modified: None };
    cache.put(&url("x"), b"{\n}\n", &validators);
    let copy = cache.get(&url("x")).expect("a copy");
    assert_eq!((copy.bytes.as_slice(), &copy.validators), (&b"{\n}\n"[..], &validators));
    assert_eq!(cache.get(&url("X")), None, "addresses are case-sensitive");

    let path = files(&home.path().join("a/b")).pop().expect("one file");
    let good = fs::read(&path).expect("read");
    let cut = &good[..good.len() - 1];
    let other = String::from_utf8_lossy(&good).replace("recipes.example/x", "recipes.example/y");
    for bad in [cut, b"", b"{}", b"\n", b"{}\n{}", other.as_bytes(), &[0xff; 100]] {
        fs::write(&path, bad).expect("written");
        assert_eq!(cache.get(&url("x")), None, "{bad:?}");
        assert!(!path.exists(), "it is discarded: {bad:?}");
    }
    fs::write(&path, &good).expect("written");
    assert!(cache.get(&url("x")).is_some());
}

#[test]
fn a_cache_that_cannot_be_written_is_no_error() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("file"), "").expect("written");
    let cache = Cache::at(home.path().join("file/below"));
    cache.put(&url("x"), b"{}", &Validators::default());
    cache.confirm(&url("x"));
    assert_eq!(cache.get(&url("x")), None);
}

#[test]
fn the_oldest_go_when_there_are_too_many_or_too_much() {
    let home = tempfile::tempdir().expect("a folder");
    let cache = Cache::at(home.path().to_owned());
    for name in ["a", "b", "c", "d"] {
        cache.put(&url(name), b"{}", &Validators::default());
        let age = std::time::Duration::from_secs(u64::from(b'z' - name.as_bytes()[0]) * 60);
        let file = File::options().append(true).open(cache.path(&url(name))).expect("a file");
        file.set_modified(SystemTime::now() - age).expect("a time");
    }
    cache.confirm(&url("a"));
    prune(home.path(), 2, u64::MAX);
    let left = |name| cache.get(&url(name)).is_some();
    assert_eq!((left("a"), left("b"), left("c"), left("d")), (true, false, false, true));
    prune(home.path(), 10, 0);
    assert_eq!(files(home.path()), Vec::<PathBuf>::new());
}
