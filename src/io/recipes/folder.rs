//! A copy of the site in a directory: the same paths, and nothing outside of it, however the paths or links are
//! written.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::MAX_RECIPE_BYTES;
use super::error::{RecipeError, RecipeErrorKind as Kind};

/// What a directory has under a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// A file.
    Bytes(Vec<u8>),
    /// Nothing; with what it has under the same letters in other case.
    Nothing { similar: Option<PathBuf> },
}

/// Reads the file under a path of the site, relative and percent-encoded.
///
/// # Errors
/// A file that cannot be read, is too large, or lies outside of the directory.
pub(super) fn read(folder: &Path, path: &str) -> Result<Held, RecipeError> {
    let root = fs::canonicalize(folder).map_err(|error| failed(folder, &reason(&error)))?;
    let mut place = root.clone();
    for segment in path.split('/') {
        let name = percent_decode_str(segment).decode_utf8_lossy().into_owned();
        if !is_plain_name(&name) {
            return Err(failed(&place.join("…"), "its path is not a recipe site's"));
        }
        match exact_entry(&place, &name) {
            Ok(()) => place.push(name),
            Err(similar) => return Ok(Held::Nothing { similar }),
        }
    }
    let real = fs::canonicalize(&place).map_err(|error| failed(&place, &reason(&error)))?;
    if !real.starts_with(&root) {
        return Err(failed(&place, "a link leads out of the directory"));
    }
    bounded(&real).map(Held::Bytes)
}

/// Reads one file, up to the limit of an answer.
///
/// # Errors
/// A file that cannot be read or is too large.
pub(super) fn bounded(path: &Path) -> Result<Vec<u8>, RecipeError> {
    let metadata = fs::metadata(path).map_err(|error| failed(path, &reason(&error)))?;
    if !metadata.is_file() {
        // A pipe could keep the program waiting.
        return Err(failed(path, "it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_RECIPE_BYTES as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(path, &reason(&error)))?;
    if bytes.len() > MAX_RECIPE_BYTES {
        return Err(failed(path, &format!("it exceeds {MAX_RECIPE_BYTES} bytes")));
    }
    Ok(bytes)
}

fn is_plain_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0', ':', '\u{fffd}'])
}

/// Whether a directory lists this very name: a file system may find `Google` under `google`, the site does not.
fn exact_entry(folder: &Path, name: &str) -> Result<(), Option<PathBuf>> {
    let mut similar = None;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let listed = entry.file_name();
        if listed == OsStr::new(name) {
            return Ok(());
        }
        if listed.to_string_lossy().to_lowercase() == name.to_lowercase() {
            similar = Some(entry.path());
        }
    }
    Err(similar)
}

pub(super) fn failed(path: &Path, reason: &str) -> RecipeError {
    Kind::File { path: path.to_owned(), reason: reason.to_owned() }.into()
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_of_the_folder_is_read() {
        let home = tempfile::tempdir().expect("a directory");
        let site = home.path().join("site");
        fs::create_dir_all(site.join("Google")).expect("made");
        fs::write(site.join("Google/m.json"), "{}").expect("written");
        fs::write(home.path().join("secret.json"), "{}").expect("written");
        assert_eq!(read(&site, "Google/m.json"), Ok(Held::Bytes(b"{}".to_vec())));
        assert_eq!(read(&site, "Google/%6d.json"), Ok(Held::Bytes(b"{}".to_vec())));
        let similar = Some(fs::canonicalize(site.join("Google")).expect("path"));
        assert_eq!(read(&site, "google/m.json"), Ok(Held::Nothing { similar }));
        assert_eq!(read(&site, "Google/other.json"), Ok(Held::Nothing { similar: None }));
        for bad in [
            "../secret.json",
            "%2e%2e/secret.json",
            "Google/..%2f..%2fsecret.json",
            "",
            "Google//m.json",
            "C:x",
        ] {
            read(&site, bad).expect_err(bad);
        }
        assert!(
            read(&site, "Google").expect_err("a directory").to_string().ends_with("it is not a regular file")
        );
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(home.path(), site.join("out")).expect("a link");
            std::os::unix::fs::symlink("m.json", site.join("Google/link.json")).expect("a link");
            let error = read(&site, "out/secret.json").expect_err("outside").to_string();
            assert!(error.ends_with("a link leads out of the directory"), "{error}");
            assert_eq!(read(&site, "Google/link.json"), Ok(Held::Bytes(b"{}".to_vec())));
        }
        let large = File::create(site.join("large.json")).expect("a file");
        large.set_len(MAX_RECIPE_BYTES as u64 + 1).expect("a length");
        assert!(
            read(&site, "large.json")
                .expect_err("too large")
                .to_string()
                .ends_with("it exceeds 5242880 bytes")
        );
    }
}
