//! IP addresses and networks as the server reads them: first in the lenient way of old releases, then strictly.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::node::Errors;

/// An address as old releases read it: numbers of IPv4 may begin with zeros.
pub(super) fn parse(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let mut octets = [0u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = part.trim_start_matches('0');
        *octet = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    }
    parts.next().is_none().then(|| IpAddr::V4(Ipv4Addr::from(octets)))
}

fn is_mapped(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// Checks an address; the address when it is one.
pub(super) fn check(text: &str, path: &str, errors: &mut Errors) -> Option<IpAddr> {
    let Some(address) = parse(text) else {
        errors.invalid(path, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        return None;
    };
    if text.parse::<IpAddr>().is_err() {
        errors.invalid(path, text, "must not have leading 0s");
        return None;
    }
    if is_mapped(&address) {
        errors.invalid(path, text, "must not be an IPv4-mapped IPv6 address");
        return None;
    }
    Some(address)
}

/// Checks a network, `ADDRESS/BITS`.
pub(super) fn check_network(text: &str, path: &str, errors: &mut Errors) {
    let read = || {
        let (address, bits) = text.split_once('/')?;
        let address = parse(address)?;
        let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u32 = Some(bits).filter(|_| is_number)?.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        (bits <= width).then_some((address, bits, width))
    };
    let Some((address, bits, width)) = read() else {
        return errors.invalid(path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    };
    let (shown, number) = text.split_once('/').unwrap_or_default();
    let value = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    let below = width - bits;
    let is_rest = |value: u128| below > 0 && value & (u128::MAX >> (128 - below)) != 0;
    let detail = if shown.parse::<IpAddr>().is_err() || number.len() > 1 && number.starts_with('0') {
        "must not have leading 0s in IP or prefix length"
    } else if is_mapped(&address) {
        "must not have an IPv4-mapped IPv6 address"
    } else if is_rest(value) {
        "must not have bits set beyond the prefix length"
    } else {
        return;
    };
    errors.invalid(path, text, detail);
}

/// An address outside of the cluster that is not special.
pub(super) fn check_external(address: &IpAddr, text: &str, path: &str, errors: &mut Errors) {
    let (is_local, is_local_group) = match address {
        IpAddr::V4(address) => (address.is_link_local(), matches!(address.octets(), [224, 0, 0, _])),
        IpAddr::V6(address) => {
            let first = address.segments()[0];
            (first & 0xffc0 == 0xfe80, first & 0xff0f == 0xff02)
        }
    };
    let rules = [
        (address.is_unspecified(), format!("may not be unspecified ({text})")),
        (address.is_loopback(), "may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned()),
        (is_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned()),
        (is_local_group, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned()),
    ];
    for (_, detail) in rules.into_iter().filter(|(is_broken, _)| *is_broken) {
        errors.invalid(path, text, detail);
    }
}
