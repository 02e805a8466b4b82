//! `apply-recipe` and `recipe` through the binary: what is printed, what is asked of the site, how they end.

use std::time::Duration;

use crate::measuring::peak_of;
use crate::support::recipe_site::{RecipeSite, SiteFault};
use crate::support::{Run, Sandbox};

/// Runs the program against a site whose address is shown as `[SITE]`.
fn run(sandbox: &Sandbox, site: &RecipeSite, arguments: &[&str]) -> Run {
    let mut command = sandbox.command(arguments);
    command.env("VLLM_RECIPES_BASE_URL", site.url());
    sandbox.finish(command, b"").replace(&site.url(), "[SITE]")
}

/// A site with an index of two models and one small recipe.
fn small() -> RecipeSite {
    let site = RecipeSite::start();
    site.publish(
        "/models.json",
        r#"[
            {"hf_id": "acme/tiny", "title": "Tiny", "provider": "Acme", "url": "/acme/tiny", "json": "/Acme/tiny.json"},
            {"hf_id": "other/big", "title": "Big One", "provider": "Other", "url": "/other/big", "json": "/other/big.json"}
        ]"#,
    );
    site
}

#[test]
fn a_list_reads_the_index_alone() {
    let site = small();
    let sandbox = Sandbox::new();
    insta::assert_snapshot!("list", run(&sandbox, &site, &["recipe", "list"]));
    assert_eq!(site.paths(), ["/models.json"]);
    insta::assert_snapshot!(
        "list-search-json",
        run(&sandbox, &site, &["recipe", "list", "BIG", "one", "-o", "json"])
    );
    insta::assert_snapshot!(
        "list-nothing",
        run(&sandbox, &site, &["recipe", "list", "nothing", "like", "this"])
    );
}

#[test]
fn what_was_read_once_serves_offline_and_what_was_not_is_named() {
    let site = small();
    let sandbox = Sandbox::new();
    assert_eq!(run(&sandbox, &site, &["recipe", "list"]).code, Some(0));
    site.forget_requests();
    let listed = run(&sandbox, &site, &["recipe", "list", "tiny", "--offline"]);
    assert_eq!((listed.code, listed.stdout.lines().count()), (Some(0), 2), "{listed}");
    insta::assert_snapshot!(
        "offline-missing",
        run(&sandbox, &site, &["recipe", "show", "acme/tiny", "--offline"])
    );
    // It is the cache that is empty, not the site that has nothing.
    let empty = run(&Sandbox::new(), &site, &["recipe", "list", "--offline"]);
    assert_eq!(empty.code, Some(1), "{empty}");
    assert!(empty.stderr.contains("the cache holds no recipe index of [SITE]"), "{empty}");
    assert_eq!(site.requests(), [], "--offline asks no network");
}

#[test]
fn what_is_misspelt_is_answered_with_what_is_there() {
    let site = small();
    let sandbox = Sandbox::new();
    let listed = run(&sandbox, &site, &["recipe", "list", "tinny"]);
    assert_eq!(listed.code, Some(4), "{listed}");
    assert!(listed.stderr.contains("recipes with a similar name: acme/tiny"), "{listed}");
    let shown = run(&sandbox, &site, &["recipe", "show", "acme/tinny"]);
    assert_eq!(shown.code, Some(2), "{shown}");
    assert!(shown.stderr.contains("hint: recipes with a similar name: acme/tiny"), "{shown}");
}

#[test]
fn a_wrong_model_id_is_refused_before_anything_is_asked() {
    let site = small();
    let sandbox = Sandbox::new();
    for id in [
        "acme/../tiny",
        "../tiny",
        "acme/..%2f..%2ftiny",
        "acme/%2e%2e",
        "tiny",
        "a/b/c",
        "acme/",
        "acme\\tiny",
        "acme/t?x",
        "acme/t#x",
        "https://evil.example/x",
    ] {
        for verb in [&["apply-recipe"][..], &["recipe", "show"]] {
            let arguments: Vec<&str> = verb.iter().copied().chain([id]).collect();
            let run = run(&sandbox, &site, &arguments);
            assert_eq!(run.code, Some(2), "{id}: {run}");
            assert!(run.stderr.contains("invalid Hugging Face model ID"), "{id}: {run}");
        }
    }
    assert_eq!(site.requests(), []);
    insta::assert_snapshot!("model-id", run(&sandbox, &site, &["apply-recipe", "acme/../tiny"]));
}

#[test]
fn an_index_that_leads_elsewhere_is_not_followed() {
    let other = RecipeSite::start();
    let sandbox = Sandbox::new();
    for path in [
        format!("{}/x.json", other.url()),
        "file:///etc/passwd".to_owned(),
        "//evil.example/x.json".to_owned(),
        "/a/..%2f..%2fsecret".to_owned(),
    ] {
        let site = RecipeSite::start();
        site.publish("/models.json", format!(r#"[{{"hf_id": "acme/tiny", "json": "{path}"}}]"#));
        let run = run(&sandbox, &site, &["recipe", "show", "acme/tiny"]);
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.stderr.contains("vLLM recipe reference"), "{run}");
        assert_eq!(site.paths(), ["/models.json"], "{path}");
    }
    assert_eq!(other.requests(), []);
}

#[test]
fn a_model_that_the_site_does_not_have() {
    insta::assert_snapshot!(
        "unknown-model",
        run(&Sandbox::new(), &small(), &["recipe", "show", "acme/none"])
    );
}

#[test]
fn without_an_index_the_path_is_made_from_the_id() {
    for fault in [None, Some(SiteFault::Status { code: 403, times: usize::MAX, retry_after: None })] {
        let site = RecipeSite::start();
        site.publish("/acme/tiny.json", r#"{"hf_id": "acme/tiny"}"#);
        let kept_to_itself = fault.is_some();
        fault.into_iter().for_each(|fault| site.fault("/models.json", fault));
        let run = run(&Sandbox::new(), &site, &["recipe", "show", "acme/tiny"]);
        assert!(run.code == Some(0) && run.stdout.starts_with("model: acme/tiny\n"), "{run}");
        assert_eq!(
            run.stderr.contains("the recipe's path is made from the model id"),
            kept_to_itself,
            "{run}"
        );
        assert_eq!(site.paths()[..2], ["/models.json", "/acme/tiny.json"]);
    }
}

#[test]
fn a_site_that_misbehaves_is_named_with_what_it_did() {
    let faults = [
        ("html", SiteFault::Text("text/html", "<html>please log in</html>".to_owned())),
        ("not-json", SiteFault::Text("application/json", "{\"a\":".to_owned())),
        ("deep", SiteFault::Text("application/json", "[".repeat(100_000))),
        ("endless", SiteFault::EndlessBody),
        ("announced", SiteFault::Huge(128 << 20)),
        ("cut-off", SiteFault::HalfBody),
        ("slow-headers", SiteFault::SlowHeaders(Duration::from_secs(60))),
        ("slow-body", SiteFault::Trickle),
        ("redirect-loop", SiteFault::Redirect("{path}".to_owned())),
        ("redirect-away", SiteFault::Redirect("https://evil.example/x.json".to_owned())),
        ("forbidden", SiteFault::Status { code: 403, times: usize::MAX, retry_after: None }),
    ];
    for (name, fault) in faults {
        let site = small();
        site.fault("/", fault);
        let run = run(&Sandbox::new(), &site, &["recipe", "list", "--request-timeout", "2s"]);
        insta::assert_snapshot!(name, run);
    }
}

#[test]
fn bodies_of_any_size_cost_the_same_memory() {
    let peak = |bytes: usize| {
        let site = small();
        site.fault("/", SiteFault::HugeUnannounced(bytes));
        let sandbox = Sandbox::new();
        let listed = run(&sandbox, &site, &["recipe", "list"]);
        assert!(listed.stderr.contains("exceeds 5242880 bytes"), "{listed}");
        let mut command = sandbox.command(&["recipe", "list"]);
        command.env("VLLM_RECIPES_BASE_URL", site.url());
        peak_of(&command)
    };
    let (small, large) = (peak(8 << 20), peak(128 << 20).max(peak(32 << 20)));
    assert!(large < small + (8 << 20), "8 MiB cost {small} bytes, 32 and 128 MiB {large}");
    assert!(large < 96 << 20, "{large} bytes");
}

#[test]
fn a_site_must_be_secure_and_hold_no_password() {
    let sandbox = Sandbox::new();
    for (url, words) in [
        ("http://recipes.example", "is not https"),
        ("file:///tmp", "is not a URL"),
        ("https://user:geheim@recipes.example", "it must not contain a user name or password"),
        ("recipes.example", "is not a URL"),
    ] {
        let run = sandbox.airunway(&["recipe", "list", "--recipes-url", url]);
        assert_eq!(run.code, Some(2), "{run}");
        assert!(run.stderr.contains(words) && !run.stderr.contains("geheim"), "{run}");
    }
}

#[test]
fn a_copy_that_is_not_there_or_no_recipe() {
    let sandbox = Sandbox::new();
    sandbox.write("text.json", "not json").write("other.json", "{}").write("site/models.json", "[]");
    for (copy, words) in [
        ("missing", "cannot read missing: no such file"),
        ("text.json", "cannot read text.json: not valid JSON"),
        ("other.json", "cannot read other.json: it is not a recipe"),
    ] {
        let run = sandbox.airunway(&["recipe", "show", "acme/tiny", "--recipes", copy]);
        assert_eq!(run.code, Some(1), "{run}");
        assert!(run.stderr.contains(words), "{run}");
    }
    let run = sandbox.airunway(&["recipe", "show", "acme/tiny", "--recipes", "site"]);
    assert!(run.code == Some(2) && run.stderr.contains("has no recipe for acme/tiny"), "{run}");
}

#[test]
fn words_of_a_site_cannot_command_the_terminal() {
    let site = small();
    let recipe = r#"{"hf_id": "acme/tiny", "meta": {"title": "\u001b[2J\u0007", "tasks": ["text"]},
        "recommended_command": {"hardware": "\u001b[31mh200", "strategy": "s", "variant": "default",
            "by_hardware": {"\u001b]0;x\u0007": "/a.json", "b": "/b.json\u001b"}},
        "variants": {"default": {"precision": "\u001b[1m", "vram_minimum_gb": 1}}}"#;
    site.publish("/Acme/tiny.json", recipe);
    site.publish(
        "/models.json",
        r#"[{"hf_id": "acme/tiny", "title": "\u001b[2J", "json": "/Acme/tiny.json"}]"#,
    );
    for arguments in [
        &["recipe", "list"][..],
        &["recipe", "show", "acme/tiny"],
        &["apply-recipe", "acme/tiny"],
        &["apply-recipe", "acme/tiny", "--hardware", "none"],
        &["apply-recipe", "acme/tiny", "--hardware", "b"],
    ] {
        let run = run(&Sandbox::new(), &site, arguments);
        assert!(!run.to_string().contains(['\u{1b}', '\u{7}']), "{arguments:?}: {run:?}");
    }
}

#[test]
fn a_certificate_has_to_be_trusted() {
    let key = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let site = RecipeSite::start_tls(key.cert.der().to_vec(), key.signing_key.serialize_der());
    site.publish("/models.json", r#"[{"hf_id": "acme/tiny", "title": "Tiny", "json": "/Acme/tiny.json"}]"#);
    site.fault("/Acme", SiteFault::Redirect(site.url().replace("https", "http")));
    let sandbox = Sandbox::new();
    let stranger = run(&sandbox, &site, &["recipe", "list"]);
    assert_eq!(stranger.code, Some(1), "{stranger}");
    assert!(
        stranger.stderr.contains("no secure connection") && stranger.stderr.contains("SSL_CERT_FILE"),
        "{stranger}"
    );
    assert_eq!(site.requests(), []);

    sandbox.write("authority.pem", key.cert.pem());
    let trusting = |arguments: &[&str]| {
        let mut command = sandbox.command(arguments);
        command
            .env("VLLM_RECIPES_BASE_URL", site.url())
            .env("SSL_CERT_FILE", sandbox.path().join("authority.pem"));
        sandbox.finish(command, b"")
    };
    let listed = trusting(&["recipe", "list"]);
    assert!(listed.code == Some(0) && listed.stdout.contains("acme/tiny"), "{listed}");
    let open = trusting(&["recipe", "show", "acme/tiny"]);
    assert!(open.stderr.contains("vLLM recipe references must use HTTPS: http://"), "{open}");
}

#[test]
fn proxies_come_from_the_environment() {
    let sandbox = Sandbox::new();
    let arguments = ["recipe", "list", "--recipes-url", "https://recipes.invalid"];
    let mut proxied = sandbox.command(&arguments);
    proxied.env("HTTPS_PROXY", "http://user:pass-word@127.0.0.1:1");
    let failed = sandbox.finish(proxied, b"");
    assert!(failed.stderr.contains("the proxy 127.0.0.1:1 did not connect"), "{failed}");
    assert!(!failed.stderr.contains("pass-word"), "{failed}");
    let site = small();
    let mut own = sandbox.command(&["recipe", "list"]);
    own.env("VLLM_RECIPES_BASE_URL", site.url()).env("HTTP_PROXY", "http://127.0.0.1:1");
    let listed = sandbox.finish(own, b"");
    assert_eq!(listed.code, Some(0), "a proxy is never used for this machine: {listed}");
}
