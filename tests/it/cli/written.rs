//! Files that the program writes: never torn, never somebody else's change lost, nothing left beside them.

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::Sandbox;
use crate::support::registry::{Fault, Registry};

/// Runs at the same time.
const RUNS: usize = 8;

fn model(image: &str) -> String {
    format!(
        "# ours\napiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata: {{name: m}}\nspec:\n  engine:\n    image: {image} # pinned\n"
    )
}

fn start(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn pipe(sandbox: &Sandbox, name: &str) {
    assert!(Command::new("mkfifo").arg(sandbox.path().join(name)).status().unwrap().success());
}

#[test]
fn runs_at_the_same_time_keep_each_others_entries() {
    let registry = Registry::start();
    let images: Vec<String> = (0..RUNS).map(|index| format!("{}/a/b:n{index}", registry.host())).collect();
    (0..RUNS).for_each(|index| drop(registry.add_image("a/b", &format!("n{index}"))));
    let sandbox = Sandbox::new();
    // An answer that is waited for by all lets all of them write at once.
    registry.fault(Fault::SlowHeaders(Duration::from_millis(300)));
    let runs: Vec<Child> = images
        .iter()
        .map(|image| start(sandbox.command(&["pin", image.as_str(), "--lock", "airunway.lock"])))
        .collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let lock = fs::read_to_string(sandbox.path().join("airunway.lock")).unwrap();
    for image in &images {
        assert_eq!(lock.matches(&format!("image: {image}\n")).count(), 1, "{image}\n{lock}");
    }
    assert_eq!(names(sandbox.path()), ["airunway.lock"]);
}

#[test]
fn runs_at_the_same_time_pin_one_manifest_once() {
    let registry = Registry::start();
    let digest = registry.add_image("a/b", "c");
    let image = format!("{}/a/b:c", registry.host());
    let sandbox = Sandbox::new();
    sandbox.write("m.yaml", model(&image));
    registry.fault(Fault::SlowHeaders(Duration::from_millis(300)));
    let runs: Vec<Child> =
        (0..RUNS).map(|_| start(sandbox.command(&["pin", "-f", "m.yaml", "--write"]))).collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = fs::read_to_string(sandbox.path().join("m.yaml")).unwrap();
    assert_eq!(text, model(&format!("{image}@{digest}")));
    assert_eq!(names(sandbox.path()), ["m.yaml"]);
}

#[test]
fn an_edit_during_the_run_is_kept_and_no_file_is_written() {
    let registry = Registry::start();
    registry.add_image("a/b", "c");
    let sandbox = Sandbox::new();
    let text = model(&format!("{}/a/b:c", registry.host()));
    sandbox.write("m/a.yaml", &text).write("m/b.yaml", &text);
    registry.fault(Fault::SlowHeaders(Duration::from_secs(1)));
    let run = start(sandbox.command(&["pin", "-f", "m", "--write"]));
    while registry.requests().is_empty() {
        std::thread::yield_now();
    }
    // The answer is on its way, and the files have been read.
    sandbox.write("m/b.yaml", format!("{text}# an edit\n"));
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("cannot write m/b.yaml") && said.contains("it was changed after it was read"),
        "{said}"
    );
    let now = |name: &str| fs::read_to_string(sandbox.path().join(name)).unwrap();
    assert_eq!((now("m/a.yaml"), now("m/b.yaml")), (text.clone(), format!("{text}# an edit\n")));
    assert_eq!(names(&sandbox.path().join("m")), ["a.yaml", "b.yaml"]);
}

#[test]
fn a_file_under_two_names_is_pinned_once() {
    let registry = Registry::start();
    registry.add_image("a/b", "c");
    let sandbox = Sandbox::new();
    let text = model(&format!("{}/a/b:c", registry.host()));
    sandbox.write("a.yaml", &text).write("b.yaml", &text);
    // What the first write changes, the second finds as it should be.
    std::os::unix::fs::symlink("b.yaml", sandbox.path().join("c.yaml")).unwrap();
    sandbox.write("b.yaml", text.replace("# ours", "# theirs"));
    let run = sandbox.airunway(&["pin", "-f", "a.yaml", "-f", "b.yaml", "-f", "c.yaml", "--write"]);
    assert_eq!(run.code, Some(0), "{run}");
    assert_eq!(names(sandbox.path()), ["a.yaml", "b.yaml", "c.yaml"]);
}

#[test]
fn a_pipe_is_never_replaced() {
    let registry = Registry::start();
    registry.add_image("a/b", "c");
    let sandbox = Sandbox::new();
    pipe(&sandbox, "out");
    let image = format!("{}/a/b:c", registry.host());
    let run = sandbox.airunway(&["pin", &image, "--lock", "out"]);
    assert_eq!(run.code, Some(1), "{run}");
    assert!(
        run.stderr.contains("cannot write out") && run.stderr.contains("a pipe, not a regular file"),
        "{run}"
    );
    assert!(fs::symlink_metadata(sandbox.path().join("out")).unwrap().file_type().is_fifo());
    assert_eq!(names(sandbox.path()), ["out"]);
}

#[test]
fn whenever_it_is_interrupted_nothing_is_left_beside_the_files() {
    let registry = Registry::start();
    let digest = registry.add_image("a/b", "c");
    let image = format!("{}/a/b:c", registry.host());
    let (old, new) = (model(&image), model(&format!("{image}@{digest}")));
    let sandbox = Sandbox::new();
    let files: Vec<String> = (10..40).map(|index| format!("f{index}.yaml")).collect();
    for (round, signal) in
        [rustix::process::Signal::INT, rustix::process::Signal::TERM].iter().cycle().take(24).enumerate()
    {
        for file in &files {
            sandbox.write(&format!("m/{file}"), &old);
        }
        let before = registry.requests().len();
        let run = start(sandbox.command(&["pin", "-f", "m", "--write", "--lock", "airunway.lock"]));
        // From the request on each round comes a little later than the one before.
        while registry.requests().len() == before {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(2) * u32::try_from(round).unwrap());
        let id = rustix::process::Pid::from_child(&run);
        // It may have ended already.
        let _ = rustix::process::kill_process(id, *signal);
        let output = run.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), None | Some(0 | 130)), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(names(&sandbox.path().join("m")), files, "{said}");
        assert!(
            names(sandbox.path()).iter().all(|name| ["airunway.lock", "m"].contains(&name.as_str())),
            "{said}"
        );
        let mut written = 0;
        for file in &files {
            let text = fs::read_to_string(sandbox.path().join("m").join(file)).unwrap();
            assert!(text == old || text == new, "{file}: {text}");
            written += usize::from(text == new);
        }
        if output.status.code() == Some(130) && written > 0 {
            assert!(said.contains("  written: m/f10.yaml") && said.contains("  not written: "), "{said}");
        }
    }
}
