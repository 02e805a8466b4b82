//! `io::recipes` against every way in which a recipe site can misbehave.

use std::path::Path;
use std::time::Duration;

use kubectl_airunway::core::recipe::site::Site;
use kubectl_airunway::io::http::ProxyChoice;
use kubectl_airunway::io::recipes::{
    Cache, Limits, Place, RecipeError, RecipeErrorKind as Kind, RecipeSource, SourceOptions,
};
use serde_json::{Value, json};

use super::registry::run;
use crate::support::recipe_site::{RecipeSite, SiteFault};

/// A file of the site, and the path under which the tests ask for it.
const PATH: &str = "/Qwen/Qwen3-0.6B.json";

fn source(site: &RecipeSite, place: Place, cache: Option<&Path>) -> RecipeSource {
    source_within(Limits::default().request, site, place, cache)
}

fn source_within(request: Duration, site: &RecipeSite, place: Place, cache: Option<&Path>) -> RecipeSource {
    RecipeSource::open(SourceOptions {
        site: Site::parse(&site.url()).expect("a site"),
        place,
        cache: cache.map(|folder| Cache::at(folder.to_owned())),
        limits: Limits { request, retry: Duration::from_millis(1), ..Limits::default() },
        proxies: ProxyChoice::Direct,
    })
    .expect("a source")
}

fn get(site: &RecipeSite, reference: &str) -> Result<Option<Value>, RecipeError> {
    run(source(site, Place::Online, None).get(reference))
}

/// What the user is told when the site misbehaves, its address shown as `[SITE]`.
fn failure(fault: SiteFault) -> String {
    let site = RecipeSite::start();
    site.publish(PATH, r#"{"hf_id": "Qwen/Qwen3-0.6B"}"#);
    site.fault("/", fault);
    get(&site, PATH).expect_err("a fault").to_string().replace(&site.url(), "[SITE]")
}

#[test]
fn a_file_is_had_and_a_missing_one_is_told_apart() {
    let site = RecipeSite::start();
    site.publish(PATH, r#"{"hf_id": "Qwen/Qwen3-0.6B"}"#);
    assert_eq!(get(&site, PATH), Ok(Some(json!({"hf_id": "Qwen/Qwen3-0.6B"}))));
    assert_eq!(get(&site, "/Qwen/other.json"), Ok(None));
    assert_eq!(site.paths(), [PATH, "/Qwen/other.json"]);
}

#[test]
fn bodies_are_bounded_after_unpacking() {
    for (fault, expected) in [
        (SiteFault::EndlessBody, ""),
        (SiteFault::HugeUnannounced((5 << 20) + 1), ""),
        (SiteFault::Huge((5 << 20) + 1), " (content-length 5242881)"),
        (SiteFault::Huge(128 << 20), " (content-length 134217728)"),
        (SiteFault::Packed(6 << 20), ""),
    ] {
        let expected = format!("vLLM recipe response from [SITE]{PATH} exceeds 5242880 bytes{expected}");
        assert_eq!(failure(fault), expected);
    }
    // Exactly the limit is no reason to refuse; these are blanks, and so no JSON.
    for fault in [SiteFault::Huge(5 << 20), SiteFault::Packed(5 << 20)] {
        assert_eq!(
            failure(fault),
            format!("vLLM recipe response from [SITE]{PATH} was not valid JSON: the answer is empty")
        );
    }
}

#[test]
fn time_is_bounded_to_the_last_byte() {
    for fault in [SiteFault::SlowHeaders(Duration::from_secs(60)), SiteFault::StalledBody, SiteFault::Trickle]
    {
        let site = RecipeSite::start();
        site.fault("/", fault);
        let source = source_within(Duration::from_millis(500), &site, Place::Online, None);
        let error = run(source.get(PATH)).expect_err("too slow").to_string();
        assert_eq!(
            error.replace(&site.url(), "[SITE]"),
            format!("timed out fetching [SITE]{PATH} after 500ms")
        );
    }
}

#[test]
fn what_is_no_json_is_refused() {
    let text = |text: &str| SiteFault::Text("application/json", text.to_owned());
    let not = |reason: &str| format!("vLLM recipe response from [SITE]{PATH} was not valid JSON: {reason}");
    let page = SiteFault::Text("text/html", "<html>please log in</html>".to_owned());
    assert_eq!(failure(page), not("it looks like a web page"));
    assert_eq!(failure(text("")), not("the answer is empty"));
    assert_eq!(failure(text("{\"a\": ")), not("EOF while parsing a value at line 1 column 6"));
    assert_eq!(failure(text(&"[".repeat(100_000))), not("it is nested deeper than 64 levels"));
    assert_eq!(
        failure(text(&format!("[{}1]", "1,".repeat(300_000)))),
        not("it holds more than 200000 values")
    );
    assert_eq!(failure(SiteFault::HalfBody), format!("failed to fetch [SITE]{PATH}: the answer was cut off"));
}

#[test]
fn a_busy_site_is_asked_again_and_a_long_wait_is_not_waited_out() {
    let site = RecipeSite::start();
    site.publish(PATH, "{}");
    site.fault("/", SiteFault::Status { code: 429, times: 1, retry_after: Some(0) });
    assert_eq!(get(&site, PATH), Ok(Some(json!({}))));
    assert_eq!(site.requests().iter().map(|request| request.status).collect::<Vec<_>>(), [429, 200]);

    for (code, retry_after, expected) in [
        (503, None, "503 Service Unavailable"),
        (500, Some(0), "500 Internal Server Error"),
        (429, Some(3_600), "429 Too Many Requests"),
    ] {
        let site = RecipeSite::start();
        site.fault("/", SiteFault::Status { code, times: usize::MAX, retry_after });
        let error = get(&site, PATH).expect_err("busy").to_string().replace(&site.url(), "[SITE]");
        assert_eq!(error, format!("failed to fetch [SITE]{PATH}: {expected}"));
        let sent = if retry_after == Some(3_600) { 1 } else { 4 };
        assert_eq!(site.requests().len(), sent, "an hour is more than one file may take");
    }
    let site = RecipeSite::start();
    site.fault("/", SiteFault::Status { code: 403, times: usize::MAX, retry_after: None });
    assert!(matches!(*get(&site, PATH).expect_err("forbidden").kind, Kind::Status { .. }));
    assert_eq!(site.requests().len(), 1, "a refusal is final");
}

#[test]
fn a_site_that_nobody_serves() {
    let site = RecipeSite::start();
    let url = site.url();
    let dead = source(&site, Place::Online, None);
    drop(site);
    let error = run(dead.get(PATH)).expect_err("nobody");
    assert_eq!(
        error.to_string().replace(&url, "[SITE]"),
        format!("failed to reach [SITE]{PATH}: the connection was refused")
    );
    assert!(error.hints()[0].contains("--offline"), "{:?}", error.hints());
}

#[test]
fn references_and_redirects_stay_on_the_site() {
    let other = RecipeSite::start();
    other.publish(PATH, "{}");
    let site = RecipeSite::start();
    site.publish(PATH, "{}");
    for reference in [
        format!("{}{PATH}", other.url()),
        "https://127.0.0.1/x.json".to_owned(),
        "//evil.example/x.json".to_owned(),
        "file:///etc/passwd".to_owned(),
        "data:application/json,{}".to_owned(),
        format!("http://user:secret@{}{PATH}", site.url().trim_start_matches("http://")),
        "Qwen/..%2f..%2fsecret.json".to_owned(),
    ] {
        let error = get(&site, &reference).expect_err(&reference);
        assert!(matches!(*error.kind, Kind::Reference(_)), "{reference}: {error}");
    }
    assert_eq!(site.requests(), [], "nothing is asked that should not be");

    for target in [
        format!("{}{PATH}", other.url()),
        "https://recipes.example/x.json".to_owned(),
        "file:///etc/passwd".to_owned(),
        "/a/..%2fb".to_owned(),
    ] {
        let error = failure(SiteFault::Redirect(target.clone()));
        assert!(
            error.starts_with(&format!("[SITE]{PATH} redirects and is not followed: vLLM recipe reference")),
            "{error}"
        );
    }
    assert_eq!(other.requests(), [], "no redirect leads to another host");
    assert_eq!(
        failure(SiteFault::Redirect("{path}".to_owned())),
        format!("[SITE]{PATH} redirects and is not followed: more than 5 redirects")
    );
    site.fault("/old", SiteFault::Redirect(PATH.to_owned()));
    assert_eq!(get(&site, "/old.json"), Ok(Some(json!({}))), "a redirect on the site is followed");
}

#[test]
fn a_site_below_a_path_is_not_left() {
    let server = RecipeSite::start();
    server.publish("/catalog/m.json", "{}");
    server.fault("/catalog/away", SiteFault::Redirect("/secret.json".to_owned()));
    let source = RecipeSource::open(SourceOptions {
        site: Site::parse(&format!("{}/catalog//", server.url())).expect("a site"),
        place: Place::Online,
        cache: None,
        limits: Limits::default(),
        proxies: ProxyChoice::Direct,
    })
    .expect("a source");
    assert_eq!(run(source.get("m.json")), Ok(Some(json!({}))));
    for reference in ["../secret.json", "/secret.json", "%2e%2e/secret.json", "away.json"] {
        run(source.get(reference)).expect_err(reference);
    }
    assert_eq!(server.paths(), ["/catalog/m.json", "/catalog/away.json"]);
}

#[test]
fn the_cache_is_asked_about_and_serves_offline() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = RecipeSite::start();
    site.publish(PATH, r#"{"n": 1}"#);
    let online = || run(source(&site, Place::Online, Some(folder.path())).get(PATH));
    let offline = |path| run(source(&site, Place::Offline, Some(folder.path())).get(path));
    assert!(matches!(*offline(PATH).expect_err("nothing yet").kind, Kind::NotCached { .. }));
    assert_eq!(online(), Ok(Some(json!({"n": 1}))));
    assert_eq!(online(), Ok(Some(json!({"n": 1}))));
    let statuses: Vec<u16> = site.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 304], "the second time only whether it changed");
    site.publish(PATH, r#"{"n": 2}"#);
    assert_eq!(online(), Ok(Some(json!({"n": 2}))), "a change is seen at once");

    site.forget_requests();
    assert_eq!(offline(PATH), Ok(Some(json!({"n": 2}))));
    let error = offline("/Qwen/other.json").expect_err("never read").to_string();
    assert!(error.ends_with("/Qwen/other.json is not cached, and --offline contacts no network"), "{error}");
    assert_eq!(site.requests(), []);

    // A copy that someone damaged is fetched anew.
    for entry in std::fs::read_dir(folder.path()).expect("folder") {
        let path = entry.expect("entry").path();
        let mut bytes = std::fs::read(&path).expect("read");
        *bytes.last_mut().expect("bytes") ^= 1;
        std::fs::write(&path, bytes).expect("written");
    }
    assert_eq!(online(), Ok(Some(json!({"n": 2}))));
    assert_eq!(site.requests().iter().map(|request| request.status).collect::<Vec<_>>(), [200]);
}

#[test]
fn an_outage_is_bridged_by_the_copy_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = RecipeSite::start();
    site.publish(PATH, r#"{"n": 1}"#);
    let source = || source(&site, Place::Online, Some(folder.path()));
    run(source().get(PATH)).expect("had");
    site.fault("/", SiteFault::Status { code: 503, times: usize::MAX, retry_after: None });
    let bridged = source();
    assert_eq!(run(bridged.get(PATH)), Ok(Some(json!({"n": 1}))));
    let notes = bridged.take_notes().join("\n").replace(&site.url(), "[SITE]");
    assert_eq!(
        notes,
        format!(
            "failed to fetch [SITE]{PATH}: 503 Service Unavailable; using cached copies, this one from a moment ago"
        )
    );
    let asked = site.requests().len();
    assert_eq!(run(bridged.get(PATH)), Ok(Some(json!({"n": 1}))));
    assert_eq!(site.requests().len(), asked, "a site that is down is not waited for again");
    assert_eq!(bridged.take_notes(), [""; 0], "and it is said once");
    // A page in place of the recipe is no outage: what the copy says may be wrong by now.
    site.clear_faults();
    site.fault("/", SiteFault::Text("text/html", "<html>".to_owned()));
    assert!(matches!(*run(source().get(PATH)).expect_err("a page").kind, Kind::NotJson { .. }));
    site.clear_faults();
    site.withdraw(PATH);
    assert_eq!(run(source().get(PATH)), Ok(None), "what the site took away is not served from the cache");
}

#[test]
fn a_folder_or_a_file_needs_no_network() {
    let folder = tempfile::tempdir().expect("a folder");
    let site = RecipeSite::start();
    let path = folder.path().join("Qwen/Qwen3-0.6B.json");
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
    std::fs::write(&path, r#"{"hf_id": "Qwen/Qwen3-0.6B"}"#).expect("written");
    let recipe = json!({"hf_id": "Qwen/Qwen3-0.6B"});

    let tree = source(&site, Place::Copy(folder.path().to_owned()), None);
    assert_eq!(run(tree.get(PATH)), Ok(Some(recipe.clone())));
    assert_eq!(run(tree.get("/models.json")), Ok(None));
    assert_eq!(run(tree.get("/qwen/Qwen3-0.6B.json")), Ok(None));
    assert!(tree.take_notes()[0].ends_with("paths of the site are case-sensitive"));
    assert_eq!(run(tree.get("../../../../etc/passwd")), Ok(None), "it is looked for below the directory");

    let file = source(&site, Place::Copy(path.clone()), None);
    assert_eq!(run(file.get(PATH)), Ok(Some(recipe)));
    assert_eq!(run(file.get("/models.json")), Ok(None));
    assert_eq!(run(file.get("/Qwen/Qwen3-0.6B/hw/h100.json")), Ok(None));
    let error = run(file.get("/Qwen/Qwen3-8B.json")).expect_err("another").to_string();
    assert!(error.ends_with("is the recipe of Qwen/Qwen3-0.6B, not of Qwen/Qwen3-8B"), "{error}");
    assert_eq!(site.requests(), []);
}
