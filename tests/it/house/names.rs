//! A name lives in its folder: what only one kind or one provider knows is not named elsewhere.
//!
//! Each list names the places that may, with how often. A count that grows fails, and so does
//! one that has shrunk: the line is corrected or goes.

use std::collections::BTreeMap;

use super::house;
use super::source::Source;

/// A name, where it lives, and the places that are still to be emptied.
struct Wall {
    name: &'static str,
    /// The folder in which the name is at home.
    home: &'static str,
    /// How often a source says the name.
    count: fn(&Source, &str) -> usize,
    /// Files outside, with how often each says it.
    elsewhere: &'static [(&'static str, usize)],
}

/// String literals that are the name and nothing else.
fn as_a_literal(source: &Source, name: &str) -> usize {
    source.literals().iter().filter(|(_, literal)| literal == name).count()
}

/// The name in code or in texts, as part of a longer word too.
fn anywhere(source: &Source, name: &str) -> usize {
    let in_code: usize = source.lines().map(|(_, line)| line.matches(name).count()).sum();
    in_code + source.literals().iter().map(|(_, literal)| literal.matches(name).count()).sum::<usize>()
}

/// The test plan is about AI Runway and its providers, each by its name: it is a second home of all of them.
const PLAN: &str = "core/plan/";

const WALLS: [Wall; 10] = [
    Wall {
        name: "dynamo",
        home: "core/kind/model_deployment/provider/dynamo/",
        count: as_a_literal,
        elsewhere: &[],
    },
    Wall {
        name: "kaito",
        home: "core/kind/model_deployment/provider/kaito/",
        count: as_a_literal,
        elsewhere: &[],
    },
    Wall {
        name: "kuberay",
        home: "core/kind/model_deployment/provider/kuberay/",
        count: as_a_literal,
        elsewhere: &[],
    },
    Wall {
        name: "llmd",
        home: "core/kind/model_deployment/provider/llmd/",
        count: as_a_literal,
        elsewhere: &[],
    },
    // The engine has the same name.
    Wall {
        name: "vllm",
        home: "core/kind/model_deployment/provider/vllm/",
        count: as_a_literal,
        elsewhere: &[
            ("core/kind/model_deployment/object/engine.rs", 1),
            // So has a provider of inference.
            ("core/kind/ogx_server/providers.rs", 1),
            // So are a container and its command.
            ("core/kind/model_service/render/serving.rs", 2),
        ],
    },
    Wall {
        name: "ModelDeployment",
        home: "core/kind/model_deployment/",
        count: anywhere,
        elsewhere: &[
            // Flags and recipes author a ModelDeployment.
            ("commands/inputs/load.rs", 3),
            ("commands/recipe/diff.rs", 1),
            ("core/recipe/resolve/pd_cluster.rs", 1),
            // The line in the table.
            ("core/kind/mod.rs", 1),
        ],
    },
    Wall {
        name: "OGXServer",
        home: "core/kind/ogx_server/",
        count: anywhere,
        // It became OGXServer, and says so.
        elsewhere: &[
            ("core/kind/llama_stack/catalogue.rs", 3),
            ("core/kind/llama_stack/judge.rs", 2),
            ("core/kind/llama_stack/mod.rs", 1),
        ],
    },
    Wall {
        name: "LlamaStack",
        home: "core/kind/llama_stack/",
        count: anywhere,
        elsewhere: &[("core/kind/mod.rs", 1)],
    },
    Wall {
        name: "ModelService",
        home: "core/kind/model_service/",
        count: anywhere,
        // The line in the table.
        elsewhere: &[("core/kind/mod.rs", 1)],
    },
    Wall { name: "otterscale", home: "core/kind/model_service/", count: anywhere, elsewhere: &[] },
];

/// What is wrong with a wall, a line each.
fn faults(wall: &Wall, sources: &BTreeMap<String, Source>) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, source) in sources {
        if path.starts_with(wall.home) || path.starts_with(PLAN) {
            continue;
        }
        let count = (wall.count)(source, wall.name);
        let allowed = wall.elsewhere.iter().find(|(file, _)| file == path).map_or(0, |(_, count)| *count);
        if count > allowed {
            faults.push(format!("src/{path} says {:?} {count} times, {allowed} allowed", wall.name));
        } else if count < allowed {
            faults.push(format!(
                "the list allows src/{path} to say {:?} {allowed} times, it says it {count} times",
                wall.name
            ));
        }
    }
    let gone = wall.elsewhere.iter().filter(|(file, _)| !sources.contains_key(*file));
    faults.extend(
        gone.map(|(file, _)| format!("the list allows {:?} in src/{file}, which is not there", wall.name)),
    );
    faults
}

#[test]
fn a_name_lives_in_its_folder() {
    let sources = house();
    let faults: Vec<String> = WALLS.iter().flat_map(|wall| faults(wall, &sources)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_count_that_changed_is_told() {
    let wall = |elsewhere| Wall { name: "kaito", home: "core/kaito/", count: as_a_literal, elsewhere };
    let source = "// \"kaito\"\nconst A: &str = \"kaito\";\nconst B: &str = \"kaito-x\";\n#[cfg(test)]\nmod tests {\n    const C: &str = \"kaito\";\n}\n";
    let sources: BTreeMap<String, Source> =
        ["core/kaito/mod.rs", "ui/mod.rs"].map(|path| (path.to_owned(), Source::read(source))).into();
    assert_eq!(faults(&wall(&[("ui/mod.rs", 1)]), &sources), Vec::<String>::new());
    assert_eq!(faults(&wall(&[]), &sources), ["src/ui/mod.rs says \"kaito\" 1 times, 0 allowed"]);
    let stale = faults(&wall(&[("ui/mod.rs", 2), ("gone.rs", 1)]), &sources);
    assert_eq!(stale.len(), 2, "{stale:?}");
    let kind = Wall { name: "Kaito", home: "x/", count: anywhere, elsewhere: &[] };
    let sources =
        [("a.rs".to_owned(), Source::read("// Kaito\nfn is_a(x: &KaitoSpec) { say(\"a Kaito\") }"))].into();
    assert_eq!(faults(&kind, &sources), ["src/a.rs says \"Kaito\" 2 times, 0 allowed"]);
}
