//! Kills at random moments: no file is torn, and a second run completes.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt as _;

use crate::bench::DEPLOY;
use crate::cluster::{Cluster, Fault};
use crate::support::Sandbox;
use crate::support::registry::Registry;

/// Kills for each verb that writes.
const KILLS: u64 = 100;
const SIGNALS: [&str; 4] = ["-KILL", "-INT", "-TERM", "-HUP"];
/// Manifests that one run pins.
const FILES: usize = 6;
/// Repository and tag of the image in them.
const IMAGE: (&str, &str) = ("vllm/vllm-openai", "v0.11.0");

/// A number below a limit that is the same in every run of the tests (splitmix64).
fn random(seed: u64, limit: u64) -> u64 {
    let mut x = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) % limit
}

fn signal(kill: u64) -> &'static str {
    SIGNALS[usize::try_from(kill).unwrap() % SIGNALS.len()]
}

/// How long a run takes that nobody kills, in microseconds: the moments of the kills are spread over it.
fn life(run: impl FnOnce()) -> u64 {
    let start = Instant::now();
    run();
    u64::try_from(start.elapsed().as_micros()).unwrap().max(1)
}

/// Starts a command and ends it with a signal after a random time, unless it has ended by itself.
fn kill(mut command: Command, seed: u64, life: u64) {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.spawn().expect("the program starts");
    std::thread::sleep(Duration::from_micros(random(seed, life)));
    // Not waited for yet, so that the number is still its own.
    let sent =
        Command::new("kill").args([signal(seed), &child.id().to_string()]).stderr(Stdio::null()).status();
    assert!(sent.is_ok());
    child.wait().expect("it ends");
}

fn manifest(number: usize, image: &str) -> String {
    format!(
        "# kept: {number}\napiVersion: airunway.ai/v1alpha1\nkind: ModelDeployment\nmetadata:\n  name: m{number}\nspec:\n  \
         model: {{id: org/m}} # kept\n  engine: {{type: vllm}}\n  image: {image}\n"
    )
}

#[test]
fn pin_write_tears_no_manifest() {
    let registry = Registry::start();
    let digest = registry.add_image(IMAGE.0, IMAGE.1);
    let image = format!("{}/{}:{}", registry.host(), IMAGE.0, IMAGE.1);
    let before: Vec<String> = (0..FILES).map(|number| manifest(number, &image)).collect();
    let sandbox = Sandbox::new();
    let read = |number: usize| {
        std::fs::read_to_string(sandbox.path().join(format!("m/f{number}.yaml"))).expect("the file is there")
    };
    let args = ["pin", "-f", "m", "--write"];
    for (number, text) in before.iter().enumerate() {
        sandbox.write(&format!("m/f{number}.yaml"), text);
    }
    let life = life(|| assert_eq!(sandbox.airunway(&args).code, Some(0)));
    for seed in 0..KILLS {
        for (number, text) in before.iter().enumerate() {
            sandbox.write(&format!("m/f{number}.yaml"), text);
        }
        kill(sandbox.command(&args), seed, life);
        for (number, text) in before.iter().enumerate() {
            let found = read(number);
            let whole =
                found == *text || (found.starts_with("# kept") && found.contains(&digest.to_string()));
            assert!(whole, "kill {seed} with {}: f{number}.yaml is\n{found}", signal(seed));
        }
        let again = sandbox.airunway(&args);
        assert_eq!(again.code, Some(0), "after kill {seed}: {again}");
        for (number, text) in before.iter().enumerate() {
            let found = read(number);
            assert!(found.contains(&digest.to_string()), "after kill {seed}: {found}");
            assert_eq!(found.lines().count(), text.lines().count(), "after kill {seed}: {found}");
            assert_eq!(found.matches("# kept").count(), 2, "after kill {seed}: {found}");
        }
    }
}

#[test]
fn pin_lock_tears_no_lock_file() {
    let registry = Registry::start();
    let images: Vec<String> = (0..FILES)
        .map(|number| {
            registry.add_image(IMAGE.0, &format!("v{number}"));
            format!("{}/{}:v{number}", registry.host(), IMAGE.0)
        })
        .collect();
    let sandbox = Sandbox::new();
    let lock = sandbox.path().join("airunway.lock");
    let args: Vec<&str> =
        ["pin", "--lock", "airunway.lock"].into_iter().chain(images.iter().map(String::as_str)).collect();
    let life = life(|| assert_eq!(sandbox.airunway(&args).code, Some(0)));
    assert!(std::fs::remove_file(&lock).is_ok());
    assert_eq!(sandbox.airunway(&args[..4]).code, Some(0));
    let first = std::fs::read_to_string(&lock).expect("a lock file");
    for seed in 0..KILLS {
        std::fs::write(&lock, &first).expect("a writable folder");
        kill(sandbox.command(&args), seed, life);
        let found = std::fs::read_to_string(&lock).expect("a lock file");
        let entries = images.iter().filter(|image| found.contains(*image)).count();
        let whole = found == first || entries == FILES;
        assert!(whole, "kill {seed} with {}: {found}", signal(seed));
        let again = sandbox.airunway(&args);
        assert_eq!(again.code, Some(0), "after kill {seed}: {again}");
        let found = std::fs::read_to_string(&lock).expect("a lock file");
        assert!(images.iter().all(|image| found.contains(image)), "after kill {seed}: {found}");
    }
}

#[test]
fn deploy_is_finished_by_a_second_run() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("kills").await;
        let namespace = &namespace;
        // Without pods: so many would leave no GPU to the other tests.
        namespace.fault(Fault::ShimStopped).await;
        let start = Instant::now();
        let unharmed = namespace.airunway(&[DEPLOY.as_slice(), &["--wait=false"]].concat()).await;
        assert_eq!(unharmed.code, Some(0), "{unharmed}");
        // The wait begins in it too.
        let life = 2 * u64::try_from(start.elapsed().as_micros()).unwrap().max(1);
        let wrong: Vec<String> = futures::stream::iter(0..KILLS)
            .map(|seed| async move {
                let name = format!("m{seed}");
                let mut args: Vec<&str> = DEPLOY.to_vec();
                args[3] = &name;
                let mut child = namespace.command("developer", &args).spawn().expect("the program starts");
                tokio::time::sleep(Duration::from_micros(random(seed, life))).await;
                let pid = child.id().expect("it is not waited for yet").to_string();
                let mut kill = tokio::process::Command::new("kill");
                let sent = kill.args([signal(seed), &pid]).stderr(Stdio::null()).status().await;
                assert!(sent.is_ok());
                child.wait().await.expect("it ends");
                args.push("--wait=false");
                let again = namespace.airunway(&args).await;
                let done = again.code == Some(0);
                (!done).then(|| format!("after kill {seed} with {}: {again}", signal(seed)))
            })
            .buffer_unordered(4)
            .filter_map(std::future::ready)
            .collect()
            .await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        let found = namespace.kubectl(&["get", "modeldeployments", "-o", "name"]).await.stdout;
        let names: BTreeSet<&str> = found.lines().collect();
        for seed in 0..KILLS {
            assert!(
                names.contains(format!("modeldeployment.airunway.ai/m{seed}").as_str()),
                "m{seed}: {found}"
            );
        }
    });
}
