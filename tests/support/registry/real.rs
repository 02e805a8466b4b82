//! The CNCF distribution registry, built by Go below the target folder and run on a loopback port.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::Image;

/// Parts of its configuration that a test chooses.
pub enum Access {
    /// Everybody may read and write.
    Open,
    /// The user `user` with the password `pass-word`.
    Password,
    /// Tokens of a server, signed with the key of a certificate.
    Tokens { realm: String, certificate: PathBuf },
}

/// `pass-word` in bcrypt, as `htpasswd -B` writes it.
const PASSWORDS: &str = "user:$2a$04$HRH30iCsAYx/zYb2xxYPr.hNQnFpREkS3vPU0whF9JG3NlZkWm42m\n";

/// A running registry. It ends when this is dropped, and with the test process in any case, because its input ends.
pub struct RealRegistry {
    child: Child,
    host: String,
}

impl RealRegistry {
    /// Starts one on the images that `folder` holds.
    pub fn start(folder: &Path, access: &Access) -> RealRegistry {
        let config = folder.join("config.yml");
        fs::write(&config, configuration(folder, access)).expect("a configuration");
        let mut child = Command::new(program())
            .arg("serve")
            .arg(&config)
            .env_clear()
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the registry starts");
        let mut log = BufReader::new(child.stderr.take().expect("its log"));
        let mut said = String::new();
        let host = loop {
            let mut line = String::new();
            if log.read_line(&mut line).unwrap_or(0) == 0 {
                panic!("the registry ended before it listened:\n{said}");
            }
            if let Some((_, rest)) = line.split_once("listening on ") {
                let end = rest
                    .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ':')))
                    .unwrap_or(rest.len());
                break rest[..end].to_owned();
            }
            said.push_str(&line);
        };
        // Its log is read to the end, so that it never waits for a reader.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        RealRegistry { child, host }
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Pushes blobs and a manifest, as `docker push` does.
    pub async fn push(&self, repository: &str, tag: &str, media_type: &str, image: Image) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let base = format!("http://{}/v2/{repository}", self.host);
        for (digest, bytes) in image.blobs {
            let started = client.post(format!("{base}/blobs/uploads/")).send().await.expect("an upload");
            let location = started.headers()["location"].to_str().expect("a location").to_owned();
            let joiner = if location.contains('?') { '&' } else { '?' };
            let put = client.put(format!("{location}{joiner}digest={digest}")).body(bytes).send().await;
            assert_eq!(put.expect("an answer").status().as_u16(), 201);
        }
        let put = client
            .put(format!("{base}/manifests/{tag}"))
            .header("content-type", media_type)
            .body(image.manifest);
        let answer = put.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 201, "{:?}", answer.text().await);
    }
}

impl Drop for RealRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(folder: &Path, access: &Access) -> String {
    let auth = match access {
        Access::Open => String::new(),
        Access::Password => {
            let file = folder.join("htpasswd");
            fs::write(&file, PASSWORDS).expect("a file");
            format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", file.display())
        }
        Access::Tokens { realm, certificate } => format!(
            "auth:\n  token:\n    realm: {realm}\n    service: test\n    issuer: test\n    rootcertbundle: {}\n",
            certificate.display()
        ),
    };
    format!(
        "version: 0.1\nlog: {{level: info}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\nhttp: {{addr: \"127.0.0.1:0\"}}\n{auth}",
        folder.join("data").display()
    )
}

/// The program, built when its sources have changed. Other processes that want the same wait.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/distribution");
        // Cargo names a folder below the target folder to integration tests only.
        let folder = option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let folder = folder.join("distribution");
        fs::create_dir_all(&folder).expect("a folder");
        let lock = File::create(folder.join("lock")).expect("a lock");
        lock.lock().expect("locked");
        let program = folder.join("distribution");
        // Go's own cache makes this a matter of a second when nothing has changed.
        let built = Command::new("go")
            .args(["build", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o"])
            .arg(&program)
            .arg(".")
            .current_dir(&sources)
            .env("CGO_ENABLED", "0")
            .env_remove("GOFLAGS")
            .stdin(Stdio::null())
            .output()
            .expect("the tests against a real registry need Go 1.26 or newer on the PATH");
        assert!(built.status.success(), "go build: {}", String::from_utf8_lossy(&built.stderr));
        program
    })
}
