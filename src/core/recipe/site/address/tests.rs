use super::*;

fn resolved(base: &str, reference: &str) -> String {
    match Site::parse(base).expect(base).resolve(reference) {
        Ok(url) => url.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn references_are_those_that_ai_runway_takes() {
    let base = "https://recipes.vllm.ai/catalog";
    assert_eq!(resolved(base, "m.json"), "https://recipes.vllm.ai/catalog/m.json");
    assert_eq!(resolved("https://recipes.vllm.ai", "../x.json"), "https://recipes.vllm.ai/x.json");
    assert_eq!(resolved("https://recipes.vllm.ai///", "/a/b.json"), "https://recipes.vllm.ai/a/b.json");
    assert_eq!(resolved(base, "a?b#c"), "https://recipes.vllm.ai/catalog/a?b");
    for outside in ["../x.json", "%2e%2e/x.json", "/other/x.json"] {
        assert_eq!(
            resolved(base, outside),
            format!("vLLM recipe references must stay under https://recipes.vllm.ai/catalog: {outside}")
        );
    }
    for elsewhere in
        ["//evil.com/x", "https://recipes.vllm.ai:8443/x", "https://evil.com/x", "\\\\evil.com\\x"]
    {
        assert_eq!(
            resolved("https://recipes.vllm.ai", elsewhere),
            format!("vLLM recipe references must stay under https://recipes.vllm.ai: {elsewhere}")
        );
    }
    for other in ["http://recipes.vllm.ai/x", "file:///etc/passwd", "data:text/plain,x", "javascript:x"] {
        assert_eq!(
            resolved("https://recipes.vllm.ai", other),
            format!("vLLM recipe references must use HTTPS: {other}")
        );
    }
    for odd in ["https://user@recipes.vllm.ai/x", "a/..%2f..%2fx", "a/%5c..%5cx", "", "a//b"] {
        assert!(
            resolved("https://recipes.vllm.ai", odd).starts_with("vLLM recipe reference is not"),
            "{odd}"
        );
    }
}

#[test]
fn only_this_machine_may_be_spoken_to_openly() {
    for good in ["http://127.0.0.1:9", "http://[::1]:9/a/", "http://localhost", "https://a.example/b///"] {
        Site::parse(good).expect(good);
    }
    assert_eq!(Site::parse("https://h/catalog///").expect("a site").to_string(), "https://h/catalog");
    assert_eq!(resolved("http://127.0.0.1:9", "x.json"), "http://127.0.0.1:9/x.json");
    for bad in [
        "http://recipes.vllm.ai",
        "file:///tmp/x",
        "ftp://h/",
        "recipes.vllm.ai",
        "",
        "https://h/?q",
        "https://",
    ] {
        Site::parse(bad).expect_err(bad);
    }
    let error = Site::parse("https://user:geheim@h/").expect_err("user info");
    assert!(!error.to_string().contains("geheim"), "{error}");
}

#[test]
fn a_redirect_is_judged_like_a_reference() {
    let site = Site::parse("https://h/catalog").expect("a site");
    let from = site.resolve("a/b.json").expect("a reference");
    assert_eq!(site.redirect(&from, "c.json").expect("beside it").as_str(), "https://h/catalog/a/c.json");
    for elsewhere in ["../../x", "//other/x", "http://h/catalog/x", "file:///etc/passwd", ""] {
        site.redirect(&from, elsewhere).expect_err(elsewhere);
    }
}

#[test]
fn parts_of_a_model_id_are_escaped_as_in_javascript() {
    assert_eq!(Site::model_reference("a b", "m:1!~*'()é"), "a%20b/m%3A1!~*'()%C3%A9.json");
}
