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
    // Whole numbers are compared with bounds whose fraction the library cuts off.
    let cut = |bound: f64| if is_whole { bound.trunc() } else { bound };
    let mut report = |relation: &str, bound: f64| {
        let bound = if is_whole { text::float_json(bound) } else { text::float_verb(bound) };
        let shown = text::value(&number.clone().into());
        errors.push(FieldError::invalid(
            field(path),
            shown,
            format!("{path} in body should be {relation} {bound}"),
        ));
    };
    if let Some(factor) = bounds.multiple_of {
        let factor = if factor < 1.0 { factor } else { cut(factor) };
        let quotient = if factor < 1.0 { value * (1.0 / factor) } else { value / factor };
        if factor > 0.0 && (quotient - quotient.round()).abs() > 1e-9 {
            report("a multiple of", factor);
        }
    }
    // The library keeps this order: below the minimum before above the maximum.
    if let Some(minimum) = bounds.minimum.map(cut) {
        if bounds.exclusive_minimum && value <= minimum {
            report("greater than", minimum);
        } else if value < minimum {
            report("greater than or equal to", minimum);
        }
    }
    if let Some(maximum) = bounds.maximum.map(cut) {
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

#[cfg(test)]
mod tests {
    use crate::core::schema::{Schema, validate::validate};
    use serde_json::json;

    fn errors(schema: serde_json::Value, value: serde_json::Value) -> Vec<String> {
        let schema = json!({"type": "object", "properties": {"n": schema}});
        let schema = Schema::compile(&schema).expect("a valid schema");
        validate(&json!({"n": value}), None, &schema).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn bounds_are_those_of_the_server() {
        let fraction = json!({"type": "number", "minimum": 0.1, "maximum": 1.5});
        assert_eq!(errors(fraction.clone(), json!(0)), Vec::<String>::new());
        assert_eq!(
            errors(fraction.clone(), json!(0.05)),
            ["n: Invalid value: 0.05: n in body should be greater than or equal to 0.1"]
        );
        assert_eq!(
            errors(fraction, json!(2)),
            ["n: Invalid value: 2: n in body should be less than or equal to 1"]
        );
        let open = json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true, "format": "int32"});
        assert_eq!(
            errors(open.clone(), json!(0)),
            ["n: Invalid value: 0: n in body should be greater than 0"]
        );
        assert_eq!(
            errors(open, json!(3_000_000_000u32)),
            ["<nil>: Invalid value: \"\": Checked value must be of type integer with format int32 in n"]
        );
        assert_eq!(
            errors(json!({"type": "integer", "multipleOf": 5}), json!(7)),
            ["n: Invalid value: 7: n in body should be a multiple of 5"]
        );
    }
}
