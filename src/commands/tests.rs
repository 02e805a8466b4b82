//! Verbs in this process, into writers: for what no file of the binary can hold, such as a kind that exists in tests only.

use super::globals::GlobalArgs;
use super::{Command, run};
use crate::exit::Exit;
use crate::io::World;
use crate::ui::Ui;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    globals: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("one writer").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a run printed and how it ended.
#[derive(Debug, PartialEq)]
pub(super) struct Printed {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) exit: Exit,
}

/// Runs a command line in namespace `default` of a bare world.
pub(super) fn printed(arguments: &[&str], threads: usize) -> Printed {
    let line = ["airunway", "-n", "default"].into_iter().chain(arguments.iter().copied());
    let Line { globals, command } = clap::Parser::try_parse_from(line).expect("flags");
    let (out, talk) = (Sink::default(), Sink::default());
    let mut ui = Ui::to_writers(Box::new(out.clone()), Box::new(talk.clone()));
    let world = World { threads, ..World::bare() };
    let exit = run(command, globals, &world, &mut ui).unwrap_or_else(|error| {
        ui.error(&error);
        error.exit
    });
    let taken = |sink: &Sink| {
        String::from_utf8(std::mem::take(&mut *sink.0.lock().expect("one writer"))).expect("text")
    };
    Printed { stdout: taken(&out), stderr: taken(&talk), exit }
}

/// Manifests in a directory of their own.
fn manifest(text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("manifest.yaml");
    std::fs::write(&file, text).expect("a writable directory");
    let file = file.to_str().expect("text").to_owned();
    (directory, file)
}

const GIZMO: &str = "\
apiVersion: example.com/v1
kind: Gizmo
metadata:
  name: g
spec:
  size: 12
  image: registry.example/gizmo:1
";

/// One folder and one line in the table of kinds (`core/kind/made_up`): nothing else of the program knows the kind.
#[test]
fn a_made_up_kind_is_checked() {
    let (_directory, file) = manifest(&format!(
        "{GIZMO}---\n{}",
        GIZMO.replace("size: 12", "size: -1").replace("name: g", "name: h")
    ));
    let checked = printed(&["check", "-f", &file, "-o", "json"], 1);
    assert_eq!(checked.exit, Exit::VerdictNo);
    let report: serde_json::Value = serde_json::from_str(&checked.stdout).expect("JSON");
    let item = |index: usize| &report["items"][index];
    assert_eq!((&item(0)["kind"], &item(0)["verdict"]), (&"Gizmo".into(), &"valid".into()));
    assert_eq!(item(0)["findings"][0]["rule"], "gizmo-too-many");
    assert_eq!(item(0)["findings"][0]["line"], 6);
    assert_eq!(item(0)["selection"], serde_json::Value::Null);
    let denial = "Gizmo.example.com \"h\" is invalid: spec: Invalid value: size cannot be negative";
    assert_eq!((&item(1)["verdict"], &item(1)["denial"]["message"]), (&"invalid".into(), &denial.into()));
    let explained = printed(&["check", "--explain", "gizmo-too-many"], 1);
    assert!(explained.stdout.contains("at most ten"), "{explained:?}");
}

#[test]
fn a_made_up_kind_is_rendered_and_made_ready_to_apply() {
    let (_directory, file) = manifest(GIZMO);
    let children = printed(&["render", "-f", &file, "--stage", "children"], 1);
    assert_eq!(children.exit, Exit::Success, "{children:?}");
    assert!(children.stdout.contains("kind: Deployment"), "{children:?}");
    assert!(children.stdout.contains("image: registry.example/gizmo:1"), "{children:?}");
    assert!(children.stderr.contains("[gizmo-too-many]"), "{children:?}");
    let applied = printed(&["deploy", "-f", &file, "--dry-run=client", "--pin=never", "-o", "wide"], 1);
    assert_eq!(applied.exit, Exit::Success, "{applied:?}");
    assert_eq!(applied.stdout, "NAME  SIZE\ng     12\n");
    let (_directory, twice) = manifest(&format!("{GIZMO}---\n{GIZMO}"));
    let refused = printed(&["deploy", "-f", &twice, "--dry-run=client", "--pin=never"], 1);
    assert_eq!(refused.exit, Exit::VerdictNo);
    assert!(refused.stderr.contains("[object-twice]"), "{refused:?}");
    assert!(refused.stderr.contains("Gizmo g would be refused"), "{refused:?}");
}

#[test]
fn a_made_up_kind_is_followed() {
    let kind = crate::core::kind::of(&serde_json::json!({"apiVersion": "example.com/v1", "kind": "Gizmo"}));
    assert_eq!(kind.map(|kind| kind.resource().plural), Some("gizmos"));
    assert!(kind.and_then(|kind| kind.follow()).is_some());
}
