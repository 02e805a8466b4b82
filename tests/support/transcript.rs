//! A run of the program as one text: stdout, stderr and exit code, so that one snapshot holds all of it.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A folder of its own for one test: home, working folder, files.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// What a run has left.
#[derive(Debug, Clone)]
pub struct Transcript {
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Sandbox {
    /// An empty one.
    pub fn new() -> Sandbox {
        Sandbox { folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Sandbox {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    /// A command with nothing of the user's environment in it.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(super::program());
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("COLUMNS", "100")
            .current_dir(self.path());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// Runs the program.
    pub fn airunway<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Transcript {
        self.finish(self.command(arguments), b"")
    }

    /// Runs the program with something on stdin.
    pub fn airunway_with<S: AsRef<OsStr>>(&self, arguments: &[S], stdin: impl AsRef<[u8]>) -> Transcript {
        self.finish(self.command(arguments), stdin.as_ref())
    }

    /// Runs a command to its end. The sandbox's folder is shown as `[SANDBOX]`.
    pub fn finish(&self, mut command: Command, stdin: &[u8]) -> Transcript {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut input = child.stdin.take().unwrap();
        let bytes = stdin.to_vec();
        // The program may end without reading all of it.
        let writer = std::thread::spawn(move || drop(input.write_all(&bytes)));
        let stdout = read_all(child.stdout.take().unwrap());
        let stderr = read_all(child.stderr.take().unwrap());
        let status = child.wait().expect("the program ends");
        writer.join().unwrap();
        let text = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).replace(&self.path().display().to_string(), "[SANDBOX]")
        };
        Transcript {
            code: status.code(),
            stdout: text(&stdout.join().unwrap()),
            stderr: text(&stderr.join().unwrap()),
        }
    }
}

fn read_all(mut stream: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before a broken pipe is still what the program said.
        let _ = stream.read_to_end(&mut bytes);
        bytes
    })
}

impl Transcript {
    /// The same with every `from` in it shown as `to`, for what varies between runs.
    pub fn replace(mut self, from: &str, to: &str) -> Transcript {
        self.stdout = self.stdout.replace(from, to);
        self.stderr = self.stderr.replace(from, to);
        self
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.stdout)?;
        if !self.stdout.is_empty() && !self.stdout.ends_with('\n') {
            writeln!(formatter, "[no line break]")?;
        }
        if !self.stderr.is_empty() {
            write!(formatter, "--- stderr ---\n{}", self.stderr)?;
        }
        match self.code {
            Some(code) => write!(formatter, "[exit {code}]"),
            None => write!(formatter, "[ended by a signal]"),
        }
    }
}
