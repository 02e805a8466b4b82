//! Builds the programs of the control plane below the target folder, once.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

/// The release of Kubernetes, as `go.mod` requires it. Without this stamp the
/// version that the API server reports is not one that kubectl can read.
const KUBERNETES: &str = "v1.36.3";
/// The files that decide what the programs are.
const SOURCES: [&str; 8] =
    ["go.mod", "go.sum", "main.go", "serve.go", "files.go", "guard.go", "parent_linux.go", "parent_other.go"];
/// How often a long build says that it still runs.
const PROGRESS: Duration = Duration::from_secs(30);

/// The programs of the control plane, built.
pub struct Programs {
    /// etcd, API server, controller manager and scheduler.
    pub controlplane: PathBuf,
    /// The stand-in kubelet.
    pub kwok: PathBuf,
    /// kubectl of the same release, so that nothing has to be installed.
    pub kubectl: PathBuf,
}

impl Programs {
    /// The programs below `target/controlplane`, built when they are missing or
    /// their sources have changed. Other processes that want the same wait.
    ///
    /// # Errors
    ///
    /// A text for a person: Go is missing, or its build failed.
    pub fn build() -> Result<Self, String> {
        let folder = target_folder()?.join("controlplane");
        let sources = source_folder();
        build_below(&folder, &sources)
            .map_err(|error| format!("cannot build the test control plane: {error}"))?;
        Ok(Self {
            controlplane: folder.join("controlplane"),
            kwok: folder.join("kwok"),
            kubectl: folder.join("kubectl"),
        })
    }
}

/// Where the Go module is.
pub fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/controlplane")
}

/// The target folder that the running test or example was built into.
pub fn target_folder() -> Result<PathBuf, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("cannot find the running program: {error}"))?;
    // <target>[/<triple>]/<profile>/{deps,examples}/<program>
    program
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .or_else(|| program.ancestors().nth(3))
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("{} is in no target folder", program.display()))
}

fn build_below(folder: &Path, sources: &Path) -> Result<(), String> {
    let name = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    fs::create_dir_all(folder).map_err(|error| name(folder, error))?;
    let lock_path = folder.join("lock");
    let lock = File::create(&lock_path).map_err(|error| name(&lock_path, error))?;
    lock.lock().map_err(|error| name(&lock_path, error))?;
    let wanted = fingerprint(sources)?;
    let stamp = folder.join("built-from");
    let current = fs::read_to_string(&stamp).is_ok_and(|built| built == wanted)
        && ["controlplane", "kwok", "kubectl"].iter().all(|program| folder.join(program).is_file());
    if !current {
        let _ = fs::remove_file(&stamp);
        go_build(folder, sources)?;
        fs::write(&stamp, &wanted).map_err(|error| name(&stamp, error))?;
    }
    Ok(())
}

fn fingerprint(sources: &Path) -> Result<String, String> {
    let mut hash = Sha256::new();
    for source in SOURCES {
        let path = sources.join(source);
        let content = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        hash.update((content.len() as u64).to_be_bytes());
        hash.update(content);
    }
    hash.update(KUBERNETES);
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn go_build(folder: &Path, sources: &Path) -> Result<(), String> {
    say("building a Kubernetes control plane with Go (about 5 minutes the first time, seconds later)");
    let began = Instant::now();
    let child = Command::new("go")
        .args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags"])
        .arg(format!("-s -w -X k8s.io/component-base/version.gitVersion={KUBERNETES}"))
        .arg("-o")
        .arg(folder)
        .args([".", "sigs.k8s.io/kwok/cmd/kwok", "k8s.io/kubernetes/cmd/kubectl"])
        .current_dir(sources)
        .env("CGO_ENABLED", "0")
        .env_remove("GOFLAGS")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                "there is no `go` on the PATH; the tests against a real Kubernetes \
                 need Go 1.26 or newer (https://go.dev/dl), nothing else"
                    .to_owned()
            }
            _ => format!("cannot start `go`: {error}"),
        })?;
    let (done, waiting) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    let output = loop {
        match waiting.recv_timeout(PROGRESS) {
            Ok(output) => break output.map_err(|error| format!("`go build`: {error}"))?,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                say(&format!("still building the control plane ({} s)", began.elapsed().as_secs()));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err("`go build` got lost".to_owned()),
        }
    };
    if output.status.success() {
        say(&format!("built the control plane in {} s", began.elapsed().as_secs()));
        return Ok(());
    }
    Err(format!("`go build` failed ({}):\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

/// A line on standard error that the test harness does not hold back.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
