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
mod tests;
