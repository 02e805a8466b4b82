//! Ranges and multiples of numbers (`kube-openapi/pkg/validation/validate/values.go`).

use super::error::FieldError;
use super::format::whole;
use super::structural::{Schema, Type};
use super::text;
use super::validate::field;
use serde_json::Number;

pub(super) fn check(number: &Number, schema: &Schema, path: &str, errors: &mut Vec<FieldError>) {
    check_range(number, schema, path, errors);
    let Some(bounds) = &schema.bounds else { return };
    let value = number.as_f64().unwrap_or(f64::NAN);
    let is_whole = number.as_i64().is_some();
    let mut report = |relation: &str, bound: f64| {
        let bound = if is_whole { text::float_json(bound.trunc()) } else { text::float_verb(bound) };
        let shown = text::value(&number.clone().into());
        errors.push(FieldError::invalid(
            field(path),
            shown,
            format!("{path} in body should be {relation} {bound}"),
        ));
    };
    if let Some(factor) = bounds.multiple_of {
        let quotient = if factor < 1.0 { value * (1.0 / factor) } else { value / factor };
        if factor > 0.0 && (quotient - quotient.round()).abs() > 1e-9 {
            report("a multiple of", factor);
        }
    }
    // The library keeps this order: below the minimum before above the maximum.
    if let Some(minimum) = bounds.minimum {
        if bounds.exclusive_minimum && value <= minimum {
            report("greater than", minimum);
        } else if value < minimum {
            report("greater than or equal to", minimum);
        }
    }
    if let Some(maximum) = bounds.maximum {
        if bounds.exclusive_maximum && value >= maximum {
            report("less than", maximum);
        } else if value > maximum {
            report("less than or equal to", maximum);
        }
    }
}

/// Whether the number fits its type and format; the server pins this error to no field.
fn check_range(number: &Number, schema: &Schema, path: &str, errors: &mut Vec<FieldError>) {
    let (name, is_in_type) = match schema.types.single() {
        Some(Type::Integer) => ("integer", whole(number).is_some()),
        Some(Type::Number) => ("number", true),
        _ => return,
    };
    let fits_format = schema.format.as_ref().is_none_or(|format| format.holds(number));
    if is_in_type && fits_format {
        return;
    }
    let format = match &schema.format {
        Some(format) => format!(" with format {}", format.name),
        None => " (default format)".to_owned(),
    };
    let detail = format!("Checked value must be of type {name}{format} in {path}");
    errors.push(FieldError::invalid("<nil>", text::quote(""), detail));
}
