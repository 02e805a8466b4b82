//! The proxy itself: what it passes is what the server says, and what it does is what the script says.

use crate::cluster::Cluster;
use crate::cluster::proxy::{Act, Answer, Asked, requests};

#[test]
fn without_a_script_it_is_not_noticed() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("proxy-passes").await;
        let proxy = namespace.proxy("developer", Vec::new()).await;
        let args = ["deploy", "org/m", "--name", "m", "--provider", "vllm", "--pin=never"];
        let mut command = namespace.command("developer", &args);
        command.env("KUBECONFIG", proxy.kubeconfig());
        let run = namespace.run(command).await;
        assert_eq!(run.code, Some(0), "{run}");
    });
}

#[test]
fn rules_count_the_requests_that_fit_them() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("proxy-counts").await;
        let rules = vec![
            requests("GET", "/configmaps").nth(2, 2).then(Act::Answer(Answer::html(200))),
            requests("*", "/api").then(Act::Pass),
        ];
        let proxy = namespace.proxy("developer", rules).await;
        let get = async || {
            let args = ["get", "--raw", &format!("/api/v1/namespaces/{}/configmaps", namespace.name)];
            let mut command = namespace.hermetic(cluster.plane().kubectl(), "developer", &args);
            command.env("KUBECONFIG", proxy.kubeconfig());
            namespace.run(command).await.stdout
        };
        assert!(get().await.contains("ConfigMapList"));
        assert!(get().await.contains("Please log in"));
        assert!(get().await.contains("ConfigMapList"));
        let target = format!("/api/v1/namespaces/{}/configmaps", namespace.name);
        assert_eq!(proxy.asked(), vec![Asked { method: "GET".to_owned(), target }; 3]);
    });
}
