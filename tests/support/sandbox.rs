//! A folder for one test, and runs of the program that see nothing else.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Run, program};

/// A folder of its own for one test: home, working folder, files.
pub struct Sandbox {
    folder: tempfile::TempDir,
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
        let mut command = Command::new(program());
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
    pub fn airunway<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Run {
        self.finish(self.command(arguments), b"")
    }

    /// Runs a command to its end. The sandbox's folder is shown as `[SANDBOX]`.
    pub fn finish(&self, mut command: Command, stdin: &[u8]) -> Run {
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
        Run {
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
