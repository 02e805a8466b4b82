//! `apply-recipe` with the published recipes: objects, notes, refusals, and what is asked of the site.

use serde_json::Value;

use crate::support::canned::{self, Reply};
use crate::support::recipe_site::RecipeSite;
use crate::support::{Run, Sandbox};

/// A small dense model.
const PHI: &str = "microsoft/Phi-4-mini-instruct";
/// A large one, with features and every kind of strategy.
const DEEPSEEK: &str = "deepseek-ai/DeepSeek-V3.2";

/// Runs the program against a site whose address is shown as `[SITE]`.
fn run(sandbox: &Sandbox, site: &RecipeSite, arguments: &[&str]) -> Run {
    let mut command = sandbox.command(arguments);
    command.env("VLLM_RECIPES_BASE_URL", site.url());
    sandbox.finish(command, b"").replace(&site.url(), "[SITE]")
}

/// A dry run of `apply-recipe`, which needs neither a cluster nor a registry.
fn dry(site: &RecipeSite, arguments: &[&str]) -> Run {
    let dry = ["apply-recipe", "--dry-run", "--pin=never"];
    let all: Vec<&str> = dry.into_iter().chain(arguments.iter().copied()).collect();
    run(&Sandbox::new(), site, &all)
}

/// The object that a dry run prints.
fn object(site: &RecipeSite, arguments: &[&str]) -> Value {
    let all: Vec<&str> = ["-o", "json"].into_iter().chain(arguments.iter().copied()).collect();
    let run = dry(site, &all);
    assert_eq!(run.code, Some(0), "{run}");
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn a_recipe_becomes_a_manifest_and_stdout_is_nothing_else() {
    let site = RecipeSite::official();
    insta::assert_snapshot!("manifest", dry(&site, &[PHI, "--hardware", "h200"]));
    assert_eq!(
        site.paths(),
        [
            "/models.json",
            "/microsoft/Phi-4-mini-instruct.json",
            "/microsoft/Phi-4-mini-instruct/hw/h200.json"
        ]
    );
}

#[test]
fn what_flags_gave_is_named_by_a_diff_and_is_no_drift() {
    let site = RecipeSite::official();
    let flags = ["--name", "mine", "--replicas", "3", "--image", "registry.example/team/vllm:mine"];
    let more = ["--env", "A=b", "--context-length", "4096", "--", "--max-num-seqs", "8"];
    let arguments: Vec<&str> =
        [PHI, "--hardware", "h200"].iter().chain(&flags).chain(&more).copied().collect();
    let mut deployed = object(&site, &arguments);
    let diff = |deployed: &Value| {
        let server = canned::serve(vec![Reply::json("/modeldeployments/mine", 200, deployed)]);
        let server = format!("http://{server}");
        run(&Sandbox::new(), &site, &["recipe", "diff", "mine", "-n", "default", "--server", &server])
    };
    let clean = diff(&deployed);
    assert_eq!((clean.code, clean.stdout.as_str()), (Some(0), ""), "{clean}");
    let given = "spec.engine.image, spec.engine.contextLength, spec.env[A], spec.engine.extraArgs[+2]";
    assert!(clean.stderr.contains(given), "{clean}");
    deployed["spec"]["resources"]["gpu"]["count"] = Value::from(7);
    let drifted = diff(&deployed);
    assert_eq!(drifted.code, Some(3), "{drifted}");
    assert!(drifted.stdout.contains("count: 7"), "{drifted}");
}

#[test]
fn explain_names_the_line_the_flag_or_the_default_of_every_member() {
    let site = RecipeSite::official();
    let run = dry(
        &site,
        &[DEEPSEEK, "--hardware", "h200", "--explain", "--replicas", "2", "--env", "A=b", "--", "--more"],
    );
    insta::assert_snapshot!("explained", run);
}

#[test]
fn without_a_terminal_the_hardware_is_listed_and_the_only_one_is_taken() {
    let site = RecipeSite::official();
    insta::assert_snapshot!("no-hardware", dry(&site, &[PHI]));
    insta::assert_snapshot!("only-hardware", dry(&site, &["amd/MiniMax-M3-MXFP4"]));
}

#[test]
fn what_cannot_be_expressed_is_refused_with_what_else_there_is() {
    let site = RecipeSite::official();
    for (name, arguments) in [
        ("refused-accelerator", &[DEEPSEEK, "--hardware", "mi300x"][..]),
        ("refused-hardware", &[DEEPSEEK, "--hardware", "h20"]),
        ("refused-strategy", &[DEEPSEEK, "--hardware", "h200", "--strategy", "tensor_parallel"]),
        ("refused-variant", &[DEEPSEEK, "--hardware", "h200", "--variant", "int4"]),
        ("refused-feature", &[DEEPSEEK, "--hardware", "h200", "--feature", "telepathy"]),
        ("refused-gpus", &[DEEPSEEK, "--hardware", "h200", "--gpus", "3"]),
        ("refused-multi-node", &[DEEPSEEK, "--hardware", "h200", "--strategy", "multi_node_tp"]),
        ("refused-pd-cluster", &[DEEPSEEK, "--hardware", "h200", "--strategy", "pd_cluster"]),
        (
            "refused-kv-store",
            &[DEEPSEEK, "--hardware", "h200", "--strategy", "kv_store_centralized_mooncake"],
        ),
        ("refused-omni", &["IndexTeam/IndexTTS-2.5"]),
        ("refused-engine", &[PHI, "--hardware", "h200", "--engine", "sglang"]),
        ("refused-feature-text", &[PHI, "--hardware", "h200", "--feature", "a b"]),
    ] {
        let run = dry(&site, arguments);
        assert_eq!(run.stdout, "", "{run}");
        insta::assert_snapshot!(name, run);
    }
}

#[test]
fn force_writes_hardware_that_the_provider_cannot_request() {
    let site = RecipeSite::official();
    insta::assert_snapshot!("forced", dry(&site, &[PHI, "--hardware", "mi300x", "--force"]));
}

#[test]
fn strategy_variant_and_features_choose_exactly() {
    let site = RecipeSite::official();
    let plain = object(&site, &[DEEPSEEK, "--hardware", "h200"]);
    let dep = object(&site, &[DEEPSEEK, "--hardware", "h200", "--strategy", "single_node_dep"]);
    assert_eq!(dep["spec"]["engine"]["args"]["data-parallel-size"], "8");
    assert_eq!(dep["spec"]["resources"]["gpu"]["count"], 8, "a GPU for each rank");
    assert_eq!(dep["metadata"]["annotations"]["airunway.ai/recipe.strategy"], "single_node_dep");

    let fp4 = object(&site, &[DEEPSEEK, "--variant", "nvfp4", "--hardware", "b200"]);
    assert_eq!(fp4["spec"]["model"]["id"], "nvidia/DeepSeek-V3.2-NVFP4", "the checkpoint of the variant");
    assert_eq!(fp4["metadata"]["annotations"]["airunway.ai/recipe.precision"], "nvfp4");
    let by_precision = object(&site, &[DEEPSEEK, "--precision", "nvfp4", "--hardware", "b200"]);
    assert_eq!(by_precision["spec"], fp4["spec"]);

    let fewer = object(&site, &[DEEPSEEK, "--hardware", "h200", "--feature", "no-tool_calling"]);
    let args = |object: &Value| {
        object["spec"]["engine"]["args"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    let gone: Vec<String> = args(&plain).into_iter().filter(|key| !args(&fewer).contains(key)).collect();
    assert_eq!(
        gone,
        ["enable-auto-tool-choice", "tokenizer-mode", "tool-call-parser"],
        "nothing but the feature's flags"
    );
    assert_eq!(fewer["metadata"]["annotations"]["airunway.ai/recipe.features"], r#"["no-tool_calling"]"#);
    assert_eq!(plain["metadata"]["annotations"].get("airunway.ai/recipe.features"), None);
}

#[test]
fn flags_of_deploy_set_members_on_top() {
    let site = RecipeSite::official();
    let object = object(
        &site,
        &[
            PHI,
            "--hardware",
            "h200",
            "--name",
            "phi",
            "-n",
            "team",
            "--replicas",
            "3",
            "--context-length",
            "4096",
            "--image",
            "registry.example/vllm:v1",
            "--env",
            "A=b",
            "--arg",
            "max-num-seqs=8",
            "--label",
            "a=b",
            "--gpus",
            "1",
        ],
    );
    assert_eq!(object["metadata"]["name"], "phi");
    assert_eq!(object["metadata"]["namespace"], "team");
    assert_eq!(object["metadata"]["labels"]["a"], "b");
    assert_eq!(object["spec"]["scaling"]["replicas"], 3);
    assert_eq!(object["spec"]["engine"]["contextLength"], 4096);
    assert_eq!(object["spec"]["engine"]["image"], "registry.example/vllm:v1");
    assert_eq!(
        object["spec"]["engine"]["args"],
        serde_json::json!({"tensor-parallel-size": "1", "max-num-seqs": "8"})
    );
    assert_eq!(object["spec"]["env"], serde_json::json!([{"name": "A", "value": "b"}]));
}

#[test]
fn cache_folder_and_site_give_the_same_object() {
    let site = RecipeSite::official();
    let sandbox = Sandbox::new();
    let arguments = ["apply-recipe", PHI, "--hardware", "h100", "--dry-run", "--pin=never"];
    let online = run(&sandbox, &site, &arguments);
    assert_eq!(online.code, Some(0), "{online}");
    let asked = site.paths();
    for path in &asked {
        sandbox.write(&format!("copy{path}"), site.file(path));
    }
    let with = |more: &[&str]| {
        let all: Vec<&str> = arguments.iter().copied().chain(more.iter().copied()).collect();
        run(&sandbox, &site, &all)
    };
    assert_eq!(with(&["--offline"]).stdout, online.stdout);
    assert_eq!(with(&["--recipes", "copy"]).stdout, online.stdout);
    assert_eq!(site.paths(), asked, "neither asks the site");
    let again = run(&sandbox, &site, &arguments);
    assert_eq!(again.stdout, online.stdout);
    assert!(
        site.requests().iter().rev().take(asked.len()).all(|request| request.status == 304),
        "only revalidated"
    );
}

#[test]
fn one_file_is_enough_for_the_recommended_command() {
    let site = RecipeSite::official();
    let sandbox = Sandbox::new();
    sandbox.write("phi.json", site.file("/microsoft/Phi-4-mini-instruct.json"));
    let with = |hardware| {
        let arguments = [
            "apply-recipe",
            PHI,
            "--dry-run",
            "--pin=never",
            "--hardware",
            hardware,
            "--recipes",
            "phi.json",
        ];
        run(&sandbox, &site, &arguments)
    };
    assert_eq!(with("h200").stdout, dry(&site, &[PHI, "--hardware", "h200"]).stdout);
    insta::assert_snapshot!("one-file", with("h100"));
}

#[test]
fn every_reason_is_explained_in_the_page_about_recipes() {
    let page = include_str!("../../../../docs/recipes.md");
    for reason in kubectl_airunway::core::recipe::Reason::ALL {
        assert!(page.contains(&format!("`{}`", reason.id())), "{} is not in docs/recipes.md", reason.id());
    }
}

#[test]
fn tables_fit_the_terminal() {
    let site = RecipeSite::official();
    let sandbox = Sandbox::new();
    for (words, width) in [
        (&["recipe", "list"][..], 80),
        (&["recipe", "list", "--task", "text"], 80),
        (&["recipe", "list", "--task", "text"], 120),
        (&["recipe", "show", DEEPSEEK], 80),
        (&["recipe", "show", DEEPSEEK], 120),
    ] {
        let mut command = sandbox.command(words);
        command.env("VLLM_RECIPES_BASE_URL", site.url()).env("COLUMNS", width.to_string());
        let run = sandbox.finish(command, b"");
        assert_eq!(run.code, Some(0), "{run}");
        // An address is not cut.
        let lines = run.stdout.lines().filter(|line| !line.contains("https://"));
        let wide: Vec<&str> = lines.filter(|line| line.chars().count() > width).collect();
        assert!(wide.is_empty(), "{words:?} at {width}: {wide:#?}");
    }
}

#[test]
fn a_list_can_be_filtered_by_what_recipes_say() {
    let site = RecipeSite::official();
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(
        "list-filtered",
        run(&sandbox, &site, &["recipe", "list", "phi", "--hardware", "h100", "--gpus", "2"])
    );
    assert!(site.paths().len() < 20, "only what the search leaves over is read: {:?}", site.paths());
    let embedding = run(&sandbox, &site, &["recipe", "list", "--task", "embedding", "-o", "json"]);
    let report: Value = serde_json::from_str(&embedding.stdout).unwrap();
    let items = report["items"].as_array().unwrap();
    assert!(!items.is_empty(), "{embedding}");
    for item in items {
        assert!(item["tasks"].as_array().unwrap().contains(&"embedding".into()), "{item}");
    }
    let all = run(&sandbox, &site, &["recipe", "list"]);
    assert_eq!(all.stdout.lines().count(), 332, "331 models, each once, and the heading");
}

#[test]
fn a_recipe_is_shown_with_what_can_be_chosen() {
    let site = RecipeSite::official();
    let sandbox = Sandbox::new();
    insta::assert_snapshot!("show", run(&sandbox, &site, &["recipe", "show", DEEPSEEK]));
    let omni = run(&sandbox, &site, &["recipe", "show", "IndexTeam/IndexTTS-2.5"]);
    assert!(omni.code == Some(0) && omni.stderr.contains("is for vLLM-Omni"), "{omni}");
    let json = run(&sandbox, &site, &["recipe", "show", DEEPSEEK, "--hardware", "gb300", "-o", "json"]);
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&report["apiVersion"], &report["kind"]),
        (&"cli.airunway.ai/v1".into(), &"RecipeShow".into())
    );
    assert_eq!(report["shownHardware"], "gb300");
    let of = |list: &str, key: &str, name: &str| {
        report[list].as_array().unwrap().iter().find(|item| item[key] == name).cloned().unwrap_or_default()
    };
    assert_eq!(of("hardware", "id", "gb300")["command"]["gpus"], 4);
    assert_eq!(of("hardware", "id", "mi300x")["command"]["reason"], "accelerator");
    assert_eq!(of("strategies", "name", "single_node_tp")["recommended"], true);
    assert_eq!(of("variants", "name", "nvfp4")["memoryGb"], 403.0);
    assert_eq!(of("features", "name", "tool_calling")["on"], true);
    for (arguments, words) in [
        (&["--hardware", "h20"][..], "has no command for hardware h20"),
        (&["--variant", "int3"], "has no variant int3"),
    ] {
        let all: Vec<&str> =
            ["recipe", "show", DEEPSEEK].into_iter().chain(arguments.iter().copied()).collect();
        let run = run(&sandbox, &site, &all);
        assert!(run.code == Some(2) && run.stderr.contains(words), "{run}");
    }
}

#[test]
fn completion_knows_what_the_cache_knows_and_asks_nobody() {
    let site = RecipeSite::official();
    let sandbox = Sandbox::new();
    let complete = |words: &[&str]| {
        let mut command = sandbox.command(words);
        command.env("AIRUNWAY_COMPLETE", "kubectl").env("VLLM_RECIPES_BASE_URL", site.url());
        let run = sandbox.finish(command, b"");
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run}");
        run.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete(&["apply-recipe", "microsoft/"]), [":4"], "an empty cache knows nothing");
    assert_eq!(site.requests(), []);
    let shown = run(&sandbox, &site, &["recipe", "show", DEEPSEEK]);
    assert_eq!(shown.code, Some(0), "{shown}");
    site.forget_requests();

    assert!(complete(&["apply-recipe", "microsoft/Phi-4-mini"]).contains(&PHI.to_owned()));
    assert!(complete(&["recipe", "show", "deepseek-ai/DeepSeek-V3."]).contains(&DEEPSEEK.to_owned()));
    assert_eq!(complete(&["apply-recipe", DEEPSEEK, "--hardware", "h"]), ["h200", "h100", ":4"]);
    assert_eq!(complete(&["apply-recipe", DEEPSEEK, "--variant", ""]), ["default", "nvfp4", ":4"]);
    assert_eq!(complete(&["apply-recipe", DEEPSEEK, "--precision", ""]), ["fp8", "nvfp4", ":4"]);
    let strategies = complete(&["apply-recipe", DEEPSEEK, "--hardware", "h200", "--strategy", "single"]);
    assert_eq!(strategies, ["single_node_tp", "single_node_tep", "single_node_dep", ":4"]);
    assert_eq!(
        complete(&["apply-recipe", DEEPSEEK, "--feature", "no-"]),
        ["no-tool_calling", "no-reasoning", ":4"]
    );
    assert!(complete(&["recipe", "list", "--hardware", "mi3"]).contains(&"mi300x".to_owned()));
    assert_eq!(site.requests(), [], "never the network");
}

#[test]
#[cfg(unix)]
fn a_terminal_is_asked_for_variant_hardware_and_strategy() {
    use crate::support::terminal::Terminal;
    /// Arrow down.
    const DOWN: &str = "\u{1b}[B";
    let site = RecipeSite::official();
    let sandbox = Sandbox::new();
    let start = || {
        let mut command =
            sandbox.command(&["apply-recipe", DEEPSEEK, "--dry-run", "--pin=never", "-o", "json"]);
        command.env("VLLM_RECIPES_BASE_URL", site.url());
        Terminal::start(command)
    };
    let mut terminal = start();
    terminal.wait_for("nvfp4  (nvfp4, 403 GB, nvidia/DeepSeek-V3.2-NVFP4)");
    terminal.press("\r");
    terminal.wait_for("h100  (cannot be deployed: multi-node, 8-GPU node, 640 GB, verified)");
    terminal.press(&format!("{DOWN}{DOWN}\r"));
    terminal.wait_for("single_node_tep  (8 GPUs)");
    terminal.press(&format!("{DOWN}\r"));
    let (code, stdout, screen) = terminal.finish();
    assert_eq!(code, Some(0), "{screen}");
    let object: Value = serde_json::from_str(&stdout).unwrap();
    let annotation =
        |name: &str| object["metadata"]["annotations"][format!("airunway.ai/recipe.{name}")].clone();
    assert_eq!([annotation("hardware"), annotation("strategy")], ["b200", "single_node_tep"]);

    let mut terminal = start();
    terminal.wait_for("nvfp4  (nvfp4, 403 GB, nvidia/DeepSeek-V3.2-NVFP4)");
    terminal.press("\u{1b}");
    let (code, stdout, screen) = terminal.finish();
    assert_eq!((code, stdout.as_str()), (Some(130), ""), "{screen}");
    assert!(screen.contains("nothing was chosen; nothing was changed"), "{screen}");
}
