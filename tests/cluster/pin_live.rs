//! `pin --live`: what the cluster says about an image before it runs there.

use crate::cluster::controlplane::Node;
use crate::cluster::{Cluster, Options};
use crate::support::registry::Registry;

/// A pod of a job, whose nodes are chosen by label.
const JOB: &str = "apiVersion: batch/v1
kind: Job
metadata: {name: download}
spec:
  template:
    spec:
      nodeSelector: {pool: POOL}
      containers:
      - name: download
        image: IMAGE
";

#[test]
fn nodes_that_an_image_is_not_built_for_are_named() {
    // A further node is something that all namespaces see, so the cluster is the test's own.
    Cluster::shared().run(async {
        let cluster = Cluster::start(Options::default()).await.expect("a cluster");
        let folder = tempfile::tempdir().expect("a folder");
        let mut node = Node::with_gpus("grace-1", 4);
        // kwok reports the architecture of this label.
        let labels = [("kubernetes.io/arch", "arm64"), ("pool", "grace")];
        node.labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        node.create(&cluster.client()).await.expect("a node");
        let ready = ["wait", "--for=condition=Ready", "node/grace-1", "--timeout=60s"];
        assert_eq!(cluster.namespace("nodes").await.kubectl(&ready).await.code, Some(0));
        let namespace = cluster.namespace("pin-live").await;
        let registry = Registry::start();
        registry.add_image("team/vllm", "single");
        registry.add_index("team/vllm", "some", &["amd64", "s390x"]);
        registry.add_index("team/vllm", "all", &["amd64", "arm64"]);
        for (tag, lacks) in [("single", true), ("some", true), ("all", false)] {
            let image = format!("{}/team/vllm:{tag}", registry.host());
            let run = namespace.airunway(&["pin", "--live", &image]).await;
            assert!(run.stdout.starts_with(&format!("{image}@sha256:")), "{}", run.stderr);
            let warning = format!(
                "warning: image {image} is not built for linux/arm64, the platform of 1 of the 2 nodes that it may run on: grace-1\n"
            );
            assert_eq!(run.stderr, if lacks { warning } else { String::new() }, "{tag}");
            for (pool, chosen) in [("grace", true), ("hopper", false)] {
                let file = folder.path().join("job.yaml");
                let text = JOB.replace("POOL", pool).replace("IMAGE", &image);
                std::fs::write(&file, text).expect("a file");
                let file = file.display().to_string();
                let run = namespace.airunway(&["pin", "--live", "-f", &file]).await;
                let warned = run.stderr.contains("1 of the 1 nodes that it may run on: grace-1");
                assert_eq!(warned, chosen && lacks, "{tag} {pool}: {}", run.stderr);
            }
        }
        // Who may not list nodes gets the pin, and the reason why nothing is said of them.
        let image = format!("{}/team/vllm:some", registry.host());
        let run = namespace.run(namespace.command("restricted", &["pin", "--live", &image])).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stderr.contains("cannot tell the nodes' platforms"), "{}", run.stderr);
    });
}
