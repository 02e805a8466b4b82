//! URLs as Go reads them (`net/url`), with its words for what is wrong.

use crate::core::schema::text::quote;
use std::net::IpAddr;

/// Characters of a path that stay as they are, beside letters and digits.
const PATH: &str = "-_.~$&+,/:;=@";
/// Further ones that need no escape where a path is written already.
const PATH_AS_WRITTEN: &str = "!$&'()*+,;=:@[]%";
const HOST: &str = "-_.~!$&'()*+,;=:[]<>\"";
const USER: &str = "-._:~!$&'()*+,;=%@";

/// A URL.
#[derive(Debug, Clone, Default)]
pub(super) struct GoUrl {
    /// Lower case.
    pub(super) scheme: String,
    /// With the port.
    pub(super) host: String,
    /// Escaped as it was written, or as Go would.
    pub(super) path: String,
    /// Without the question mark.
    pub(super) query: String,
    text: String,
}

impl GoUrl {
    /// The URL as Go prints it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Host without port and brackets.
    pub(super) fn hostname(&self) -> &str {
        let (host, _) = self.split_host();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// Port, or nothing.
    pub(super) fn port(&self) -> &str {
        self.split_host().1
    }

    fn split_host(&self) -> (&str, &str) {
        match self.host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
            _ => (&self.host, ""),
        }
    }

    /// Names and values of the query, in its order; what cannot be read is left out.
    pub(super) fn parameters(&self) -> Vec<(String, String)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';'));
        pairs
            .filter_map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let read = |text: &str| unescape(&text.replace('+', " ")).ok();
                Some((read(name)?, read(value)?))
            })
            .collect()
    }
}

/// Reads an absolute URL or path, as `url()` does: `ParseRequestURI`, then `Parse` for the fragment.
///
/// # Errors
/// Go's words.
pub(super) fn parse(text: &str) -> Result<GoUrl, String> {
    request_uri(text)?;
    let (before, fragment) = match text.split_once('#') {
        Some((before, fragment)) => (before, fragment),
        None => (text, ""),
    };
    let mut url = read(before, false).map_err(|why| format!("parse {}: {why}", quote(before)))?;
    if !fragment.is_empty() {
        unescape(fragment).map_err(|why| format!("parse {}: {why}", quote(text)))?;
        url.text.push('#');
        url.text.push_str(fragment);
    }
    Ok(url)
}

/// Whether a text is an absolute URL or path.
///
/// # Errors
/// Go's words.
pub(super) fn request_uri(text: &str) -> Result<GoUrl, String> {
    read(text, true).map_err(|why| format!("parse {}: {why}", quote(text)))
}

fn read(text: &str, via_request: bool) -> Result<GoUrl, String> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if text.is_empty() && via_request {
        return Err("empty url".to_owned());
    }
    if text == "*" {
        return Ok(GoUrl { path: "*".to_owned(), text: "*".to_owned(), ..GoUrl::default() });
    }
    let (scheme, rest) = split_scheme(text)?;
    let scheme = scheme.to_lowercase();
    let (mut rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let prefix = if scheme.is_empty() { String::new() } else { format!("{scheme}:") };
    let suffix = query.map(|query| format!("?{query}")).unwrap_or_default();
    let query = query.unwrap_or_default().to_owned();
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            let text = format!("{prefix}{rest}{suffix}");
            return Ok(GoUrl { scheme, query, text, ..GoUrl::default() });
        }
        if via_request {
            return Err("invalid URI for request".to_owned());
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut authority = "";
    let mut host = String::new();
    let has_authority = !scheme.is_empty() || (!via_request && !rest.starts_with("///"));
    if let Some(tail) = rest.strip_prefix("//").filter(|_| has_authority) {
        let end = tail.find('/').unwrap_or(tail.len());
        (authority, rest) = tail.split_at(end);
        host = read_authority(&scheme, authority)?;
    }
    let path = escaped_path(rest)?;
    let slashes = if authority.is_empty() { "" } else { "//" };
    let text = format!("{prefix}{slashes}{authority}{path}{suffix}");
    Ok(GoUrl { scheme, host, path, query, text })
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                return Ok((
                    text.get(..index).unwrap_or_default(),
                    text.get(index + 1..).unwrap_or_default(),
                ));
            }
            _ => break,
        }
    }
    Ok(("", text))
}

/// The host behind user and password.
fn read_authority(scheme: &str, authority: &str) -> Result<String, String> {
    let Some((user, host)) = authority.rsplit_once('@') else { return read_host(scheme, authority) };
    let host = read_host(scheme, host)?;
    if !user.chars().all(|c| c.is_ascii_alphanumeric() || USER.contains(c)) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    unescape(user)?;
    Ok(host)
}

fn read_host(scheme: &str, host: &str) -> Result<String, String> {
    let check_port = |port: &str| {
        let digits = port.strip_prefix(':').unwrap_or_default();
        if port.is_empty() || (port.starts_with(':') && digits.bytes().all(|byte| byte.is_ascii_digit())) {
            Ok(())
        } else {
            Err(format!("invalid port {} after host", quote(port)))
        }
    };
    match host.rfind('[') {
        Some(0) => {
            let Some(close) = host.rfind(']') else { return Err("missing ']' in host".to_owned()) };
            check_port(host.get(close + 1..).unwrap_or_default())?;
            let inner = host.get(1..close).unwrap_or_default();
            let address = unescape_host(inner.split('%').next().unwrap_or_default())?;
            match address.parse::<IpAddr>() {
                Ok(IpAddr::V6(_)) => {}
                Ok(IpAddr::V4(_)) => return Err("invalid IP-literal".to_owned()),
                Err(_) => {
                    return Err(format!("invalid host: ParseAddr({}): unable to parse IP", quote(inner)));
                }
            }
        }
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {
            let is_strict = matches!(scheme, "http" | "https");
            let colon = if is_strict { host.find(':') } else { host.rfind(':') };
            check_port(colon.and_then(|colon| host.get(colon..)).unwrap_or_default())?;
        }
    }
    unescape_host(host)
}

fn unescape_host(host: &str) -> Result<String, String> {
    for (index, character) in host.char_indices() {
        let tail = || host.get(index..index + 3).unwrap_or_else(|| host.get(index..).unwrap_or_default());
        if character == '%' {
            let high = tail().chars().nth(1).and_then(|digit| digit.to_digit(16));
            if high.is_some_and(|high| high < 8) && tail() != "%25" {
                return Err(format!("invalid URL escape {}", quote(tail())));
            }
        } else if character.is_ascii() && !character.is_ascii_alphanumeric() && !HOST.contains(character) {
            return Err(format!("invalid character {} in host name", quote(&character.to_string())));
        }
    }
    unescape(host)
}

/// Replaces `%41` and its kin.
fn unescape(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        bytes.extend_from_slice(before.as_bytes());
        let code = escape.get(1..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(code) = code else {
            let shown: String = escape.chars().take(3).collect();
            return Err(format!("invalid URL escape {}", quote(&shown)));
        };
        bytes.push(code);
        rest = escape.get(3..).unwrap_or_default();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A path with its escapes: as it was written, unless something in it has to be escaped.
fn escaped_path(path: &str) -> Result<String, String> {
    let plain = unescape(path)?;
    let is_fine = |c: char| c.is_ascii_alphanumeric() || PATH.contains(c) || PATH_AS_WRITTEN.contains(c);
    if path.chars().all(is_fine) {
        return Ok(path.to_owned());
    }
    let mut escaped = String::with_capacity(plain.len());
    for byte in plain.bytes() {
        let character = char::from(byte);
        if character.is_ascii_alphanumeric() || (byte.is_ascii() && PATH.contains(character)) {
            escaped.push(character);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(escaped)
}
