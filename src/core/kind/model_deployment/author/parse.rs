//! The grammar of the flags that hold more than one value.

use super::members::{EnvEntry, EnvSource, Volume};
use serde_json::{Map, Value};

/// A flag value that does not fit its grammar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FlagError {
    /// What is wrong, with the value quoted.
    pub message: String,
}

impl FlagError {
    fn new(message: impl Into<String>) -> FlagError {
        FlagError { message: message.into() }
    }
}

/// A context length: a whole number, or one with an ending as vLLM reads it, `32k` for 32,000 and `32K` for 32,768.
///
/// # Errors
/// When it is something else, such as `auto`, which the field cannot hold.
pub fn parse_context_length(text: &str) -> Result<i64, FlagError> {
    const ENDINGS: [(char, i64); 4] = [('k', 1_000), ('K', 1 << 10), ('m', 1_000_000), ('M', 1 << 20)];
    if text == "-1" || text.eq_ignore_ascii_case("auto") {
        return Err(FlagError::new(format!(
            "the field spec.engine.contextLength holds numbers only; for vLLM's own choice write -- --max-model-len {text}"
        )));
    }
    let ending = ENDINGS.iter().find_map(|(ending, unit)| Some((text.strip_suffix(*ending)?, *unit)));
    let (number, unit) = ending.unwrap_or((text, 1));
    let whole = number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit));
    let not_a_number = || FlagError::new("not a whole number, such as 32768 or 32k");
    whole.or_else(|| decimal(number, unit)).ok_or_else(not_a_number)
}

/// `1.5` of a decimal unit, when it comes out whole.
fn decimal(number: &str, unit: i64) -> Option<i64> {
    let (whole, part) = number.split_once('.').filter(|_| unit % 10 == 0)?;
    let scale = 10_i64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let digits = format!("{whole}{part}").parse::<i64>().ok()?.checked_mul(unit)?;
    (digits % scale == 0).then_some(digits / scale)
}

/// `KEY=VALUE`; the value may be empty and may hold further `=`.
///
/// # Errors
/// When there is no `=` or the key is empty.
pub fn parse_key_value(text: &str) -> Result<(String, String), FlagError> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(FlagError::new(format!("{text:?} is not KEY=VALUE"))),
    }
}

/// `NAME=VALUE` or `NAME=secret:SECRET/KEY`.
///
/// # Errors
/// When the name is empty or a secret reference lacks its name or key.
pub fn parse_env(text: &str) -> Result<EnvEntry, FlagError> {
    let (name, value) = parse_key_value(text)
        .map_err(|_| FlagError::new("an environment variable is NAME=VALUE or NAME=secret:SECRET/KEY"))?;
    let source = match value.strip_prefix("secret:") {
        None => EnvSource::Value(value),
        Some(reference) => match reference.split_once('/') {
            Some((secret, key)) if !secret.is_empty() && !key.is_empty() && !key.contains('/') => {
                EnvSource::Secret { name: secret.to_owned(), key: key.to_owned() }
            }
            _ => {
                return Err(FlagError::new(format!(
                    "{name}=secret:... needs SECRET/KEY, for example {name}=secret:my-secret/token"
                )));
            }
        },
    };
    Ok(EnvEntry { name, source })
}

/// `KEY[=VALUE]:EFFECT`, as taints are written by `kubectl taint`; `:EFFECT` alone or an empty effect tolerate more, as in the API.
///
/// # Errors
/// When there is no `:` or the effect is unknown.
pub fn parse_toleration(text: &str) -> Result<Value, FlagError> {
    const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    let Some((taint, effect)) = text.rsplit_once(':') else {
        return Err(FlagError::new(format!("{text:?} is not KEY[=VALUE]:EFFECT")));
    };
    if !effect.is_empty() && !EFFECTS.contains(&effect) {
        return Err(FlagError::new(format!(
            "toleration effect {effect:?} must be one of {}",
            EFFECTS.join(", ")
        )));
    }
    let mut toleration = Map::new();
    let (key, value) = match taint.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (taint, None),
    };
    if key.is_empty() && value.is_some() {
        return Err(FlagError::new(format!("{text:?} has a value but no key")));
    }
    if !key.is_empty() {
        toleration.insert("key".to_owned(), key.into());
    }
    toleration.insert("operator".to_owned(), if value.is_some() { "Equal" } else { "Exists" }.into());
    if let Some(value) = value {
        toleration.insert("value".to_owned(), value.into());
    }
    if !effect.is_empty() {
        toleration.insert("effect".to_owned(), effect.into());
    }
    Ok(Value::Object(toleration))
}

/// `name=cache,purpose=modelCache,size=100Gi[,class=,mode=,path=,claim=,readonly]`.
///
/// # Errors
/// When a member is unknown or given twice, or there is no name.
pub fn parse_volume(text: &str) -> Result<Volume, FlagError> {
    const MEMBERS: &str = "name, purpose, size, class, mode, path, claim, readonly";
    let mut volume = Volume::default();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (key, value) = match part.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (part, None),
        };
        let slot = match key {
            "name" => &mut volume.name,
            "purpose" => &mut volume.purpose,
            "size" => &mut volume.size,
            "class" => &mut volume.storage_class,
            "mode" => &mut volume.access_mode,
            "path" => &mut volume.mount_path,
            "claim" => &mut volume.claim,
            "readonly" => {
                volume.read_only = match value.as_deref() {
                    None | Some("true") => Some(true),
                    Some("false") => Some(false),
                    Some(other) => {
                        return Err(FlagError::new(format!("readonly={other} is neither true nor false")));
                    }
                };
                continue;
            }
            _ => {
                return Err(FlagError::new(format!("unknown volume key {key:?}; keys: {MEMBERS}")));
            }
        };
        let Some(value) = value else {
            return Err(FlagError::new(format!("volume key {key} needs a value: {key}=...")));
        };
        if slot.replace(value).is_some() {
            return Err(FlagError::new(format!("volume key {key} is given twice")));
        }
    }
    if volume.name.is_none() {
        return Err(FlagError::new(
            "a volume needs a name, for example name=cache,purpose=modelCache,size=100Gi",
        ));
    }
    Ok(volume)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn environment_values_keep_further_equal_signs_and_may_be_empty() {
        assert_eq!(parse_env("A=b=c").unwrap().source, EnvSource::Value("b=c".into()));
        assert_eq!(parse_env("A=").unwrap().source, EnvSource::Value(String::new()));
        assert!(parse_env("=x").is_err());
        assert!(parse_env("A").is_err());
    }

    #[test]
    fn context_lengths_as_vllm_reads_them() {
        for (text, length) in
            [("4096", 4096), ("32k", 32_000), ("32K", 32_768), ("1.5k", 1_500), ("0", 0), ("-5", -5)]
        {
            assert_eq!(parse_context_length(text), Ok(length), "{text}");
        }
        for text in ["auto", "-1", "AUTO"] {
            let message = parse_context_length(text).unwrap_err().message;
            assert!(message.contains(&format!("-- --max-model-len {text}")), "{message}");
        }
        for text in ["", "k", "x", "1.5", "1.5K", "99999999999999999999", "9999999999999999k"] {
            assert!(parse_context_length(text).is_err(), "{text}");
        }
    }

    #[test]
    fn secret_references_need_both_parts() {
        assert_eq!(
            parse_env("T=secret:s/k").unwrap().source,
            EnvSource::Secret { name: "s".into(), key: "k".into() }
        );
        for bad in ["T=secret:", "T=secret:s", "T=secret:/k", "T=secret:s/", "T=secret:a/b/c"] {
            assert!(parse_env(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tolerations_follow_the_taint_grammar() {
        assert_eq!(
            parse_toleration("nvidia.com/gpu=present:NoSchedule").unwrap(),
            json!({"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"})
        );
        assert_eq!(parse_toleration("spot:").unwrap(), json!({"key": "spot", "operator": "Exists"}));
        assert!(parse_toleration("spot").is_err());
        assert!(parse_toleration("spot:Never").unwrap_err().message.contains("NoExecute"));
    }

    #[test]
    fn volumes_name_the_member_that_is_wrong() {
        let volume = parse_volume("name=c,purpose=modelCache,size=1Gi,readonly").unwrap();
        assert_eq!(volume.read_only, Some(true));
        assert_eq!(volume.size.as_deref(), Some("1Gi"));
        assert!(parse_volume("name=c,siz=1Gi").unwrap_err().message.contains("\"siz\""));
        assert!(parse_volume("name=c,name=d").unwrap_err().message.contains("twice"));
        assert!(parse_volume("size=1Gi").is_err());
    }
}
