//! A way out in the words of who wrote flags: where no file is, a hint that names a field names the flag that writes it.

use super::flag::{OF_FIELDS, OF_MAPS, SWITCHES};

/// What flags write beside single fields and maps, by how a hint or a finding calls it.
const OF_PARTS: [(&str, &str); 9] = [
    ("spec.scaling.prefill.gpu", "--prefill-gpus"),
    ("spec.scaling.decode.gpu", "--decode-gpus"),
    ("spec.scaling.prefill", "--prefill-gpus"),
    ("spec.scaling.decode", "--decode-gpus"),
    ("spec.resources.gpu", "--gpus"),
    ("spec.model.storage.volumes", "--volume"),
    ("spec.tolerations", "--toleration"),
    ("spec.env", "--env"),
    ("spec.provider.overrides", "--override"),
];

/// Members of a volume in an object, and the keys of `--volume` that write them.
const OF_VOLUMES: [(&str, &str); 5] = [
    ("mountPath", "path"),
    ("claimName", "claim"),
    ("readOnly", "readonly"),
    ("accessMode", "mode"),
    ("storageClassName", "class"),
];

/// The hint of a finding at `path`, for an object that flags alone describe.
pub fn hint_in_flags(path: &str, hint: &str) -> String {
    if hint.contains("(flag: ") {
        return hint.to_owned();
    }
    // A command that works on files has none to work on here.
    if hint.contains("kubectl airunway pin") {
        return "pin it: deploy with --pin=digest".to_owned();
    }
    if let Some(key) = path.strip_prefix("spec.engine.args.")
        && hint == format!("write {key} without a value: \"\"")
    {
        return format!("write --arg {key}");
    }
    let volume = path.starts_with("spec.model.storage.volumes[");
    let hint = if volume { in_keys(hint) } else { hint.to_owned() };
    let said = with_flags(&engine_arguments(&hint));
    if said.contains("--") || said.contains("kubectl ") {
        return said;
    }
    match flag_at(path) {
        Some(flag) => format!("{said} (flag: {flag})"),
        None => said,
    }
}

/// Names of members as keys of `--volume`.
fn in_keys(hint: &str) -> String {
    let word = |word: &str| {
        let name = word.trim_end_matches([',', '.']);
        let key = OF_VOLUMES.iter().find(|(member, _)| *member == name).map_or(name, |(_, key)| *key);
        format!("{key}{}", word.get(name.len()..).unwrap_or_default())
    };
    hint.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// `spec.engine.args: {NAME: "VALUE"}` as the flag that writes it.
fn engine_arguments(hint: &str) -> String {
    const OPEN: &str = "set spec.engine.args: {";
    let mut said = String::new();
    let mut rest = hint;
    while let Some((before, behind)) = rest.split_once(OPEN) {
        let Some((entry, after)) = behind.split_once('}') else { break };
        let (name, value) = entry.split_once(": ").unwrap_or((entry, ""));
        let value = value.trim_matches('"');
        let equals = if value.is_empty() { "" } else { "=" };
        said.push_str(&format!("{before}set --arg {name}{equals}{value}"));
        rest = after;
    }
    said + rest
}

/// Field paths as the flags that write them; `PATH: VALUE` and `PATH to NUMBER` become a flag and its value.
fn with_flags(hint: &str) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut words = hint.split(' ').peekable();
    while let Some(word) = words.next() {
        let path = word.trim_end_matches([',', ':', '.', ';']);
        let Some(flag) = flag_of_path(path) else {
            said.push(word.to_owned());
            continue;
        };
        let end = word.get(path.len()..).unwrap_or_default();
        said.push(if end == ":" { flag.to_owned() } else { format!("{flag}{end}") });
        let is_switch = SWITCHES.iter().any(|(field, _)| *field == path);
        if is_switch && end == ":" && words.peek() == Some(&"true") {
            words.next();
        }
        let mut ahead = words.clone();
        let number = ahead.next() == Some("to")
            && ahead.next().is_some_and(|word| word.starts_with(|letter: char| letter.is_ascii_digit()));
        if number {
            words.next();
        }
    }
    said.join(" ")
}

fn flag_of_path(path: &str) -> Option<&'static str> {
    let all = OF_FIELDS.iter().chain(&SWITCHES).chain(&OF_MAPS).chain(&OF_PARTS);
    all.clone().find(|(field, _)| *field == path).map(|(_, flag)| *flag)
}

/// The flag that writes the field that a finding is about.
fn flag_at(path: &str) -> Option<&'static str> {
    flag_of_path(path).or_else(|| {
        let below = |field: &str| path.strip_prefix(field).is_some_and(|rest| rest.starts_with(['.', '[']));
        OF_MAPS.iter().chain(&OF_PARTS).find(|(field, _)| below(field)).map(|(_, flag)| *flag)
    })
}

#[cfg(test)]
mod tests {
    use super::hint_in_flags;

    #[test]
    fn fields_become_the_flags_that_write_them() {
        for (path, hint, said) in [
            ("spec.resources.gpu.count", "set spec.resources.gpu.count: 1", "set --gpus 1"),
            (
                "spec.engine.extraArgs[0]",
                "set spec.resources.gpu.count to 2, set spec.engine.args: {tensor-parallel-size: \"1\"}, or lower the sizes",
                "set --gpus 2, set --arg tensor-parallel-size=1, or lower the sizes",
            ),
            (
                "spec.scaling",
                "set spec.scaling.prefill and spec.scaling.decode",
                "set --prefill-gpus and --decode-gpus",
            ),
            (
                "spec.engine.contextLength",
                "set spec.engine.contextLength to at least 1, or leave it out",
                "set --context-length to at least 1, or leave it out",
            ),
            (
                "spec.model.storage.volumes[0].mountPath",
                "set mountPath, or a purpose",
                "set path, or a purpose (flag: --volume)",
            ),
            (
                "spec.engine.args.enforce-eager",
                "write enforce-eager without a value: \"\"",
                "write --arg enforce-eager",
            ),
            (
                "spec.engine.image",
                "pin it: kubectl airunway pin -f FILE --write",
                "pin it: deploy with --pin=digest",
            ),
            ("metadata.name", "name it a-b", "name it a-b (flag: --name)"),
            ("spec.nodeSelector[a/b]", "use a label", "use a label (flag: --node-selector)"),
            ("spec.model.id", "write owner/name", "write owner/name"),
            ("spec.env[0]", "set A in spec.env (flag: --env A=b)", "set A in spec.env (flag: --env A=b)"),
        ] {
            assert_eq!(hint_in_flags(path, hint), said);
        }
    }
}
