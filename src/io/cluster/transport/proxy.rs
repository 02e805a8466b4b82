//! Which proxy the way to the API server goes through, decided as kubectl (Go's `httpproxy` package) decides it.
//!
//! The kube crate 5.0.0 holds `NO_PROXY` against the address of the proxy instead of that of the server, and fails on an
//! empty element, so its answer is not used.

use std::net::IpAddr;

use http::Uri;
use ipnet::{IpNet, Ipv4Net};

use super::super::kubeconfig::error::ConfigError;
use super::super::options::ProxyVariables;

/// The proxy for `server`, if any: `proxy-url` of the kubeconfig wins and knows no exceptions.
pub(crate) fn choose(
    server: &Uri,
    kubeconfig: Option<&str>,
    variables: &ProxyVariables,
) -> Result<Option<Uri>, ConfigError> {
    if let Some(address) = kubeconfig {
        return parse(address, "proxy-url of the kubeconfig").map(Some);
    }
    let (address, origin) = match server.scheme_str() {
        Some("https") => (variables.https.as_deref(), "HTTPS_PROXY"),
        // In a CGI program the variable is made of the request header `Proxy`: anybody could set it.
        Some("http") if !variables.cgi => (variables.http.as_deref(), "HTTP_PROXY"),
        _ => return Ok(None),
    };
    let Some(address) = address else { return Ok(None) };
    if is_exempt(server, variables.none.as_deref().unwrap_or_default()) {
        return Ok(None);
    }
    parse(address, origin).map(Some)
}

/// The address of a proxy as it may be shown: without user and password.
pub(crate) fn shown(proxy: &Uri) -> String {
    let scheme = proxy.scheme_str().unwrap_or("http");
    let host = proxy.host().unwrap_or_default();
    match proxy.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    }
}

/// An address without a scheme is one of an http proxy, as in Go.
fn parse(address: &str, origin: &'static str) -> Result<Uri, ConfigError> {
    let address = address.trim();
    let whole = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    // Both names mean the same to the client here: the proxy resolves the host name.
    let whole = match whole.strip_prefix("socks5h://") {
        Some(rest) => format!("socks5://{rest}"),
        None => whole,
    };
    let refuse = |reason: &str| ConfigError::Proxy { origin, reason: reason.to_owned() };
    let uri: Uri = whole.parse().map_err(|_| refuse("it is not an address"))?;
    if uri.host().is_none_or(str::is_empty) {
        return Err(refuse("it has no host"));
    }
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") => Ok(uri),
        Some(other) => Err(refuse(&format!("{other} proxies are not supported"))),
        None => Err(refuse("it is not an address")),
    }
}

/// Whether `NO_PROXY` or being on this very machine keeps `server` away from the proxy.
fn is_exempt(server: &Uri, exceptions: &str) -> bool {
    let Some(host) = server.host() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_lowercase();
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    let address = host.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    exceptions.split(',').map(str::trim).any(|exception| matches(exception, &host, address, port))
}

/// Whether one element of `NO_PROXY` covers the host.
fn matches(exception: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    let exception = exception.to_lowercase();
    if exception == "*" {
        return true;
    }
    if let Ok(network) = exception.parse::<IpNet>() {
        return address.is_some_and(|address| canonical(network).contains(&address));
    }
    let (name, only_port) = split_port(&exception);
    if only_port.is_some_and(|only| only != port.to_string()) || name.is_empty() {
        return false;
    }
    if let Ok(exempt) = name.parse::<IpAddr>() {
        return address == Some(exempt.to_canonical());
    }
    if address.is_some() {
        return false;
    }
    // `*.x` and `.x` cover what is below x, `x` covers x too.
    match name.strip_prefix("*.").or_else(|| name.strip_prefix('.')) {
        Some(suffix) => host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')),
        None => host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')),
    }
}

/// A network of IPv4 addresses written as IPv6 is one of IPv4, as its addresses are.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else { return network };
    mapped
        .addr()
        .to_ipv4_mapped()
        .zip(mapped.prefix_len().checked_sub(96))
        .and_then(|(address, length)| Ipv4Net::new(address, length).ok())
        .map_or(network, IpNet::V4)
}

/// `host:port` or `[v6]:port`; an IPv6 address without brackets has no port.
fn split_port(text: &str) -> (&str, Option<&str>) {
    if let Some(rest) = text.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((host, port)) if port.starts_with(':') => {
                (host, port.get(1..).filter(|port| !port.is_empty()))
            }
            // Go takes brackets only together with a port.
            _ => (text, None),
        };
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port).filter(|port| !port.is_empty())),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
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
        ProxyVariables {
            https: https.map(str::to_owned),
            http: None,
            none: none.map(str::to_owned),
            cgi: false,
        }
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
        let recorded = include_str!("../../../../tests/fixtures/no_proxy/cases.jsonl");
        for line in recorded.lines() {
            let (exceptions, server, expected): (String, String, bool) =
                serde_json::from_str(line).expect("a case");
            assert_eq!(exempt(&exceptions, &server), expected, "{line}");
        }
    }
}
