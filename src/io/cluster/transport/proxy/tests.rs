use super::*;

fn exempt(exceptions: &str, server: &str) -> bool {
    is_exempt(&server.parse().expect("a server"), exceptions)
}

#[test]
fn exceptions_are_those_of_go() {
    // exceptions, server, whether it is reached without the proxy
    let table = [
        ("", "https://api.example.org:6443", false),
        ("", "https://localhost:6443", true),
        ("", "https://127.0.0.1:6443", true),
        ("", "https://127.9.9.9", true),
        ("", "https://[::1]:6443", true),
        ("", "https://[::ffff:127.0.0.1]", true),
        ("", "https://localhost.example.org", false),
        ("*", "https://api.example.org", true),
        ("example.com, *", "https://api.example.org", true),
        ("example.org", "https://example.org", true),
        ("example.org", "https://api.example.org", true),
        ("example.org", "https://anexample.org", false),
        ("example.org", "https://example.org.evil.net", false),
        (".example.org", "https://api.example.org", true),
        (".example.org", "https://example.org", false),
        ("*.example.org", "https://api.example.org", true),
        ("*.example.org", "https://example.org", false),
        ("EXAMPLE.org", "https://API.Example.ORG", true),
        ("example.org:6443", "https://api.example.org:6443", true),
        ("example.org:443", "https://api.example.org", true),
        ("example.org:80", "http://api.example.org", true),
        ("example.org:443", "https://api.example.org:6443", false),
        ("10.0.0.0/8", "https://10.96.0.1", true),
        ("10.0.0.0/8", "https://11.0.0.1", false),
        ("10.0.0.0/8", "https://ten.example.org", false),
        ("10.96.0.1", "https://10.96.0.1:443", true),
        ("10.96.0.1:443", "https://10.96.0.1", true),
        ("10.96.0.1:444", "https://10.96.0.1", false),
        ("fd00::/8", "https://[fd00::1]:6443", true),
        ("[fd00::1]:6443", "https://[fd00::1]:6443", true),
        ("[fd00::1]:6444", "https://[fd00::1]:6443", false),
        ("[fd00::1]", "https://[fd00::1]:6443", false),
        ("::ffff:10.0.0.0/104", "https://10.0.0.1", true),
        ("::ffff:10.0.0.0/104", "https://11.0.0.1", false),
        ("::/0", "https://10.0.0.1", false),
        ("fd00::1", "https://[FD00:0::1]:6443", true),
        (",, example.org ,", "https://example.org", true),
        (",,", "https://example.org", false),
        (":443", "https://example.org", false),
        ("[", "https://example.org", false),
        ("org", "https://example.org", true),
    ];
    for (exceptions, server, expected) in table {
        assert_eq!(exempt(exceptions, server), expected, "NO_PROXY={exceptions:?} {server}");
    }
}

fn variables(https: Option<&str>, none: Option<&str>) -> ProxyVariables {
    ProxyVariables { https: https.map(str::to_owned), http: None, none: none.map(str::to_owned), cgi: false }
}

fn chosen(server: &str, kubeconfig: Option<&str>, variables: &ProxyVariables) -> Option<String> {
    let server = server.parse().expect("a server");
    choose(&server, kubeconfig, variables).expect("a valid proxy").map(|proxy| shown(&proxy))
}

#[test]
fn the_kubeconfig_wins_and_knows_no_exception() {
    let variables = variables(Some("http://env:1"), Some("*"));
    assert_eq!(chosen("https://a", Some("socks5://k:2"), &variables).as_deref(), Some("socks5://k:2"));
    assert_eq!(chosen("https://a", None, &variables), None);
}

#[test]
fn exceptions_are_about_the_server_not_the_proxy() {
    let variables = variables(Some("proxy.example.org:3128"), Some("proxy.example.org"));
    assert_eq!(
        chosen("https://api.test:6443", None, &variables).as_deref(),
        Some("http://proxy.example.org:3128")
    );
}

#[test]
fn plain_http_has_its_own_variable() {
    let mut variables = variables(Some("http://s:1"), None);
    assert_eq!(chosen("http://a", None, &variables), None);
    variables.http = Some("http://p:2".to_owned());
    assert_eq!(chosen("http://a", None, &variables).as_deref(), Some("http://p:2"));
    variables.cgi = true;
    assert_eq!(chosen("http://a", None, &variables), None);
}

#[test]
fn a_bad_proxy_is_refused_without_showing_its_password() {
    let server = "https://a".parse().expect("a server");
    for address in ["http://", "http://user:pass word@host", "ftp://user:hunter2@host", "http://[::1"] {
        let error = choose(&server, Some(address), &ProxyVariables::default()).expect_err(address);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let proxy: Uri = "http://user:hunter2@host:1".parse().expect("a proxy");
    assert_eq!(shown(&proxy), "http://host:1");
}

#[test]
fn recorded_answers_of_go_are_given_again() {
    let recorded = include_str!("../../../../../tests/fixtures/no_proxy/cases.jsonl");
    for line in recorded.lines() {
        let (exceptions, server, expected): (String, String, bool) =
            serde_json::from_str(line).expect("a case");
        assert_eq!(exempt(&exceptions, &server), expected, "{line}");
    }
}
