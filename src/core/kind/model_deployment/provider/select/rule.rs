//! Selection rules: CEL, evaluated as cel-go does with one dynamic variable `spec` and the standard library.
//!
//! A rule that does not compile, fails, or answers something else than a boolean is ignored (airunway-providers.md section 2.2).
//! Rules come from a cluster, so they are bounded: by length, because the library's parser recurses, and by macros, because nested
//! loops over a list cost its length to the power of their number.

use super::RuleResult;
use crate::core::kind::model_deployment::object::SelectionRule;
use cel::{Context, Env, Program};
use serde_json::{Number, Value};
use std::sync::{Arc, LazyLock, OnceLock};

/// Longest rule that is run, in bytes.
const MAX_LENGTH: usize = 4096;
/// Up to this length a rule cannot exhaust an ordinary stack; longer ones get a thread with a large one.
const INLINE_LENGTH: usize = 512;
/// Stack of that thread, in bytes: room for a sum of 2,000 terms without optimization; only what is used is ever allocated.
const STACK: usize = 128 << 20;
/// Most loops (`all`, `exists`, `map`, ...) in one rule.
const MAX_LOOPS: usize = 2;
const LOOPS: [&str; 5] = [".all(", ".exists(", ".exists_one(", ".map(", ".filter("];

/// A rule, compiled when it is first needed.
pub(super) struct Rule {
    condition: String,
    priority: i64,
    /// Why it is not run at all.
    refused: Option<String>,
    compiled: OnceLock<Result<Program, String>>,
}

impl Rule {
    pub(super) fn new(rule: &SelectionRule) -> Rule {
        Rule {
            condition: rule.condition.clone(),
            priority: i64::from(rule.priority.unwrap_or(0)),
            refused: refused(&rule.condition),
            compiled: OnceLock::new(),
        }
    }

    fn run(&self, context: &Context<'_, '_>) -> Result<bool, String> {
        let program =
            self.compiled.get_or_init(|| compile(&self.condition)).as_ref().map_err(Clone::clone)?;
        match program.execute(context) {
            Ok(cel::Value::Bool(answer)) => Ok(answer),
            Ok(_) => Err("does not answer true or false".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The variables of the rules for one object; made once, because turning a specification into CEL's values costs more than
/// most rules do.
pub(super) struct Variables {
    spec: Value,
    context: Result<Context<'static, 'static>, String>,
}

impl Variables {
    pub(super) fn new(spec: &Value) -> Variables {
        let spec = with_doubles(spec);
        Variables { context: context(&spec), spec }
    }
}

/// The standard library, which costs more to set up than the rules of an object do to run.
static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

fn context(spec: &Value) -> Result<Context<'static, 'static>, String> {
    let mut context = Context::with_env(Arc::clone(&STANDARD));
    match context.add_variable("spec", spec) {
        Ok(()) => Ok(context),
        Err(error) => Err(format!("the specification cannot be given to the rule: {error}")),
    }
}

/// Runs the rules of one provider.
pub(super) fn evaluate(rules: &[Rule], variables: &Variables) -> Vec<RuleResult> {
    let Variables { spec, context: prepared } = variables;
    let run = |rule: &Rule| match (&rule.refused, prepared) {
        (Some(why), _) | (None, Err(why)) => Err(why.clone()),
        (None, Ok(prepared)) if rule.condition.len() <= INLINE_LENGTH => rule.run(prepared),
        // A context does not go from one thread to another.
        (None, Ok(_)) => with_large_stack(|| rule.run(&context(spec)?)),
    };
    rules
        .iter()
        .map(|rule| RuleResult {
            condition: rule.condition.clone(),
            priority: rule.priority,
            result: run(rule),
        })
        .collect()
}

fn refused(condition: &str) -> Option<String> {
    if condition.len() > MAX_LENGTH {
        return Some(format!("is longer than {MAX_LENGTH} bytes and was not run"));
    }
    let blankless: String = condition.chars().filter(|character| !character.is_whitespace()).collect();
    let loops: usize = LOOPS.iter().map(|name| blankless.matches(name).count()).sum();
    (loops > MAX_LOOPS).then(|| format!("has more than {MAX_LOOPS} loops and was not run"))
}

fn with_large_stack(run: impl FnOnce() -> Result<bool, String> + Send) -> Result<bool, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        match thread.map(|thread| thread.join()) {
            Ok(Ok(answer)) => answer,
            _ => Err("could not be run".to_owned()),
        }
    })
}

fn compile(condition: &str) -> Result<Program, String> {
    Program::compile(condition).map_err(|_| "does not compile".to_owned())
}

/// Every number as a double, which is what Go's decoder makes of JSON.
fn with_doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            number.as_f64().and_then(Number::from_f64).map_or_else(|| value.clone(), Value::Number)
        }
        Value::Array(items) => items.iter().map(with_doubles).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(key, value)| (key.clone(), with_doubles(value))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(condition: &str, spec: Value) -> Result<bool, String> {
        let rule = Rule::new(&SelectionRule { condition: condition.to_owned(), ..SelectionRule::default() });
        evaluate(&[rule], &Variables::new(&spec)).remove(0).result
    }

    #[test]
    fn missing_keys_are_errors_and_has_needs_its_parents() {
        let gpu = json!({"resources": {"gpu": {"count": 2}}, "engine": {"type": "vllm"}});
        assert_eq!(
            run(
                "has(spec.resources.gpu) && spec.resources.gpu.count > 1 && spec.engine.type == 'vllm'",
                gpu.clone()
            ),
            Ok(true)
        );
        assert_eq!(run("spec.resources.gpu.count == 2", gpu.clone()), Ok(true));
        assert!(
            run("!has(spec.resources.gpu) || spec.resources.gpu.count == 0", json!({"engine": {}})).is_err()
        );
        assert_eq!(
            run(
                "!has(spec.resources.gpu) || spec.resources.gpu.count == 0",
                json!({"resources": {"cpu": "1"}})
            ),
            Ok(true)
        );
        assert_eq!(run("has(spec.serving) && spec.serving.mode == 'disaggregated'", json!({})), Ok(false));
        assert_eq!(run("spec.nothing.there || true", gpu.clone()), Ok(true));
        assert_eq!(run("spec.nothing.there && false", gpu), Ok(false));
    }

    #[test]
    fn what_is_no_boolean_does_not_count() {
        assert!(run("spec", json!({})).is_err());
        assert!(run("1 +", json!({})).is_err());
    }

    #[test]
    fn rules_that_could_explode_are_not_run() {
        assert!(run(&"1+".repeat(3000), json!({})).unwrap_err().contains("4096"));
        let loops = "spec.l.all(a, spec.l.all(b, spec.l. all(c, true)))";
        assert!(run(loops, json!({"l": [1]})).unwrap_err().contains("loops"));
        // The longest that is run, on a stack of its own.
        let long = format!("{}1 == 2000.0", "1+".repeat(1999));
        assert!(long.len() <= MAX_LENGTH);
        assert_eq!(run(&long, json!({})), Ok(true));
    }

    #[test]
    fn numbers_are_doubles_at_every_depth() {
        let spec = json!({"resources": {"gpu": {"count": 3}}});
        assert_eq!(run("spec.resources.gpu.count / 2.0 == 1.5", spec), Ok(true));
    }
}
