//! What operators were started with, where what they create depends on it: flags and variables under their own names.
//!
//! A kind declares its operator's inputs with [`Operator`]; what is known of them is [`OperatorValues`], and each value
//! says where it comes from. What is not known is assumed to be the default.

mod manifest;
mod parse;

pub use manifest::FromManifest;
pub use parse::Unknown;

use super::KINDS;

/// An operator and the inputs on which its children depend.
#[derive(Debug)]
pub struct Operator {
    /// What a key is prefixed with where several operators have it, for example `otterscale`.
    pub prefix: &'static str,
    /// What it is called in a sentence.
    pub name: &'static str,
    /// Its flags and variables, in the order in which its help has them.
    pub inputs: &'static [Input],
    /// Beginnings of further keys, of which nobody can list all: `RELATED_IMAGE_`.
    pub families: &'static [&'static str],
    /// The input that is the release of the operator and no flag: the tag of its image.
    pub version: Option<&'static str>,
    /// The last part of the repository of its image, which its Deployment is told by too.
    pub image: &'static str,
    /// The selector of its Deployment.
    pub selector: &'static str,
}

/// One input.
#[derive(Debug)]
pub struct Input {
    /// The operator's own name of it, without dashes.
    pub key: &'static str,
    /// What it takes.
    pub kind: InputType,
    /// What counts where it is not given; `None` for the release that is judged by.
    pub default: Option<&'static str>,
    /// What it is for, in half a line.
    pub about: &'static str,
}

/// What an input takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputType {
    /// Any text.
    Text,
    /// A truth value as Go reads it.
    Flag,
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag of this program.
    Flag,
    /// A file, by the name that was given.
    File(String),
    /// The operator's Deployment in the cluster, `namespace/name`.
    Cluster(String),
    /// Nobody said it: the default of the operator's release.
    Assumed,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Flag => formatter.write_str("--operator"),
            Origin::File(name) => formatter.write_str(name),
            Origin::Cluster(name) => write!(formatter, "Deployment {name}"),
            Origin::Assumed => formatter.write_str("assumed"),
        }
    }
}

/// A value that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Given {
    operator: &'static str,
    key: String,
    value: String,
    origin: Origin,
}

/// What is known of the inputs of all operators.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorValues {
    given: Vec<Given>,
}

/// One input with its value, for a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The key.
    pub key: String,
    /// The value; `None` for the release that is judged by.
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// Every operator whose inputs are known, once.
pub fn operators() -> impl Iterator<Item = &'static Operator> {
    let mut seen: Vec<&str> = Vec::new();
    KINDS.iter().filter_map(|kind| kind.operator()).filter(move |operator| {
        let is_new = !seen.contains(&operator.prefix);
        seen.push(operator.prefix);
        is_new
    })
}

/// What a flag says counts before a file, and a file before the cluster: [`OperatorValues::fill`] is called in that order.
impl OperatorValues {
    /// The value of an input: what was given, else the default; `None` for the release that is judged by.
    pub fn get<'a>(&'a self, operator: &Operator, key: &str) -> Option<&'a str> {
        let default =
            || operator.inputs.iter().find(|input| input.key == key).and_then(|input| input.default);
        self.given(operator, key).map(|given| given.value.as_str()).or_else(default)
    }

    fn given(&self, operator: &Operator, key: &str) -> Option<&Given> {
        self.given.iter().find(|given| given.operator == operator.prefix && given.key == key)
    }

    /// The values of the keys of a family, without its beginning.
    pub fn family<'a>(
        &'a self,
        operator: &'a Operator,
        family: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let own = self.given.iter().filter(|given| given.operator == operator.prefix);
        own.filter_map(move |given| Some((given.key.strip_prefix(family)?, given.value.as_str())))
    }

    /// Whether nothing was given.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Adds what a weaker source says: what is known already stays.
    pub fn fill(&mut self, weaker: OperatorValues) {
        for given in weaker.given {
            let is_known =
                self.given.iter().any(|own| own.operator == given.operator && own.key == given.key);
            if !is_known {
                self.given.push(given);
            }
        }
    }

    /// Every input of an operator with its value and where that comes from.
    pub fn told(&self, operator: &Operator) -> Vec<Told> {
        let of = |key: &str, default: Option<&str>| match self.given(operator, key) {
            Some(Given { value, origin, .. }) => {
                Told { key: key.to_owned(), value: Some(value.clone()), origin: origin.clone() }
            }
            None => Told { key: key.to_owned(), value: default.map(str::to_owned), origin: Origin::Assumed },
        };
        let mut told: Vec<Told> = operator.inputs.iter().map(|input| of(input.key, input.default)).collect();
        let is_input = |key: &str| operator.inputs.iter().any(|input| input.key == key);
        let own = self.given.iter().filter(|given| given.operator == operator.prefix);
        told.extend(own.filter(|given| !is_input(&given.key)).map(|given| of(&given.key, None)));
        told
    }

    /// What is assumed of an operator of that release, in one line for people; `None` when everything was given.
    pub fn assumption(&self, operator: &Operator, release: &str) -> Option<String> {
        let told = self.told(operator);
        let assumed: Vec<&str> =
            told.iter().filter(|told| told.origin == Origin::Assumed).map(|told| told.key.as_str()).collect();
        let name = operator.name;
        match (assumed.len(), told.len()) {
            (0, _) => None,
            (some, all) if some == all => {
                Some(format!("{name}: assumed to be {release} and started with its defaults"))
            }
            _ => Some(format!("{name}: of {release} the defaults are assumed for {}", assumed.join(", "))),
        }
    }
}

#[cfg(test)]
mod tests;
