//! Addresses and networks (`apiserver/pkg/cel/library/{ip,cidr}.go`, Go's `net/netip`).

use super::{Answer, Function, Run, cost, function, method};
use crate::core::schema::cel::value::{Failure, Value};
use crate::core::schema::text::quote;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) const FUNCTIONS: [Function; 16] = [
    function("ip", 1, Run::Plain(ip), cost::TRAVERSE),
    function("isIP", 1, Run::Plain(|values| of_text(values, |text| parse_ip(text).is_ok())), cost::TRAVERSE),
    function("ip.isCanonical", 1, Run::Plain(is_canonical), cost::TRAVERSE_TWICE),
    method("family", 1, Run::Plain(family), cost::ONE),
    method("isUnspecified", 1, Run::Plain(|values| of_ip(values, |ip| ip.is_unspecified())), cost::ONE),
    method("isLoopback", 1, Run::Plain(|values| of_ip(values, |ip| ip.is_loopback())), cost::ONE),
    method("isLinkLocalMulticast", 1, Run::Plain(|values| of_ip(values, is_link_local_multicast)), cost::ONE),
    method("isLinkLocalUnicast", 1, Run::Plain(|values| of_ip(values, is_link_local_unicast)), cost::ONE),
    method("isGlobalUnicast", 1, Run::Plain(|values| of_ip(values, is_global_unicast)), cost::ONE),
    function("cidr", 1, Run::Plain(cidr), cost::TRAVERSE),
    function(
        "isCIDR",
        1,
        Run::Plain(|values| of_text(values, |text| parse_cidr(text).is_ok())),
        cost::TRAVERSE,
    ),
    method("containsIP", 2, Run::Plain(contains_ip), cost::CONTAINS_IP),
    method("containsCIDR", 2, Run::Plain(contains_cidr), cost::CONTAINS_CIDR),
    method("ip", 1, Run::Plain(|values| of_cidr(values, |cidr| Value::Ip(cidr.address))), cost::ONE),
    method(
        "prefixLength",
        1,
        Run::Plain(|values| of_cidr(values, |cidr| Value::Int(cidr.bits.into()))),
        cost::ONE,
    ),
    method("masked", 1, Run::Plain(|values| of_cidr(values, |cidr| Value::Cidr(cidr.masked()))), cost::ONE),
];

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core::schema::cel) struct Cidr {
    address: IpAddr,
    /// Length of the prefix.
    pub(in crate::core::schema::cel) bits: u8,
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

impl Cidr {
    fn masked(self) -> Cidr {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        };
        Cidr { address, bits: self.bits }
    }

    fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && Cidr { address, bits: self.bits }.masked() == self.masked()
    }
}

fn of_text<'a>(values: &[Value<'a>], holds: fn(&str) -> bool) -> Answer<'a> {
    let [Value::Text(text)] = values else { return None };
    Some(Ok(Value::Bool(holds(text))))
}

fn of_ip<'a>(values: &[Value<'a>], holds: fn(&IpAddr) -> bool) -> Answer<'a> {
    let [Value::Ip(ip)] = values else { return None };
    Some(Ok(Value::Bool(holds(ip))))
}

fn of_cidr<'a>(values: &[Value<'a>], run: impl Fn(&Cidr) -> Value<'a>) -> Answer<'a> {
    let [Value::Cidr(cidr)] = values else { return None };
    Some(Ok(run(cidr)))
}

fn ip<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(text)] = values else { return None };
    Some(parse_ip(text).map(Value::Ip))
}

fn is_canonical<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(text)] = values else { return None };
    Some(parse_ip(text).map(|ip| Value::Bool(ip.to_string() == **text)))
}

fn family<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Ip(ip)] = values else { return None };
    Some(Ok(Value::Int(if ip.is_ipv4() { 4 } else { 6 })))
}

fn is_link_local_multicast(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.octets().starts_with(&[224, 0, 0]),
        IpAddr::V6(ip) => ip.segments().first().is_some_and(|first| first & 0xff0f == 0xff02),
    }
}

fn is_link_local_unicast(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.segments().first().is_some_and(|first| first & 0xffc0 == 0xfe80),
    }
}

fn is_global_unicast(ip: &IpAddr) -> bool {
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !(is_broadcast
        || ip.is_unspecified()
        || ip.is_loopback()
        || ip.is_multicast()
        || is_link_local_unicast(ip))
}

fn cidr<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(text)] = values else { return None };
    Some(parse_cidr(text).map(Value::Cidr))
}

fn contains_ip<'a>(values: &[Value<'a>]) -> Answer<'a> {
    Some(match values {
        [Value::Cidr(cidr), Value::Ip(ip)] => Ok(Value::Bool(cidr.contains(*ip))),
        [Value::Cidr(cidr), Value::Text(text)] => match parse_ip(text) {
            Ok(ip) => Ok(Value::Bool(cidr.contains(ip))),
            // The server forgets why.
            Err(Failure::Error(_)) => Err(Failure::no_overload()),
            Err(other) => Err(other),
        },
        _ => return None,
    })
}

fn contains_cidr<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let holds =
        |cidr: &Cidr, other: &Cidr| Value::Bool(cidr.bits <= other.bits && cidr.contains(other.address));
    Some(match values {
        [Value::Cidr(cidr), Value::Cidr(other)] => Ok(holds(cidr, other)),
        [Value::Cidr(cidr), Value::Text(text)] => parse_cidr(text).map(|other| holds(cidr, &other)),
        _ => return None,
    })
}

fn parse_ip(text: &str) -> Result<IpAddr, Failure> {
    let quoted = quote(text);
    if text.contains('%') && text.contains(':') {
        return Err(match text.split_once('%') {
            Some((address, zone)) if !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok() => {
                Failure::Error(format!("IP address {quoted} with zone value is not allowed"))
            }
            _ => Failure::NotEvaluated(format!("the address {text}")),
        });
    }
    match text.parse() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            Err(Failure::Error(format!("IPv4-mapped IPv6 address {quoted} is not allowed")))
        }
        Ok(address) => Ok(address),
        Err(_) => {
            let why = why_not(text).ok_or_else(|| Failure::NotEvaluated(format!("the address {text}")))?;
            let prefix = format!("IP Address {quoted} parse error during conversion from string");
            Err(Failure::Error(format!("{prefix}: ParseAddr({quoted}): {why}")))
        }
    }
}

/// What Go says of a text that is not an address; `None` for IPv6, whose many errors are not told apart here.
fn why_not(text: &str) -> Option<String> {
    match text.find(['.', ':', '%']).and_then(|at| text.get(at..=at)) {
        None => return Some("unable to parse IP".to_owned()),
        Some("%") => return Some("missing IPv6 address".to_owned()),
        Some(":") => return None,
        Some(_) => {}
    }
    let at = |index: usize| quote(text.get(index..).unwrap_or_default());
    let (mut value, mut digits, mut fields) = (0u32, 0, 0);
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Some("IPv4 field has octet with leading zero".to_owned());
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Some("IPv4 field has value >255".to_owned());
                }
            }
            b'.' => {
                let is_last = index + 1 == text.len();
                let is_double = index > 0 && text.as_bytes().get(index - 1) == Some(&b'.');
                if index == 0 || is_last || is_double {
                    return Some(format!("IPv4 field must have at least one digit (at {})", at(index)));
                }
                if fields == 3 {
                    return Some("IPv4 address too long".to_owned());
                }
                (value, digits, fields) = (0, 0, fields + 1);
            }
            _ => return Some(format!("unexpected character (at {})", at(index))),
        }
    }
    Some("IPv4 address too short".to_owned())
}

fn parse_cidr(text: &str) -> Result<Cidr, Failure> {
    let quoted = quote(text);
    let twice = "network address parse error during conversion from string: network address parse error during \
                 conversion from string";
    let refuse = |why: String| Failure::Error(format!("{twice}: netip.ParsePrefix({quoted}): {why}"));
    let Some((address, bits)) = text.rsplit_once('/') else { return Err(refuse("no '/'".to_owned())) };
    let address = match address.parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) => {
            let why = why_not(address).filter(|_| !address.contains(':'));
            let why = why.ok_or_else(|| Failure::NotEvaluated(format!("the network {text}")))?;
            return Err(refuse(format!("ParseAddr({}): {why}", quote(address))));
        }
    };
    let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (bits.len() > 1 && bits.starts_with('0')) {
        return Err(refuse(format!("bad bits after slash: {}", quote(bits))));
    }
    let limit = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.parse::<u8>().ok().filter(|bits| *bits <= limit);
    let bits = bits.ok_or_else(|| refuse("prefix length out of range".to_owned()))?;
    if matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some()) {
        let words = format!(
            "network address parse error during conversion from string: IPv4-mapped IPv6 address {quoted} is not \
             allowed"
        );
        return Err(Failure::Error(words));
    }
    Ok(Cidr { address, bits })
}
