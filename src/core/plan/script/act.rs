//! Acts in the words of kubectl.

use super::shell::{arguments, quote};
use super::{Script, Source};
use crate::core::plan::check::Names;
use crate::core::plan::step::{Act, Asked, Denial, Expected, HttpAsk, Object};
use crate::core::plan::{RUN_LABEL, case::WEBHOOK};
use crate::core::text::plain;
use crate::core::yaml::to_yaml;
use serde_json::{Value, json};

/// What ends a manifest within the script.
const END: &str = "END_OF_MANIFEST";

impl Script {
    /// Does something, and says where its answer can be looked at.
    pub(super) fn act(&mut self, act: &Act, expected: &Expected, names: &Names) -> Source {
        match act {
            Act::Create(object, value) => self.create(object, value, expected, names),
            Act::Patch(object, patch) => {
                let (words, patch) = (arguments(object), quote(&patch.to_string()));
                self.send(
                    &format!("\"$KUBECTL\" patch {words} --type=merge -p {patch}"),
                    act,
                    expected,
                    object,
                )
            }
            Act::Delete(object) => {
                let words = arguments(object);
                let command = format!("\"$KUBECTL\" delete {words} --ignore-not-found --wait=false");
                self.send(&command, act, expected, object)
            }
            Act::DeleteAll(..) => match undo(act) {
                Some(command) => {
                    self.line(&command);
                    Source::Nowhere
                }
                None => Source::Nowhere,
            },
            Act::Read(object) => Source::Object(arguments(object)),
            Act::List(resource, namespace, selector) => {
                let mut words = resource.qualified();
                match (namespace, resource.namespaced) {
                    (Some(namespace), true) => words.push_str(&format!(" -n {}", quote(namespace))),
                    (None, true) => words.push_str(" -A"),
                    (_, false) => {}
                }
                selector.iter().for_each(|selector| words.push_str(&format!(" -l {}", quote(selector))));
                Source::List(words)
            }
            Act::ServerTime => Source::Time,
            Act::Ask(asked) => self.ask(asked),
            Act::Backend(ask) => self.backend(ask),
            Act::OriginForget
            | Act::OriginSeen
            | Act::BackendMemory
            | Act::ShimVersion(_)
            | Act::ShimBinary(_) => {
                self.by_hand(&act.to_string());
                Source::Nowhere
            }
        }
    }

    fn create(&mut self, object: &Object, value: &Value, expected: &Expected, names: &Names) -> Source {
        if let (Some(namespace), false) = (&object.namespace, self.namespace_made)
            && *namespace == names.namespace
        {
            self.namespace_made = true;
            let name = quote(namespace);
            self.line(&format!("name=$(see '{{.metadata.name}}' namespaces {name})"));
            self.line(&format!("[ -n \"$name\" ] || \"$KUBECTL\" create namespace {name}"));
        }
        let of = |namespace: &String| format!(" -n {}", quote(namespace));
        let namespace = object.namespace.as_ref().map(of).unwrap_or_default();
        let resource = object.resource.qualified();
        // One of an earlier run only: what no run has made is left alone.
        self.line(&format!(
            "\"$KUBECTL\" delete {resource}{namespace} -l {RUN_LABEL} --field-selector {} --ignore-not-found",
            quote(&format!("metadata.name={}", object.name))
        ));
        let manifest = manifest(object, value, names);
        self.line(&format!("cat >\"$work/manifest.yaml\" <<'{END}'\n{manifest}{END}"));
        let act = Act::Create(object.clone(), Value::Null);
        self.send("\"$KUBECTL\" create -f \"$work/manifest.yaml\"", &act, expected, object)
    }

    /// Sends a request whose answer may have to be a denial.
    fn send(&mut self, command: &str, act: &Act, expected: &Expected, object: &Object) -> Source {
        let words = plain(&act.to_string()).into_owned();
        let creates = matches!(act, Act::Create(..));
        match expected {
            Expected::Accepted => {
                self.line(&format!("answer=$({command} 2>&1) || {{"));
                let denied = quote(&format!("admission webhook \"{WEBHOOK}\" denied"));
                self.line(&format!("  if contains \"$answer\" {denied}; then end FAIL \"$answer\"; fi"));
                self.line("  end INCONCLUSIVE \"$answer\"\n}");
                if creates {
                    self.made(object, "");
                }
                Source::Object(arguments(object))
            }
            Expected::Any => {
                self.line(&format!("if answer=$({command} 2>&1); then"));
                self.line("  refused=");
                if creates {
                    self.made(object, "  ");
                }
                self.line("else refused=$answer; fi");
                Source::Answer(arguments(object))
            }
            Expected::Denied(denial) => {
                self.line(&format!("if answer=$({command} 2>&1); then"));
                if creates {
                    self.line(&format!("  {} || :", undo(&Act::Delete(object.clone())).unwrap_or_default()));
                }
                self.line(&format!("  end FAIL {}\nfi", quote(&format!("{words}: accepted"))));
                let prefix = quote(&format!("admission webhook \"{WEBHOOK}\" denied the request: "));
                self.line(&format!("contains \"$answer\" {prefix} || end INCONCLUSIVE \"$answer\""));
                let parts = match denial {
                    Denial::Exactly(errors) => errors,
                    Denial::Mentions(parts) => parts,
                };
                for part in parts {
                    let reason = "\"denied in other words: $answer\"";
                    self.line(&format!("contains \"$answer\" {} || end FAIL {reason}", quote(part)));
                }
                self.line("refused=$answer");
                Source::Answer(arguments(object))
            }
        }
    }

    /// An object is there, and goes in the end.
    fn made(&mut self, object: &Object, indent: &str) {
        let mark = self.mark(indent);
        self.deletions.extend(undo(&Act::Delete(object.clone())).map(|command| (mark, command)));
    }

    /// A question to a pod goes through the API server, which kubectl can do with its `--raw`.
    fn ask(&mut self, asked: &Asked) -> Source {
        let (namespace, selector) = (quote(&asked.namespace), quote(&asked.selector));
        let path = quote(asked.path.trim_start_matches('/'));
        if let Some(json) = &asked.json {
            self.line(&format!("printf '%s' {} >\"$work/question\"", quote(&json.to_string())));
        }
        self.line(&format!("deadline=$(($(date +%s) + {}))", asked.within.as_secs()));
        self.line("while :; do");
        self.line(&format!("  pod=$(see '{{.items[0].metadata.name}}' pods -n {namespace} -l {selector})"));
        self.line(&format!("  address=/api/v1/namespaces/{namespace}/pods/$pod:{}/proxy/{path}", asked.port));
        let command = match asked.json {
            Some(_) => "\"$KUBECTL\" create --raw \"$address\" -f \"$work/question\"",
            None => "\"$KUBECTL\" get --raw \"$address\"",
        };
        self.line(&format!("  if [ -n \"$pod\" ] && {command} >\"$work/body\"; then break; fi"));
        let reason = quote(&plain(&format!("{}: no answer in time", Act::Ask(asked.clone()))));
        self.line(&format!("  [ \"$(date +%s)\" -lt \"$deadline\" ] || end INCONCLUSIVE {reason}"));
        self.line("  sleep 1\ndone\nstatus=200");
        Source::Http
    }

    fn backend(&mut self, ask: &HttpAsk) -> Source {
        self.line(": \"${BACKEND:?set BACKEND to the address of the recipe backend}\"");
        let body = match &ask.json {
            Some(json) => {
                format!(" -H 'Content-Type: application/json' --data-binary {}", quote(&json.to_string()))
            }
            None => String::new(),
        };
        let redirects = match ask.redirects {
            0 => String::new(),
            most => format!(" -L --max-redirs {most}"),
        };
        self.line(&format!(
            "status=$(curl -sS --path-as-is -g --max-time {} -X {}{redirects}{body} -o \"$work/body\" -w '%{{http_code}}' \"$BACKEND\"{})",
            ask.within.as_secs().max(1),
            ask.method,
            quote(&ask.path)
        ));
        Source::Http
    }
}

/// What is done in the end, where kubectl can do it.
pub(super) fn undo(act: &Act) -> Option<String> {
    match act {
        Act::Delete(object) => {
            Some(format!("\"$KUBECTL\" delete {} --ignore-not-found --wait=false", arguments(object)))
        }
        Act::DeleteAll(resource, namespace, selector) => Some(format!(
            "\"$KUBECTL\" delete {} -n {} -l {} --ignore-not-found --wait=false",
            resource.qualified(),
            quote(namespace),
            quote(selector)
        )),
        Act::Patch(object, patch) => Some(format!(
            "\"$KUBECTL\" patch {} --type=merge -p {}",
            arguments(object),
            quote(&patch.to_string())
        )),
        _ => None,
    }
}

/// The object as it is sent, with the label of the run.
fn manifest(object: &Object, value: &Value, names: &Names) -> String {
    let mut value = value.clone();
    if let Some(members) = value.as_object_mut() {
        let given = std::mem::take(members);
        members.insert("apiVersion".to_owned(), object.resource.api_version().into());
        members.insert("kind".to_owned(), object.resource.kind.into());
        members.extend(given);
        let metadata = members.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.entry("name").or_insert_with(|| object.name.clone().into());
            if let Some(namespace) = &object.namespace {
                metadata.entry("namespace").or_insert_with(|| namespace.clone().into());
            }
            let labels = metadata.entry("labels").or_insert_with(|| json!({}));
            if let Some(labels) = labels.as_object_mut() {
                labels.insert(RUN_LABEL.to_owned(), names.run.clone().into());
            }
        }
    }
    let yaml = to_yaml(&value);
    // JSON on one line is YAML, too.
    if yaml.lines().any(|line| line.trim() == END) { format!("{value}\n") } else { yaml }
}
