use super::super::credentials::CredentialSource;
use super::super::{ProxyChoice, RegistryOptions};
use super::*;

fn challenge(values: &[&str]) -> Option<Challenge> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(http::header::WWW_AUTHENTICATE, HeaderValue::from_str(value).expect("header"));
    }
    Challenge::from_headers(&headers)
}

#[test]
fn challenges_are_read_by_the_grammar() {
    let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
        let text = |value: Option<&str>| value.map(str::to_owned);
        Some(Challenge::Bearer { realm: realm.to_owned(), service: text(service), scope: text(scope) })
    };
    for (values, expected) in [
        (
            &["Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push\""][..],
            bearer("https://a/t", Some("s"), Some("repository:a/b:pull,push")),
        ),
        (&["bearer realm = https://a/t , service=s"], bearer("https://a/t", Some("s"), None)),
        (&["Basic realm=\"x\", Bearer realm=\"https://a\\\"b\""], bearer("https://a\"b", None, None)),
        (&["Basic realm=\"x, Bearer realm=y\""], Some(Challenge::Basic)),
        (&["Negotiate", "Basic"], Some(Challenge::Basic)),
        (&["Bearer service=\"s\""], None),
        (&["Bearer realm=\"\""], None),
        (&["", ",,, ,", "=x", "\"\"\"", "Bearer realm=\"unclosed"], bearer("unclosed", None, None)),
        (&[], None),
    ] {
        assert_eq!(challenge(values), expected, "{values:?}");
    }
}

#[test]
fn any_header_is_read_to_its_end() {
    for text in ["===", "a=b=c=d", "  =  ", "\"", "a \"b\" c", "Bearer ,realm", "a\\=b"] {
        let _ = challenge(&[text]);
    }
}

/// What `authorize` makes of a login that a registry with an open line wants; nothing is listening anywhere.
fn over_an_open_line(challenge: &Challenge, credential: Option<Credential>) -> Result<bool, Kind> {
    let plain_http = vec!["registry.lan:5000".to_owned(), "tokens.lan".to_owned()];
    let proxies = ProxyChoice::Direct;
    let transport = Transport::new(&RegistryOptions { plain_http, proxies, ..RegistryOptions::default() });
    let found = Found { credential, source: CredentialSource::Anonymous, problems: Vec::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let endpoint = Endpoint::of(&"registry.lan:5000/a/b".parse().expect("a reference"));
    let work = authorize(&transport, challenge, &endpoint, &found, transport.deadline());
    runtime.block_on(work).map(|header| header.is_some())
}

#[test]
fn credentials_stay_at_home_on_an_open_line() {
    let basic = || Some(Credential::Basic { user: "u".to_owned(), password: Secret::new("p") });
    let bearer = |realm: &str| Challenge::Bearer { realm: realm.to_owned(), service: None, scope: None };
    let insecure = |outcome: Result<bool, Kind>| matches!(outcome, Err(Kind::InsecureCredentials { .. }));
    assert!(insecure(over_an_open_line(&Challenge::Basic, basic())));
    assert!(insecure(over_an_open_line(&bearer("http://tokens.lan/t"), basic())));
    assert!(insecure(over_an_open_line(
        &bearer("https://t/"),
        Some(Credential::RegistryToken(Secret::new("t")))
    )));
    assert_eq!(over_an_open_line(&Challenge::Basic, None), Ok(false));
    // A registry elsewhere does not get to see what listens on this machine, with or without credentials.
    for credential in [basic(), None] {
        let refused = over_an_open_line(&bearer("http://127.0.0.1:9/t"), credential);
        assert!(matches!(refused, Err(Kind::InsecureCredentials { .. } | Kind::Token { .. })), "{refused:?}");
    }
}
