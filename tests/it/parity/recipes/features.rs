//! Every feature of every recipe, put in and taken out.
//!
//! What must come out is computed here from the raw JSON: a changed command, of which the pod must carry exactly the flags.

use std::collections::BTreeMap;

use kubectl_airunway::core::recipe::{Documents, FeatureChoice, Request, SitePath};
use serde_json::Value;

use super::oracle::{Expected, expected, flags};
use super::site::{self, ROOT};
use super::variants::{all, request};
use super::walk::{Case, Judge, cases, check, resolved};

/// Flags with their values, `flag value` each, in order.
type Pairs = Vec<String>;

fn pairs(tokens: &Value) -> Pairs {
    let tokens = tokens.as_array().into_iter().flatten().map(|token| token.as_str().expect("it is text"));
    let tokens: Vec<&str> = tokens.collect();
    let mut pieces: Vec<Vec<&str>> = Vec::new();
    for token in tokens {
        match pieces.last_mut() {
            Some(piece) if !token.starts_with('-') => piece.push(token),
            _ => pieces.push(vec![token]),
        }
    }
    pieces.iter().flat_map(|piece| flags(piece)).collect()
}

fn name(pair: &str) -> &str {
    pair.split(' ').next().unwrap_or_default()
}

/// A recipe on one kind of hardware, with one strategy.
struct Scene<'a> {
    recipe: &'a Value,
    request: Request,
    path: String,
    rendering: &'a Value,
    variant: &'a Value,
    /// Names under which the hardware may be overridden.
    kinds: [String; 2],
}

/// What must become of a choice.
enum Outcome {
    /// The command has these pairs.
    Command(Pairs),
    /// A refusal, by reason.
    Refused(&'static str),
}

impl<'a> Scene<'a> {
    fn new(recipe: &'a Value, (request, path, rendering): Case<'a>) -> Self {
        let profile = &ROOT.1["hardware_profiles"][rendering["hardware"].as_str().unwrap()];
        let variants = &recipe["variants"];
        let own = &variants[rendering["variant"].as_str().unwrap()];
        let kinds = ["generation", "brand"].map(|kind| profile[kind].as_str().unwrap().to_lowercase());
        Self {
            recipe,
            request,
            path,
            rendering,
            variant: if own.is_null() { &variants["default"] } else { own },
            kinds,
        }
    }

    fn command(&self) -> Pairs {
        let argv = self.rendering["argv"].as_array().unwrap();
        pairs(&Value::from(argv[3..].to_vec()))
    }

    /// Modes of a feature with their arguments here, in the recipe's order.
    fn modes(&self, feature: &'a Value) -> Vec<(&'a str, &'a Value, Pairs)> {
        let arguments = |mode: &'a Value| {
            let over = self.kinds.iter().map(|kind| &mode["hardware_overrides"][kind]["args"]);
            pairs(over.into_iter().find(|args| args.is_array()).unwrap_or(&mode["args"]))
        };
        match feature["modes"].as_object() {
            None => vec![("", feature, arguments(feature))],
            Some(modes) => modes.iter().map(|(name, mode)| (name.as_str(), mode, arguments(mode))).collect(),
        }
    }

    fn is_open(&self, mode: &Value) -> bool {
        let variants = mode["variants"].as_array();
        let hardware = self.rendering["hardware"].as_str().unwrap();
        variants.is_none_or(|variants| variants.contains(&self.rendering["variant"]))
            && mode["hardware"][hardware] != "unsupported"
    }

    /// The mode to take when none is named.
    fn pick(&self, name: &str, feature: &'a Value) -> Option<&'a str> {
        let modes = self.modes(feature);
        let preferred = [&self.variant["default_modes"][name], &feature["default_mode"]];
        let preferred = preferred.into_iter().filter_map(Value::as_str);
        let mut names = preferred.chain(modes.iter().map(|(name, ..)| *name));
        names.find(|name| modes.iter().any(|(mode, value, _)| mode == name && self.is_open(value)))
    }

    /// The mode that is in the command, with its arguments.
    fn present(&self, feature: &'a Value) -> Option<(&'a str, Pairs)> {
        let command = self.command();
        let held = |pairs: &Pairs| !pairs.is_empty() && pairs.iter().all(|pair| command.contains(pair));
        let modes = self.modes(feature).into_iter().filter(|(_, _, pairs)| held(pairs));
        modes.map(|(mode, _, pairs)| (mode, pairs)).max_by_key(|(_, pairs)| pairs.len())
    }

    /// What the rest of the recipe wants.
    fn others(&self, name: &str) -> Pairs {
        let mut others = pairs(&self.recipe["model"]["base_args"]);
        others.extend(pairs(&self.variant["extra_args"]));
        for holder in [self.recipe, self.variant] {
            for kind in &self.kinds {
                others.extend(pairs(&holder["hardware_overrides"][kind]["extra_args"]));
            }
        }
        for (_, other) in self.features().filter(|(other, _)| *other != name) {
            others.extend(self.present(other).into_iter().flat_map(|(_, pairs)| pairs));
        }
        others
    }

    fn features(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.recipe["features"].as_object().into_iter().flatten()
    }

    fn add(&self, feature: &str, value: &'a Value, asked: Option<&'a str>) -> Outcome {
        let strategies = value["strategies"].as_array();
        if strategies.is_some_and(|strategies| !strategies.contains(&self.rendering["strategy"]))
            || !self.is_open(value)
        {
            return Outcome::Refused("feature-gate");
        }
        let Some(mode) = asked.or_else(|| self.pick(feature, value)) else {
            return Outcome::Refused("feature-gate");
        };
        let (_, is_open, wanted) = self.modes(value).into_iter().find(|(name, ..)| *name == mode).unwrap();
        if !self.is_open(is_open) {
            return Outcome::Refused("feature-gate");
        }
        let mut command = self.command();
        match self.present(value) {
            Some((present, _)) if present == mode => return Outcome::Command(command),
            Some((_, old)) => {
                let others = self.others(feature);
                command.retain(|pair| !old.contains(pair) || others.contains(pair));
            }
            None => {}
        }
        command.retain(|pair| !wanted.iter().any(|it| name(it) == name(pair)));
        command.extend(wanted);
        Outcome::Command(command)
    }

    fn remove(&self, feature: &str, value: &'a Value) -> Outcome {
        let mut command = self.command();
        let Some((_, pairs)) = self.present(value) else { return Outcome::Command(command) };
        let others = self.others(feature);
        let goes: Pairs = pairs.into_iter().filter(|pair| !others.contains(pair)).collect();
        let is_replaced = |pair: &String| others.iter().any(|other| name(other) == name(pair));
        if goes.is_empty() || goes.iter().any(is_replaced) {
            return Outcome::Refused("feature-conflict");
        }
        command.retain(|pair| !goes.contains(pair));
        Outcome::Command(command)
    }

    /// The rendering with another command.
    fn with(&self, command: &Pairs) -> Value {
        let mut rendering = self.rendering.clone();
        let argv = rendering["argv"].as_array_mut().unwrap();
        argv.truncate(3);
        for pair in command {
            let (flag, value) =
                pair.split_once(' ').map_or((pair.as_str(), None), |(flag, it)| (flag, Some(it)));
            argv.push(format!("--{flag}").into());
            argv.extend(value.map(Value::from));
        }
        rendering
    }
}

type Became = BTreeMap<(&'static str, &'static str), usize>;

/// Puts a feature in, in every mode, and takes it out.
fn judge_feature(stage: &Stage, scene: &Scene<'_>, name: &str, became: &mut Became) {
    let value = &scene.recipe["features"][name];
    let named =
        |mode: Option<&str>| FeatureChoice::Add { name: name.to_owned(), mode: mode.map(str::to_owned) };
    let mut choices = vec![
        ("add", named(None), scene.add(name, value, None)),
        ("remove", FeatureChoice::Remove { name: name.to_owned() }, scene.remove(name, value)),
    ];
    for (mode, ..) in scene.modes(value).into_iter().filter(|(mode, ..)| !mode.is_empty()) {
        choices.push(("mode", named(Some(mode)), scene.add(name, value, Some(mode))));
    }
    for (verb, choice, outcome) in choices {
        let typed = choice.to_string();
        let request = Request { features: vec![choice], force: true, ..scene.request.clone() };
        let answer = resolved(&request, &stage.documents);
        let outcome = match (outcome, answer) {
            (Outcome::Refused(reason), Err(got)) if reason == got => reason,
            (Outcome::Command(command), Ok(resolution)) => {
                let rendering = scene.with(&command);
                let Expected::Object(wanted) = expected(&rendering, &ROOT.1) else {
                    panic!("{request:?} still fits")
                };
                assert_eq!(resolution.features, [typed]);
                let same = sorted(command) == sorted(scene.command());
                check(&stage.judge, &resolution, &wanted, &(request, scene.path.clone(), &rendering));
                if same { "same" } else { "changed" }
            }
            (_, answer) => panic!("{request:?}: {answer:?}"),
        };
        *became.entry((verb, outcome)).or_default() += 1;
    }
}

fn sorted(mut pairs: Pairs) -> Pairs {
    pairs.sort();
    pairs
}

/// What a request is judged with.
struct Stage {
    judge: Judge,
    documents: Documents,
}

/// Features go in as their hardware and variant have them, and out without what others need.
#[test]
fn all_features_on_the_default_hardware() {
    let (all, stage) = (all(), Stage { judge: Judge::new(), documents: site::recipes() });
    let mut became = Became::new();
    for (path, recipe) in all.iter().filter(|(_, recipe)| recipe["recommended_command"].is_object()) {
        let rendering = &recipe["recommended_command"];
        let scene = Scene::new(recipe, (request(recipe), path.clone(), rendering));
        for (name, _) in scene.features() {
            match expected(rendering, &ROOT.1) {
                Expected::Refused(reason) => *became.entry(("any", reason)).or_default() += 1,
                Expected::Object(_) => judge_feature(&stage, &scene, name, &mut became),
            }
        }
    }
    let expected = Became::from([
        (("any", "multi-node"), 23),
        (("add", "changed"), 264),
        (("add", "same"), 463),
        (("mode", "changed"), 25),
        (("mode", "feature-gate"), 14),
        (("mode", "same"), 7),
        (("remove", "changed"), 453),
        // Their flag is one of the base command as well.
        (("remove", "feature-conflict"), 10),
        (("remove", "same"), 264),
    ]);
    assert_eq!(became, expected);
}

/// Whether what a feature does depends on hardware or strategy.
fn depends(feature: &Value) -> bool {
    let says = |value: &Value| {
        ["hardware_overrides", "hardware", "strategies"].iter().any(|it| !value[it].is_null())
    };
    says(feature) || feature["modes"].as_object().into_iter().flatten().any(|(_, mode)| says(mode))
}

/// Features that depend on hardware or strategy, on every one of the recipe's.
#[test]
fn features_that_depend_on_hardware_or_strategy_on_all_of_it() {
    let mut became = Became::new();
    let judge = Judge::new();
    let mut stage = Stage { judge, documents: site::recipes() };
    for model in site::models() {
        let recipe: Value = serde_json::from_slice(&model.recipe.1).expect("it is JSON");
        let features = recipe["features"].as_object().into_iter().flatten();
        let features: Vec<&String> =
            features.filter(|(_, value)| depends(value)).map(|(name, _)| name).collect();
        if features.is_empty() {
            continue;
        }
        let read = |(path, content): &(String, Vec<u8>)| {
            (path.clone(), serde_json::from_slice::<Value>(content).expect("it is JSON"))
        };
        let renderings: BTreeMap<String, Value> = model.renderings.iter().map(read).collect();
        for (path, rendering) in &renderings {
            stage.documents.insert(SitePath::new(path), rendering.clone());
        }
        for case in cases(&recipe, &model.recipe.0, &renderings) {
            let is_own = case.2["variant"] == recipe["recommended_command"]["variant"];
            if is_own && matches!(expected(case.2, &ROOT.1), Expected::Object(_)) {
                let scene = Scene::new(&recipe, case);
                features.iter().for_each(|name| judge_feature(&stage, &scene, name, &mut became));
            }
        }
    }
    let expected = Became::from([
        (("add", "changed"), 262),
        (("add", "feature-gate"), 4),
        (("add", "same"), 90),
        (("mode", "changed"), 257),
        (("mode", "feature-gate"), 111),
        (("mode", "same"), 90),
        (("remove", "changed"), 90),
        (("remove", "same"), 266),
    ]);
    assert_eq!(became, expected);
}
