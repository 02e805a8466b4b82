//! What the children of a ModelService are called (model-service.md section 3).

/// The most bytes of a Service's name and of a label's value.
pub(super) const LABEL_LIMIT: usize = 63;

/// A name as a DNS-1035 label, by the operator's own steps; it is never shortened.
pub(super) fn sanitised(name: &str) -> String {
    let mut clean = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        match letter {
            'a'..='z' | '0'..='9' => clean.push(letter),
            'A'..='Z' => clean.push(letter.to_ascii_lowercase()),
            // Runs of them become one.
            '.' | '_' | '-' if !clean.is_empty() && !clean.ends_with('-') => clean.push('-'),
            _ => {}
        }
    }
    let clean = clean.trim_matches('-');
    match clean.bytes().next() {
        None => "modelservice".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("m-{clean}"),
        Some(_) => clean.to_owned(),
    }
}

/// The name of the endpoint picker and of all that belongs to it.
pub(super) fn picker(name: &str) -> String {
    format!("{}-epp", sanitised(name))
}

/// The Secret with the token that may read the picker's metrics.
pub(super) fn token_secret(picker: &str) -> String {
    format!("{picker}-sa-metrics-reader-secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_as_the_operator_does() {
        for (name, clean) in [
            ("qwen3-0.6b-fp8-dynamic", "qwen3-0-6b-fp8-dynamic"),
            ("MyModel_1.0", "mymodel-1-0"),
            ("0.6b", "m-0-6b"),
            ("a..b", "a-b"),
            ("a/b", "ab"),
            ("a-/-b", "a-b"),
            ("---", "modelservice"),
            ("é", "modelservice"),
        ] {
            assert_eq!(sanitised(name), clean, "{name}");
        }
        assert_eq!(picker("0.6b"), "m-0-6b-epp");
    }
}
