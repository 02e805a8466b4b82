//! Builds the stand-in for the web backend below the target folder, once.

use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The stand-in as a command line with these faults; several are separated by commas.
pub(super) fn command(fault: &str) -> String {
    let program = shlex::try_quote(program().to_str().unwrap()).unwrap().into_owned();
    format!("env FAULT={fault} {program}")
}

/// The program.
pub(super) fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build)
}

fn build() -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backend");
    let mut hash = Sha256::new();
    for file in ["go.mod", "main.go"] {
        hash.update(fs::read(sources.join(file)).unwrap());
    }
    let name: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let running = std::env::current_exe().unwrap();
    let target = running.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file()).unwrap();
    let folder = target.join("backend");
    fs::create_dir_all(&folder).unwrap();
    // Tests run in processes of their own in some runners.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let program = folder.join(format!("backend-{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        let fresh = folder.join("fresh");
        let built = Command::new("go")
            .args(["build", "-buildvcs=false", "-o"])
            .arg(&fresh)
            .arg(".")
            .current_dir(&sources)
            .envs([("CGO_ENABLED", "0"), ("GOWORK", "off"), ("GOPROXY", "off")])
            .env_remove("GOFLAGS")
            .stdin(Stdio::null())
            .output()
            .expect("the tests of the web backend need `go` 1.24 or newer on the PATH");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        fs::rename(&fresh, &program).unwrap();
    }
    program
}
