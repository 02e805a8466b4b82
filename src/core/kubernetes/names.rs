//! Names, label keys and label values, judged in the API server's words
//! (`k8s.io/apimachinery/pkg/api/validate/content`, v0.36).
//!
//! Each `*_errors` function returns what the server would say about a value, in its order; nothing for a valid one.

/// Longest object name and DNS subdomain, in bytes.
pub const SUBDOMAIN_LIMIT: usize = 253;
/// Longest DNS label, label value and name part of a label key, in bytes.
pub const LABEL_LIMIT: usize = 63;

const LABEL_PATTERN: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_PATTERN: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// What is wrong with a DNS subdomain, the form of most object names.
pub fn subdomain_errors(name: &str) -> Vec<String> {
    subdomain_errors_counting(name, "characters")
}

/// The server counts characters in names and bytes in the prefixes of label keys.
fn subdomain_errors_counting(name: &str, unit: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if name.len() > SUBDOMAIN_LIMIT {
        errors.push(too_long(SUBDOMAIN_LIMIT, unit));
    }
    if !name.split('.').all(is_label_text) {
        errors.push(format!(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must \
             start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
             '{LABEL_PATTERN}(\\.{LABEL_PATTERN})*')"
        ));
    }
    errors
}

/// What is wrong with a DNS label, the form of namespaces and Services.
pub fn label_errors(name: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if name.len() > LABEL_LIMIT {
        errors.push(too_long(LABEL_LIMIT, "characters"));
    }
    if !is_label_text(name) {
        errors.push(if name.split('.').all(is_label_text) {
            "must not contain dots".to_owned()
        } else {
            format!(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start \
                 and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
                 '{LABEL_PATTERN}')"
            )
        });
    }
    errors
}

/// What is wrong with a DNS label that begins with a letter, the form of the names of Services.
pub fn service_label_errors(name: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if name.len() > LABEL_LIMIT {
        errors.push(too_long(LABEL_LIMIT, "characters"));
    }
    if !is_label_text(name) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        errors.push(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
             validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
                .to_owned(),
        );
    }
    errors
}

/// What is wrong with the key of a label (also: a finalizer; an annotation's key after lower-casing).
pub fn label_key_errors(key: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let name = match key.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(
                    subdomain_errors_counting(prefix, "bytes")
                        .into_iter()
                        .map(|error| format!("prefix part {error}")),
                );
            }
            *name
        }
        _ => {
            let pattern = qualified_pattern_error();
            return vec![format!(
                "a valid label key {pattern} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_LIMIT {
        errors.push(format!("name part {}", too_long(LABEL_LIMIT, "bytes")));
    }
    if !is_qualified_text(name) {
        errors.push(format!("name part {}", qualified_pattern_error()));
    }
    errors
}

/// What is wrong with the value of a label.
pub fn label_value_errors(value: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if value.len() > LABEL_LIMIT {
        errors.push(too_long(LABEL_LIMIT, "bytes"));
    }
    if !value.is_empty() && !is_qualified_text(value) {
        errors.push(format!(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must \
             start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
             validation is '({QUALIFIED_PATTERN})?')"
        ));
    }
    errors
}

/// A `generateName` as the server judges it: a trailing dash stands for the letters that it adds.
pub fn with_masked_dash(prefix: &str) -> String {
    match prefix.strip_suffix('-') {
        // The library cuts two bytes here, not one; on a character boundary only, as we hold text.
        Some(rest) if !rest.is_empty() => {
            let mut masked = rest.to_owned();
            masked.pop();
            masked.push('a');
            masked
        }
        _ => prefix.to_owned(),
    }
}

/// The object name that stands for a model when the user gives none: the last path segment of the model id, in lower
/// case, every run of other characters one `-`, at most 63 bytes, no dots. `None` when nothing usable is left.
pub fn object_name_from_model(model: &str) -> Option<String> {
    let segment = model.trim_end_matches('/').rsplit('/').next()?;
    let mut name = String::with_capacity(segment.len().min(LABEL_LIMIT));
    for character in segment.chars().map(|character| character.to_ascii_lowercase()) {
        if name.len() >= LABEL_LIMIT {
            break;
        }
        if character.is_ascii_alphanumeric() {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// Whether a text has the characters of a DNS label, of any length.
pub fn is_label_text(text: &str) -> bool {
    let inner = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let bytes = text.as_bytes();
    bytes.iter().all(inner) && bytes.first().is_some_and(|b| *b != b'-') && bytes.last() != Some(&b'-')
}

fn is_qualified_text(text: &str) -> bool {
    let outer = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let bytes = text.as_bytes();
    bytes.iter().all(inner) && outer(bytes.first()) && outer(bytes.last())
}

fn too_long(limit: usize, unit: &str) -> String {
    format!("must be no more than {limit} {unit}")
}

fn qualified_pattern_error() -> String {
    format!(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character \
         (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{QUALIFIED_PATTERN}')"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_objects_after_models() {
        for (model, name) in [
            ("Qwen/Qwen3-0.6B", Some("qwen3-0-6b")),
            ("meta-llama/Llama-3.2-1B-Instruct", Some("llama-3-2-1b-instruct")),
            ("org/m_x..y/", Some("m-x-y")),
            ("--a--", Some("a")),
            ("\u{e9}", None),
            ("", None),
            ("///", None),
        ] {
            assert_eq!(object_name_from_model(model).as_deref(), name, "{model}");
        }
        assert_eq!(object_name_from_model(&format!("o/{}-b", "x".repeat(62))), Some("x".repeat(62)));
    }

    #[test]
    fn speaks_as_the_server() {
        assert!(subdomain_errors("a.b-c.0").is_empty());
        assert_eq!(
            subdomain_errors("Upper"),
            [
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
                 must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                 '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ]
        );
        assert_eq!(subdomain_errors(&"a".repeat(254)), ["must be no more than 253 characters"]);
        assert_eq!(label_errors("a.b"), ["must not contain dots"]);
        assert_eq!(label_errors("").len(), 1);
        assert_eq!(label_key_errors("/x"), ["prefix part must be non-empty"]);
        assert_eq!(label_key_errors("").len(), 2);
        assert_eq!(label_key_errors("a/b/c").len(), 1);
        assert!(label_key_errors("airunway.ai/engine-type").is_empty());
        assert!(label_value_errors("").is_empty());
        assert_eq!(label_value_errors("-").len(), 1);
    }

    proptest! {
        #[test]
        fn default_names_are_valid(model in "\\PC{0,90}") {
            if let Some(name) = object_name_from_model(&model) {
                prop_assert!(label_errors(&name).is_empty(), "{name}");
            }
        }
    }
}
