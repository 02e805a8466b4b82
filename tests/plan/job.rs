//! The Job of `docs/e2e-job.yaml`: its rights are enough for the plan, and it has no others.

use crate::cluster::Cluster;

const MANIFEST: &str = include_str!("../../docs/e2e-job.yaml");

#[test]
fn the_rights_of_the_job_are_enough_for_the_plan() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-job").await;
        // The Job itself needs an image with the program in it; everything else is applied as it is.
        let (rights, job) = MANIFEST.rsplit_once("---\n").unwrap();
        assert!(job.contains("kind: Job"));
        let rights = rights.replace("vllm-test", &namespace.name);
        let file = namespace.log().with_file_name("e2e-job.yaml");
        std::fs::write(&file, rights).unwrap();
        let applied = namespace.kubectl(&["apply", "-f", file.to_str().unwrap()]).await;
        assert_eq!(applied.code, Some(0), "{applied}");
        let dry = namespace.log().with_file_name("job.yaml");
        std::fs::write(&dry, job.replace("vllm-test", &namespace.name)).unwrap();
        let taken = namespace.kubectl(&["apply", "--dry-run=server", "-f", dry.to_str().unwrap()]).await;
        assert_eq!(taken.code, Some(0), "{taken}");

        let token = namespace.kubectl(&["create", "token", "airunway-e2e"]).await.stdout;
        let identity = ["--user=", "--token", token.trim()];
        let words =
            ["e2e", "--namespace", &namespace.name, "--yes", "--skip", "C2", "--skip", "10", "--skip", "V"];
        let run = namespace.airunway(&[words.as_slice(), &identity].concat()).await;
        assert_eq!(run.code, Some(0), "{run}");
        for check in ["1a", "1b", "1c", "2", "3A", "3C", "4", "5a", "6a", "6b", "8", "9", "14", "X1", "X3"] {
            let line = run.stdout.lines().find(|line| line.split_whitespace().nth(1) == Some(check));
            assert!(line.is_some_and(|line| line.starts_with("PASS")), "{check}\n{run}");
        }
        // Nothing was missing, and nothing more is allowed.
        assert!(!run.stderr.contains("no right to"), "{run}");
        for (verb, resource, place) in [
            ("create", "deployments", "default"),
            ("get", "secrets", &namespace.name),
            ("delete", "namespaces", ""),
        ] {
            let account = format!("--as=system:serviceaccount:{}:airunway-e2e", namespace.name);
            let may = namespace.kubectl(&["auth", "can-i", verb, resource, "-n", place, &account]).await;
            assert_eq!(may.stdout.trim(), "no", "{verb} {resource}: {may}");
        }
    });
}
