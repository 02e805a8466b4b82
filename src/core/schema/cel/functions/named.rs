//! Named formats (`apiserver/pkg/cel/library/format.go`).

use super::{Answer, Function, Run, cost, function, method};
use crate::core::kubernetes::names;
use crate::core::schema::cel::go_url::request_uri;
use crate::core::schema::cel::value::Value;
use crate::core::schema::format::holds;

pub(super) const FUNCTIONS: [Function; 15] = [
    function("format.named", 1, Run::Plain(named), cost::ONE),
    method("validate", 2, Run::Plain(validate), cost::Cost::Before(validation)),
    function("format.dns1123Label", 0, Run::Plain(|_| constant("dns1123Label")), cost::ONE),
    function("format.dns1123Subdomain", 0, Run::Plain(|_| constant("dns1123Subdomain")), cost::ONE),
    function("format.dns1035Label", 0, Run::Plain(|_| constant("dns1035Label")), cost::ONE),
    function("format.qualifiedName", 0, Run::Plain(|_| constant("qualifiedName")), cost::ONE),
    function("format.dns1123LabelPrefix", 0, Run::Plain(|_| constant("dns1123LabelPrefix")), cost::ONE),
    function(
        "format.dns1123SubdomainPrefix",
        0,
        Run::Plain(|_| constant("dns1123SubdomainPrefix")),
        cost::ONE,
    ),
    function("format.dns1035LabelPrefix", 0, Run::Plain(|_| constant("dns1035LabelPrefix")), cost::ONE),
    function("format.labelValue", 0, Run::Plain(|_| constant("labelValue")), cost::ONE),
    function("format.uri", 0, Run::Plain(|_| constant("uri")), cost::ONE),
    function("format.uuid", 0, Run::Plain(|_| constant("uuid")), cost::ONE),
    function("format.byte", 0, Run::Plain(|_| constant("byte")), cost::ONE),
    function("format.date", 0, Run::Plain(|_| constant("date")), cost::ONE),
    function("format.datetime", 0, Run::Plain(|_| constant("datetime")), cost::ONE),
];

/// A format.
#[derive(Debug)]
pub(in crate::core::schema::cel) struct Format {
    key: &'static str,
    pub(in crate::core::schema::cel) name: &'static str,
    check: fn(&str) -> Vec<String>,
    /// Length of the regular expression that the server counts for it.
    pattern: u64,
}

static FORMATS: [Format; 13] = [
    Format { key: "dns1123Label", name: "DNS1123Label", check: names::label_errors, pattern: 30 },
    Format { key: "dns1123Subdomain", name: "DNS1123Subdomain", check: names::subdomain_errors, pattern: 60 },
    Format { key: "dns1035Label", name: "DNS1035Label", check: names::service_label_errors, pattern: 30 },
    Format { key: "qualifiedName", name: "QualifiedName", check: names::label_key_errors, pattern: 60 },
    Format {
        key: "dns1123LabelPrefix",
        name: "DNS1123LabelPrefix",
        check: |text| names::label_errors(&names::with_masked_dash(text)),
        pattern: 30,
    },
    Format {
        key: "dns1123SubdomainPrefix",
        name: "DNS1123SubdomainPrefix",
        check: |text| names::subdomain_errors(&names::with_masked_dash(text)),
        pattern: 60,
    },
    Format {
        key: "dns1035LabelPrefix",
        name: "DNS1035LabelPrefix",
        check: |text| names::service_label_errors(&names::with_masked_dash(text)),
        pattern: 30,
    },
    Format { key: "labelValue", name: "LabelValue", check: names::label_value_errors, pattern: 40 },
    Format {
        key: "uri",
        name: "URI",
        check: |text| request_uri(text).err().into_iter().collect(),
        pattern: 1103,
    },
    Format {
        key: "uuid",
        name: "uuid",
        check: |text| or(text, "uuid", "does not match the UUID format"),
        pattern: 70,
    },
    Format { key: "byte", name: "byte", check: |text| or(text, "byte", "invalid base64"), pattern: 84 },
    Format { key: "date", name: "date", check: |text| or(text, "date", "invalid date"), pattern: 71 },
    Format {
        key: "datetime",
        name: "datetime",
        check: |text| or(text, "datetime", "invalid datetime"),
        pattern: 71,
    },
];

/// The words for a text that is not of a format of the schema library.
fn or(text: &str, format: &str, words: &str) -> Vec<String> {
    if holds(format, text) { Vec::new() } else { vec![words.to_owned()] }
}

fn by_key(key: &str) -> Option<Value<'static>> {
    FORMATS.iter().find(|format| format.key == key).map(Value::Format)
}

fn constant<'a>(key: &str) -> Answer<'a> {
    by_key(key).map(Ok)
}

fn named<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Text(key)] = values else { return None };
    Some(Ok(by_key(key).map_or(Value::Optional(None), Value::some)))
}

fn validate<'a>(values: &[Value<'a>]) -> Answer<'a> {
    let [Value::Format(format), Value::Text(text)] = values else { return None };
    let errors = (format.check)(text);
    let answer = if errors.is_empty() { Value::Optional(None) } else { Value::some(Value::texts(errors)) };
    Some(Ok(answer))
}

fn validation(values: &[Value<'_>]) -> u64 {
    match values {
        [Value::Format(format), text] => cost::matching(text.size(), format.pattern),
        _ => 1,
    }
}
