//! What the Go programs of `tests/it/shims` do not show: other components, and answers that contradict each other.

use super::*;
use crate::core::shim::effect::{Effect, Missing};
use crate::core::shim::inspect::{Format, Module};
use crate::core::shim::settings::XSetting;

const ROOT: &str = "github.com/ai-runway/airunway";

fn report(modules: &[&str], effects: Vec<Effect>, settings: &[(&str, &str)]) -> BinaryReport {
    let module = |path: &&str| Module {
        path: format!("{ROOT}/{path}"),
        version: "(devel)".to_owned(),
        sum: String::new(),
        replace: None,
    };
    let setting = |(symbol, value): &(&str, &str)| XSetting {
        symbol: format!("{ROOT}/{symbol}"),
        value: (*value).to_owned(),
        overridden: false,
    };
    BinaryReport {
        format: Format::Elf,
        arch: "amd64".to_owned(),
        go_version: "go1.26.0".to_owned(),
        path: None,
        main: None,
        deps: modules.iter().map(module).collect(),
        settings: Vec::new(),
        ldflags: Some(settings.iter().map(setting).collect()),
        trimpath: false,
        stripped: false,
        effects,
    }
}

fn holds(symbol: &str, value: &str) -> Effect {
    Effect {
        symbol: format!("{ROOT}/{symbol}"),
        value: Some(value.to_owned()),
        how: Found::SymbolTable,
        set_at_start: Some(false),
        used_at_start: Some(true),
    }
}

fn lost(symbol: &str, missing: Missing) -> Effect {
    Effect { value: None, how: Found::NotFound(missing), ..holds(symbol, "") }
}

fn good() -> BinaryReport {
    let variable = "providers/vllm.shimVersion";
    report(&["providers/vllm"], vec![holds(variable, "v0.8.0")], &[(variable, "v0.8.0")])
}

fn versions(text: &str) -> Expectation {
    Expectation { versions: Some(VersionsEnv::parse(text).unwrap()), ..Expectation::default() }
}

#[test]
fn the_controller_is_judged_by_what_it_is_built_with() {
    let variable = "controller/internal/gateway.DefaultGAIEVersion";
    let built = |value: &str| report(&["controller"], vec![holds(variable, value)], &[(variable, value)]);
    let expect = versions("GAIE_VERSION=v1.5.0\n");
    let found = judge_binary(&built("v1.5.0"), &expect);
    assert_eq!((found.verdict, found.provider), (Verdict::Yes, None), "{}", found.reason);
    let found = judge_binary(&built("v1.4.0"), &expect);
    assert_eq!(found.verdict, Verdict::No);
    assert!(found.reason.contains("but GAIE_VERSION has v1.5.0"), "{}", found.reason);
    assert_eq!(judge_binary(&built("v1.5.0"), &Expectation::default()).verdict, Verdict::Unknown);
    let shim = Expectation { provider: Some("vllm".to_owned()), ..Expectation::default() };
    assert_eq!(judge_binary(&built("v1.5.0"), &shim).verdict, Verdict::No);
    // A shim that imports the controller's types is not a controller.
    let both = report(&["controller", "providers/vllm"], good().effects, &[]);
    assert_eq!(judge_binary(&both, &Expectation::default()).provider.as_deref(), Some("vllm"));
}

#[test]
fn what_is_no_shim_is_a_no_only_for_who_expects_one() {
    for modules in [&[][..], &["providers/vllm", "providers/llmd"]] {
        let found = judge_binary(&report(modules, Vec::new(), &[]), &Expectation::default());
        assert_eq!(found.verdict, Verdict::Unknown, "{}", found.reason);
        let expect = Expectation { provider: Some("vllm".to_owned()), ..Expectation::default() };
        assert_eq!(judge_binary(&report(modules, Vec::new(), &[]), &expect).verdict, Verdict::No);
    }
}

#[test]
fn a_version_that_cannot_be_seen_is_not_assumed() {
    let expect = versions("VLLM_VERSION=v0.9.0\n");
    let variable = "providers/vllm.VLLMVersion";
    let with = |effect: Effect, settings: &[(&str, &str)]| {
        let mut report = good();
        report.effects.push(effect);
        let more = self::report(&[], Vec::new(), settings).ldflags.unwrap();
        report.ldflags.as_mut().unwrap().extend(more);
        judge_binary(&report, &expect).verdict
    };
    assert_eq!(with(holds(variable, "v0.9.0"), &[]), Verdict::Yes);
    assert_eq!(with(lost(variable, Missing::NothingToLookFor), &[]), Verdict::Unknown);
    assert_eq!(with(lost(variable, Missing::Ambiguous), &[(variable, "v0.9.0")]), Verdict::Unknown);
    assert_eq!(with(lost(variable, Missing::NotWritten), &[(variable, "v0.9.0")]), Verdict::No);
    assert_eq!(with(lost(variable, Missing::Ambiguous), &[(variable, "v0.8.0")]), Verdict::No);
    let changed = Effect { set_at_start: Some(true), ..holds(variable, "v0.9.0") };
    assert_eq!(with(changed, &[]), Verdict::Unknown);
    // A release that pins nothing of this shim is not compared.
    assert_eq!(judge_binary(&good(), &versions("GAIE_VERSION=v1.5.0\n")).verdict, Verdict::Yes);
}

#[test]
fn a_binary_that_says_something_else_when_it_is_run_is_a_no() {
    let said = |text: &str| text.parse::<ReportedVersion>().unwrap();
    let run = |report: &BinaryReport, text: &str| judge_run(report, &Expectation::default(), &said(text));
    assert_eq!(run(&good(), "vllm-provider:v0.8.0").verdict, Verdict::Yes);
    let found = run(&good(), "vllm-provider:v0.7.0");
    assert_eq!(found.verdict, Verdict::No);
    assert_eq!(
        found.reason,
        "it reports vllm-provider:v0.7.0 when run, but the binary holds vllm-provider:v0.8.0"
    );
    assert_eq!(found.reported.as_deref(), Some("vllm-provider:v0.7.0"));
    // What could not be read is settled, in both directions.
    let mut unread = good();
    unread.effects = vec![lost("providers/vllm.shimVersion", Missing::Ambiguous)];
    assert_eq!(judge_binary(&unread, &Expectation::default()).verdict, Verdict::Unknown);
    assert_eq!(run(&unread, "vllm-provider:v0.8.0").verdict, Verdict::Yes);
    let found = run(&unread, "vllm-provider:dev");
    assert_eq!(found.verdict, Verdict::No);
    assert!(found.reason.starts_with("-X vllm.shimVersion=v0.8.0 had no effect: "), "{}", found.reason);
}

#[test]
fn tags_that_are_none_are_a_no() {
    for tag in ["a b", "", "vé"] {
        let variable = "providers/vllm.shimVersion";
        let report = report(&["providers/vllm"], vec![holds(variable, tag)], &[(variable, tag)]);
        let found = judge_binary(&report, &Expectation::default());
        assert_eq!(found.verdict, Verdict::No, "{tag:?}: {found:#?}");
    }
}

#[test]
fn a_value_that_no_build_sets_is_a_no() {
    let variable = "providers/vllm.shimVersion";
    let built = |value: &str| report(&["providers/vllm"], vec![holds(variable, value)], &[(variable, value)]);
    let found = judge_binary(&built("main-b0d3"), &Expectation::default());
    assert_eq!(found.verdict, Verdict::No, "{}", found.reason);
    let passed = found.checks.iter().find(|check| check.id == "V2").expect("a check of what was passed");
    assert_eq!(passed.verdict, Verdict::No, "{}", passed.text);
}
