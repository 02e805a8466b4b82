//! Builds the Go programs that stand in for shims below the target folder, each once.

use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const MAIN: &str = include_str!("go/main.go.txt");

/// What Go's `flag` package says of a flag that a program has not.
const REFUSES: &str = "\
\tif len(os.Args) > 1 {
\t\tos.Stderr.WriteString(\"flag provided but not defined: -version\\n\")
\t\tos.Exit(2)
\t}
";

/// Uses the bytes that only make the program larger, so that the linker keeps them.
const CARRIES: &str = "
//go:embed ballast
var ballast string

func init() {
\tif len(os.Args) > 99 {
\t\tos.Stdout.WriteString(ballast)
\t}
}
";

/// How a shim declares its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// As upstream does.
    Injected,
    /// The variable has another name than the flag.
    Renamed,
    /// The tag is a constant, the reported text a variable.
    Constant,
    /// The tag and the reported text are constants.
    AllConstant,
    /// The program sets the tag when it starts.
    SetAtStart,
    /// The reported text is fixed and has nothing to do with the tag.
    Fixed,
}

impl Source {
    const fn text(self) -> &'static str {
        match self {
            Source::Injected => include_str!("go/config-injected.go.txt"),
            Source::Renamed => include_str!("go/config-renamed.go.txt"),
            Source::Constant => include_str!("go/config-constant.go.txt"),
            Source::AllConstant => include_str!("go/config-all_constant.go.txt"),
            Source::SetAtStart => include_str!("go/config-set_at_start.go.txt"),
            Source::Fixed => include_str!("go/config-fixed.go.txt"),
        }
    }
}

/// A program and how it is built.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    provider: String,
    source: Source,
    ldflags: Option<String>,
    flags: Vec<String>,
    system: String,
    arch: String,
    /// Bytes that are linked into the read-only data, so that the program is as large as a real one.
    ballast: usize,
    /// It knows no `--version`, as upstream's shims.
    silent: bool,
    /// What is built, a file as upstream does.
    package: &'static str,
}

/// Beginning of the module paths, as upstream has them.
pub(crate) const PROVIDERS: &str = "github.com/ai-runway/airunway/providers";

impl Program {
    /// The shim of a provider for the system and processor of this machine, built without any flag.
    pub(crate) fn new(provider: &str, source: Source) -> Program {
        Program {
            provider: provider.to_owned(),
            source,
            ldflags: None,
            flags: Vec::new(),
            system: if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS }.to_owned(),
            arch: host_arch().to_owned(),
            ballast: 0,
            silent: false,
            package: "cmd/main.go",
        }
    }

    /// The vllm shim as upstream declares it, with a tag injected as upstream's Makefile does.
    pub(crate) fn vllm(tag: &str) -> Program {
        Program::new("vllm", Source::Injected).set("VLLMVersion", "cu130-nightly").set("shimVersion", tag)
    }

    /// Module path.
    pub(crate) fn module(&self) -> String {
        format!("{PROVIDERS}/{}", self.provider)
    }

    /// Adds `-X <module>.<name>=<value>`.
    pub(crate) fn set(self, name: &str, value: &str) -> Program {
        let flag = format!("-X {}.{name}={value}", self.module());
        self.link(&flag)
    }

    /// Adds linker flags.
    pub(crate) fn link(mut self, flags: &str) -> Program {
        self.ldflags = Some(match self.ldflags.take() {
            Some(before) => format!("{before} {flags}"),
            None => flags.to_owned(),
        });
        self
    }

    /// Without symbol table and debugging information.
    pub(crate) fn stripped(self) -> Program {
        self.link("-s -w")
    }

    /// Adds a flag of `go build`.
    pub(crate) fn flag(mut self, flag: &str) -> Program {
        self.flags.push(flag.to_owned());
        self
    }

    /// For another system and processor, in Go's words.
    pub(crate) fn target(mut self, system: &str, arch: &str) -> Program {
        self.system = system.to_owned();
        self.arch = arch.to_owned();
        self
    }

    /// With this many bytes of other data.
    pub(crate) fn ballast(mut self, bytes: usize) -> Program {
        self.ballast = bytes;
        self
    }

    /// Without a word about its version when it runs, as upstream's shims are.
    pub(crate) fn silent(mut self) -> Program {
        self.silent = true;
        self
    }

    /// Built as a package and not as a file, so that the record has a main module.
    pub(crate) fn of_package(mut self) -> Program {
        self.package = "./cmd";
        // The folder lies in a checkout whose state is none of the program's.
        self.flag("-buildvcs=false")
    }

    /// Whether this machine can run it.
    pub(crate) fn runs_here(&self) -> bool {
        let here = Program::new("vllm", Source::Injected);
        self.system == here.system && self.arch == here.arch
    }

    /// The built file, which is also there when the next test run begins.
    pub(crate) fn build(&self) -> PathBuf {
        self.try_build().unwrap_or_else(|error| panic!("cannot build a Go program for the tests: {error}"))
    }

    /// What the program says it is: its second line.
    pub(crate) fn run(&self) -> String {
        let output = Command::new(self.build()).env_clear().output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().nth(1).unwrap().to_owned()
    }

    fn files(&self) -> [(&'static str, String); 3] {
        let (pinned, default) = match self.provider.as_str() {
            "dynamo" => ("DynamoVersion", "1.1.1"),
            "llmd" => ("LLMDSchedulerImage", "ghcr.io/llm-d/llm-d-inference-scheduler:v0.6.0"),
            "vllm" => ("VLLMVersion", "cu130-nightly"),
            _ => ("Unpinned", "nothing"),
        };
        let fill = |text: &str| {
            text.replace("{module}", &self.module())
                .replace("{package}", &self.provider)
                .replace("{pinned}", pinned)
                .replace("{default}", default)
        };
        let mut main = fill(MAIN);
        if self.silent {
            main = main.replace("func main() {\n", &format!("func main() {{\n{REFUSES}"));
        }
        if self.ballast > 0 {
            main = main.replace("import (\n", "import (\n\t_ \"embed\"\n");
            main.push_str(CARRIES);
        }
        let module = format!("module {}\n\ngo 1.24\n", self.module());
        [("go.mod", module), ("config.go", fill(self.source.text())), ("cmd/main.go", main)]
    }

    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for (name, text) in self.files() {
            hash.update(format!("{name} {}\n{text}", text.len()));
        }
        hash.update(format!(
            "{:?} {:?} {} {} {} {}",
            self.ldflags, self.flags, self.system, self.arch, self.ballast, self.package
        ));
        hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
    }

    fn try_build(&self) -> Result<PathBuf, String> {
        let root = target_folder()?.join("shims");
        let folder = root.join(self.fingerprint());
        let name = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(folder.join("cmd")).map_err(|error| name(&folder, error))?;
        let lock = File::create(folder.join("lock")).map_err(|error| name(&folder, error))?;
        lock.lock().map_err(|error| name(&folder, error))?;
        let built = folder.join(if self.system == "windows" { "provider.exe" } else { "provider" });
        if built.is_file() {
            return Ok(built);
        }
        for (file, text) in self.files() {
            let path = folder.join(file);
            fs::write(&path, text).map_err(|error| name(&path, error))?;
        }
        if self.ballast > 0 {
            let path = folder.join("cmd/ballast");
            write_ballast(&path, self.ballast).map_err(|error| name(&path, error))?;
        }
        let fresh = folder.join("fresh");
        self.go_build(&folder, &fresh)?;
        let _ = fs::remove_file(folder.join("cmd/ballast"));
        fs::rename(&fresh, &built).map_err(|error| name(&built, error))?;
        Ok(built)
    }

    fn go_build(&self, folder: &Path, to: &Path) -> Result<(), String> {
        let mut command = Command::new("go");
        command.arg("build").arg("-o").arg(to).args(&self.flags);
        if let Some(flags) = &self.ldflags {
            command.args(["-ldflags", flags]);
        }
        command
            .arg(self.package)
            .current_dir(folder)
            .env("CGO_ENABLED", "0")
            .env("GOOS", &self.system)
            .env("GOARCH", &self.arch)
            .env("GOWORK", "off")
            .env("GOPROXY", "off")
            .env_remove("GOFLAGS")
            .stdin(Stdio::null());
        let output = command.output().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                "there is no `go` on the PATH; the tests that read Go binaries need Go 1.26 or newer (https://go.dev/dl)"
                    .to_owned()
            }
            _ => format!("cannot start `go`: {error}"),
        })?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!(
                "`go build` ended with {}:\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ))
        }
    }
}

/// Bytes that do not compress well and are the same each time; written piece by piece, since a child of this process is
/// said to have used what this process did.
fn write_ballast(path: &Path, length: usize) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(File::create(path)?);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..length / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes())?;
    }
    file.flush()
}

fn host_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    }
}

/// The target folder that the running test was built into.
fn target_folder() -> Result<PathBuf, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("cannot find the running program: {error}"))?;
    program
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("{} is in no target folder", program.display()))
}
