//! Manifests from files, directories and stdin, bounded in size.

use crate::core::text::without_password;
use crate::core::yaml::{self, Document, Reading, SyntaxError};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest file that is read, in bytes; the parser's own limit.
pub const MAX_FILE_BYTES: usize = yaml::MAX_BYTES;
/// Most files that one directory may hold.
pub const MAX_FILES: usize = 10_000;
/// Deepest directory below one given with `-R`.
const MAX_FOLDER_DEPTH: usize = 64;
/// File names that hold manifests.
const EXTENSIONS: [&str; 4] = ["yaml", "yml", "json", "jsonl"];

/// One readable source of manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Standard input, given as `-`.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl Source {
    /// How messages name it.
    pub fn label(&self) -> String {
        match self {
            Source::Stdin => "stdin".to_owned(),
            Source::File(path) => path.display().to_string(),
        }
    }
}

/// Expands paths as given to `-f` into sources: `-`, files, and the manifests of directories sorted by name.
///
/// # Errors
/// A path that does not exist, a directory without manifests, or too many files.
pub fn expand(paths: &[PathBuf], recursive: bool) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if sources.contains(&Source::Stdin) {
                return Err(Error::usage("-f - can be used only once"));
            }
            sources.push(Source::Stdin);
        } else if path.is_dir() {
            let before = sources.len();
            walk(path, recursive, 0, &mut sources)?;
            if sources.len() == before {
                return Err(empty_folder(path, recursive));
            }
        } else {
            sources.push(Source::File(path.clone()));
        }
    }
    Ok(sources)
}

/// Refuses URLs: what is judged and applied is what lies here, not what a server says at the moment. `flag` is where
/// they were given, `verb` the verb.
///
/// # Errors
/// A usage error with the command that reads one.
pub fn refuse_urls(paths: &[PathBuf], flag: &str, verb: &str) -> Result<()> {
    let schemes = ["https://", "http://"];
    let mut typed = paths.iter().filter_map(|path| path.to_str());
    match typed.find(|path| schemes.iter().any(|scheme| path.starts_with(scheme))) {
        None => Ok(()),
        Some(url) => {
            let url = &*without_password(url);
            let word = shlex::try_quote(url).unwrap_or(url.into());
            Err(Error::usage(format!("{flag} {url}: URLs are not read, only files, directories and -"))
                .hint(format!("curl -fsSL {word} | kubectl airunway {verb} {flag} -")))
        }
    }
}

fn empty_folder(path: &Path, recursive: bool) -> Error {
    let error = Error::failure(format!("no manifest in {} (.yaml, .yml, .json, .jsonl)", path.display()));
    if recursive { error } else { error.hint("-R also reads subdirectories") }
}

/// Whether a name in a directory is a pipe, a socket or a device: to read one may wait without end. One that is given by its own
/// name is read.
fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

fn walk(folder: &Path, recursive: bool, depth: usize, sources: &mut Vec<Source>) -> Result<()> {
    let failed = |error: io::Error| {
        Error::failure(format!("cannot read directory {}", folder.display())).caused_by(error.to_string())
    };
    let mut entries = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(failed)?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            // A directory behind a link is not followed: links may form a circle.
            if recursive && depth < MAX_FOLDER_DEPTH && !path.is_symlink() {
                walk(&path, recursive, depth + 1, sources)?;
            }
        } else if !is_special(&path)
            && path.extension().and_then(|name| name.to_str()).is_some_and(|name| EXTENSIONS.contains(&name))
        {
            if sources.len() >= MAX_FILES {
                return Err(Error::failure(format!(
                    "more than {MAX_FILES} files below {}",
                    folder.display()
                )));
            }
            sources.push(Source::File(path));
        }
    }
    Ok(())
}

/// Why a source cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// There is no access to it, or it is too large; a message without the name.
    Access(String),
    /// Its text is not what it should be.
    Syntax(SyntaxError),
}

impl Unreadable {
    /// The error about a source.
    pub fn error(self, source: &Source) -> Error {
        match self {
            Unreadable::Access(reason) => {
                Error::failure(format!("cannot read {}", source.label())).caused_by(reason)
            }
            Unreadable::Syntax(error) => syntax_error(source, error),
        }
    }
}

/// Reads one source whole.
///
/// # Errors
/// A file that cannot be read or is larger than [`MAX_FILE_BYTES`].
pub fn read(source: &Source) -> Result<Vec<u8>> {
    bytes(source).map_err(|unreadable| unreadable.error(source))
}

fn bytes(source: &Source) -> std::result::Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    let read = match source {
        Source::Stdin => io::stdin().lock().take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes),
        Source::File(path) => {
            File::open(path).and_then(|file| {
                // Growing by doubling would leave a large file with up to twice the memory it needs.
                let size = file.metadata().map_or(0, |metadata| metadata.len()).min(MAX_FILE_BYTES as u64);
                bytes.reserve_exact(usize::try_from(size).unwrap_or_default() + 1);
                file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)
            })
        }
    };
    read.map_err(|error| Unreadable::Access(reason(&error)))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Unreadable::Access(format!("it is larger than {} MiB", MAX_FILE_BYTES >> 20)));
    }
    Ok(bytes)
}

/// Reads one source as far as that is possible, a large one only as far as it takes to cut it in pieces.
///
/// # Errors
/// A source of which nothing can be read.
pub fn open(source: &Source) -> std::result::Result<Reading, Unreadable> {
    yaml::open(bytes(source)?).map_err(Unreadable::Syntax)
}

/// Parses the documents of one source.
///
/// # Errors
/// The parser's message with file, line, column and the line itself.
pub fn parse(source: &Source, bytes: &[u8]) -> Result<Vec<Document>> {
    yaml::parse(bytes).map_err(|error| syntax_error(source, error))
}

/// Reads and parses one source.
///
/// # Errors
/// As [`read`] and [`parse`].
pub fn read_whole(source: &Source) -> Result<Vec<Document>> {
    parse(source, &read(source)?)
}

fn syntax_error(source: &Source, error: SyntaxError) -> Error {
    Error::verdict(format!("{}:{}:{}: {}", source.label(), error.line, error.column, error.message))
        .excerpt(error.snippet.lines().map(|line| format!("  {line}")))
}

/// Reads and parses one file.
///
/// # Errors
/// As [`read_whole`].
pub fn read_documents(path: &Path) -> Result<Vec<Document>> {
    let source = if path.as_os_str() == "-" { Source::Stdin } else { Source::File(path.to_owned()) };
    read_whole(&source)
}

/// The words for the usual failures, without the operating system's number.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
