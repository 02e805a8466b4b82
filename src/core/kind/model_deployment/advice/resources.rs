//! Quantities that are almost certainly not what was meant.

use super::{Found, Situation, rule, view};
use crate::core::kubernetes::quantity::Quantity;
use crate::core::schema::typed::read_quantity;

/// No engine and no model fits into less.
const LEAST: &str = "1Mi";

pub(super) fn check(situation: &Situation<'_>, found: &mut Found) {
    let Ok(least) = Quantity::parse(LEAST) else { return };
    let is_small = |quantity: &Quantity| !quantity.is_negative() && !quantity.is_zero() && *quantity < least;
    for path in [
        &["spec", "resources", "memory"][..],
        &["spec", "scaling", "prefill", "memory"],
        &["spec", "scaling", "decode", "memory"],
    ] {
        let text = view::text(situation.stored, path);
        if Quantity::parse(text).is_ok_and(|quantity| is_small(&quantity)) {
            say(text, &path.join("."), found);
        }
    }
    for (index, volume) in view::volumes(situation.stored).iter().enumerate() {
        let Some(size) = view::at(volume, &["size"]) else { continue };
        if read_quantity(size).is_ok_and(|quantity| is_small(&quantity)) {
            let text = size.as_str().map_or_else(|| size.to_string(), str::to_owned);
            say(&text, &format!("spec.model.storage.volumes[{index}].size"), found);
        }
    }
}

fn say(text: &str, path: &str, found: &mut Found) {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let message = format!("{text} is less than {LEAST}; without a unit the number counts bytes");
    match digits.trim_start_matches('0') {
        "" => found.add(&rule::QUANTITY_WITHOUT_UNIT, path, message),
        number => {
            found.add_with_hint(&rule::QUANTITY_WITHOUT_UNIT, path, message, format!("write {number}Gi"))
        }
    }
}
