//! `apply-recipe` and `recipe diff` on the real control plane: the recipe of a loopback site, the image of a loopback registry.

use crate::cluster::{Cluster, NODE_GPUS, Namespace};
use crate::support::Run;
use crate::support::recipe_site::RecipeSite;

/// A model whose recipe needs one GPU.
const PHI: &str = "microsoft/Phi-4-mini-instruct";
/// The file of its command on H200.
const COMMAND: &str = "/microsoft/Phi-4-mini-instruct/hw/h200.json";

async fn airunway(namespace: &Namespace<'_>, user: &str, site: &RecipeSite, arguments: &[&str]) -> Run {
    let mut command = namespace.command(user, arguments);
    command.env("VLLM_RECIPES_BASE_URL", site.url());
    namespace.run(command).await
}

#[test]
fn a_recipe_gives_a_served_endpoint_and_a_second_run_changes_nothing() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let site = RecipeSite::official();
        let namespace = cluster.namespace("recipe").await;
        let arguments = ["apply-recipe", PHI, "--hardware", "h200"];
        let run = airunway(&namespace, "developer", &site, &arguments).await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(run.stdout.starts_with("modeldeployment.airunway.ai/phi-4-mini-instruct serverside-applied\nendpoint: http://"), "{}", run.stdout);

        let shown = "jsonpath={.spec.engine.image} {.status.phase} {.metadata.annotations.airunway\\.ai/recipe\\.strategy}";
        let stored = namespace.kubectl(&["get", "modeldeployment", "phi-4-mini-instruct", "-o", shown]).await.stdout;
        assert!(stored.starts_with("vllm/vllm-openai:latest@sha256:"), "{stored}");
        assert!(stored.ends_with(" Running single_node_tp"), "{stored}");
        let container = "jsonpath={.spec.template.spec.containers[0].args}";
        let argv = namespace.kubectl(&["get", "deployment", "phi-4-mini-instruct", "-o", container]).await.stdout;
        assert!(argv.contains(r#""--tensor-parallel-size","1""#), "{argv}");

        let again = airunway(&namespace, "developer", &site, &arguments).await;
        assert_eq!(again.code, Some(0), "{}", again.stderr);
        assert!(again.stdout.starts_with("modeldeployment.airunway.ai/phi-4-mini-instruct unchanged\n"), "{}", again.stdout);
    });
}

#[test]
fn drift_is_what_the_recipe_says_today() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let site = RecipeSite::official();
        let namespace = cluster.namespace("drift").await;
        let diff = async || airunway(&namespace, "developer", &site, &["recipe", "diff", "phi"]).await;
        let applied = airunway(
            &namespace,
            "developer",
            &site,
            &[
                "apply-recipe",
                PHI,
                "--hardware",
                "h200",
                "--name",
                "phi",
                "--pin=never",
                "--wait=false",
                "--replicas",
                "2",
                "--label",
                "a=b",
            ],
        )
        .await;
        assert_eq!(applied.code, Some(0), "{}", applied.stderr);
        let none = diff().await;
        assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""), "{}", none.stderr);
        assert_eq!(none.stderr, format!("phi matches today's recipe of {PHI}\n"));

        site.edit(COMMAND, "\"vllm/vllm-openai:latest\"", "\"vllm/vllm-openai:v0.23.0\"");
        site.edit(
            COMMAND,
            "\"--tensor-parallel-size\",\n    \"1\"",
            "\"--tensor-parallel-size\",\n    \"2\",\n    \"--max-num-seqs\",\n    \"8\"",
        );
        site.edit("/microsoft/Phi-4-mini-instruct.json", "\"2026-04-17\"", "\"2026-11-01\"");
        let some = diff().await;
        assert_eq!(some.code, Some(3), "{}", some.stderr);
        insta::assert_snapshot!("drift", format!("{}--- stderr ---\n{}", some.stdout, some.stderr));

        site.withdraw(COMMAND);
        let gone = diff().await;
        assert_ne!(gone.code, Some(0), "{}", gone.stderr);
        assert!(gone.stderr.contains("phi differs from today's recipe"), "{}", gone.stderr);

        let other = [
            "deploy",
            "org/m",
            "--name",
            "plain",
            "--provider",
            "vllm",
            "--image",
            "a.example/b:c",
            "--pin=never",
            "--wait=false",
        ];
        assert_eq!(namespace.airunway(&other).await.code, Some(0));
        let plain = airunway(&namespace, "developer", &site, &["recipe", "diff", "plain"]).await;
        assert_eq!(plain.code, Some(4), "{}", plain.stderr);
        assert!(
            plain.stderr.contains("plain was not deployed from a recipe: it has no annotation"),
            "{}",
            plain.stderr
        );
        let absent = airunway(&namespace, "developer", &site, &["recipe", "diff", "absent"]).await;
        assert_eq!(absent.code, Some(1), "{}", absent.stderr);
    });
}

#[test]
fn what_the_nodes_cannot_hold_is_said_before_the_write_and_stops_nothing() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let site = RecipeSite::official();
        let namespace = cluster.namespace("fit").await;
        // Eight GPUs a replica.
        let arguments = |replicas| {
            let model = ["apply-recipe", "deepseek-ai/DeepSeek-V3.2", "--hardware", "h200", "--pin=never"];
            model.into_iter().chain(["--dry-run=server", "--replicas", replicas]).collect::<Vec<_>>()
        };
        let fits = airunway(&namespace, "developer", &site, &arguments("1")).await;
        assert_eq!(fits.code, Some(0), "{}", fits.stderr);
        assert!(!fits.stderr.contains("nodes"), "{}", fits.stderr);

        let too_many = airunway(&namespace, "developer", &site, &arguments("32")).await;
        assert_eq!(too_many.code, Some(0), "{}", too_many.stderr);
        let room = NODE_GPUS / 8;
        let words = format!("32 pods need 8 nvidia.com/gpu each, but the nodes have room for {room}\n");
        assert!(too_many.stderr.contains(&format!("warning: {words}")), "{}", too_many.stderr);

        namespace.allow("get,list,patch,create,watch", "modeldeployments.airunway.ai").await;
        let restricted = airunway(&namespace, "restricted", &site, &arguments("1")).await;
        assert_eq!(restricted.code, Some(0), "{}", restricted.stderr);
        assert!(
            restricted.stderr.contains("cannot tell whether the nodes have room: "),
            "{}",
            restricted.stderr
        );
    });
}
