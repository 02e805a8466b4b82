//! Running a program that was asked for by the user, with nothing of the user's in reach of it by accident.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

/// How long the program may run.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Most bytes that are read of each of its two outputs; what follows is lost.
const OUTPUT_LIMIT: u64 = 64 << 10;

/// What a program left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Both outputs, one after the other.
    pub output: String,
    /// Exit code; none after a signal.
    pub code: Option<i32>,
    /// It was ended because its time was over.
    pub timed_out: bool,
}

/// Runs `FILE --version` with an empty environment, no input, and the directory of temporary files as working
/// directory.
///
/// That is not a sandbox: the program has the user's rights.
///
/// # Errors
/// The program cannot be started, for example because it is built for another system.
pub async fn version(path: &Path) -> io::Result<Ran> {
    run(path, TIME_LIMIT).await
}

async fn run(path: &Path, limit: Duration) -> io::Result<Ran> {
    // With a path of one word the program would be looked up in PATH.
    let path = std::fs::canonicalize(path)?;
    let mut child = Command::new(path)
        .arg("--version")
        .env_clear()
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut outputs = (Vec::new(), Vec::new());
    let whole = async {
        // The rest of an endless output is not read, so that the program ends or runs into the limit.
        futures::future::join(read(stdout, &mut outputs.0), read(stderr, &mut outputs.1)).await;
        child.wait().await
    };
    let (code, timed_out) = match tokio::time::timeout(limit, whole).await {
        Ok(status) => (status?.code(), false),
        Err(_) => (None, true),
    };
    if timed_out {
        // It may have ended by itself in this moment.
        let _ = child.kill().await;
    }
    let (stdout, stderr) = outputs;
    let output = [stdout, b"\n".to_vec(), stderr].concat();
    Ok(Ran { output: String::from_utf8_lossy(&output).into_owned(), code, timed_out })
}

async fn read(source: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    if let Some(source) = source {
        // What was read before an error counts.
        let _ = source.take(OUTPUT_LIMIT).read_to_end(into).await;
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn script(text: &str) -> tempfile::TempPath {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    fn ran(text: &str, limit: Duration) -> Ran {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let path = script(text);
        // A fork of another test may hold the fresh file open for writing for a moment.
        loop {
            match runtime.block_on(run(&path, limit)) {
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                other => return other.unwrap(),
            }
        }
    }

    #[test]
    fn a_program_gets_its_flag_and_nothing_of_the_user() {
        let ran = ran("echo \"$1 [$HOME] [$KUBECONFIG]\"; echo problem >&2; exit 3", TIME_LIMIT);
        assert_eq!(ran.output, "--version [] []\n\nproblem\n");
        assert_eq!((ran.code, ran.timed_out), (Some(3), false));
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_and_what_it_said_counts() {
        let ran = ran("echo early; exec sleep 600", Duration::from_secs(3));
        assert!(ran.timed_out);
        assert!(ran.output.starts_with("early\n"), "{ran:?}");
    }

    #[test]
    fn endless_output_is_cut() {
        let ran = ran("while :; do echo 0123456789012345678901234567890123456789; done", TIME_LIMIT);
        assert!(ran.output.len() as u64 <= 2 * OUTPUT_LIMIT + 1, "{}", ran.output.len());
        assert!(!ran.timed_out);
    }

    #[test]
    fn what_cannot_be_run_is_an_error() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(runtime.block_on(run(file.path(), TIME_LIMIT)).is_err());
        assert!(runtime.block_on(run(Path::new("/nowhere/nothing"), TIME_LIMIT)).is_err());
    }
}
