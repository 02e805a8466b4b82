//! Every check is green in its world, and says what is wrong in one where something is.

use super::player::play;
use super::world::World;
use super::worlds::green;
use kubectl_airunway::core::plan::{Check, Names, Outcome, Verdict, checks};

/// The names of every record.
pub fn names() -> Names {
    Names {
        run: "t1".to_owned(),
        namespace: "vllm-test".to_owned(),
        system: "airunway-system".to_owned(),
        owns_namespace: false,
        expected_tag: None,
        allow_dev: false,
    }
}

fn outcome(id: &str, world: &World) -> Outcome {
    let check = checks::find(id).unwrap_or_else(|| panic!("{id}"));
    play(check, &names(), &world.entries).0
}

/// The verdict on a healthy AI Runway of today, with its open findings.
fn healthy(check: &Check) -> Verdict {
    match check.id {
        "7" | "X4" | "X5" => Verdict::KnownFinding,
        "10" => Verdict::Fixed,
        _ => Verdict::Pass,
    }
}

/// The ids whose worlds are here; those of other suites have their own.
fn ours(check: &&'static Check) -> bool {
    !matches!(check.id, "P7" | "11a" | "11b" | "11c" | "12")
}

#[test]
fn a_healthy_ai_runway_is_green() {
    let mut wrong = Vec::new();
    for check in checks::all().filter(ours) {
        let outcome = outcome(check.id, &green(check.id));
        if outcome.verdict != healthy(check) {
            wrong.push(format!(
                "{}: {}: {}\n{:#?}",
                check.id,
                outcome.verdict.word(),
                outcome.reason,
                outcome.broken
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
