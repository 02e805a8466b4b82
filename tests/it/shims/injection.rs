//! What was injected, what came of it, and that the program itself agrees when it runs.

use super::programs::{PROVIDERS, Program, Source};
use kubectl_airunway::core::shim::{
    BinaryReport, BinaryVerdict, Effect, Expectation, Format, Found, Missing, Verdict, VersionsEnv, inspect,
    judge_binary,
};
use kubectl_airunway::io::binary::BinaryFile;

const TAG: &str = "v9.9.9-citest";

fn read(program: &Program) -> BinaryReport {
    let path = program.build();
    inspect(&BinaryFile::open(&path).unwrap()).unwrap_or_else(|error| panic!("{program:?}: {error}"))
}

/// The verdict, after the program itself was asked where it can be: what is said to be reported is what it reports.
fn judged(program: &Program, expect: &Expectation) -> BinaryVerdict {
    let verdict = judge_binary(&read(program), expect);
    if program.runs_here() {
        let runs = program.run();
        if let Some(reported) = &verdict.reported {
            assert_eq!(*reported, runs, "{program:?}: {verdict:#?}");
        }
        if let Some(tag) = &expect.tag {
            let is_right = runs == format!("vllm-provider:{tag}");
            let expected = if is_right { Verdict::Yes } else { Verdict::No };
            let fits = verdict.verdict == expected || verdict.verdict == Verdict::Unknown;
            assert!(fits, "{program:?} reports {runs}: {verdict:#?}");
        }
    }
    verdict
}

fn nothing() -> Expectation {
    Expectation::default()
}

fn tag(tag: &str) -> Expectation {
    Expectation { tag: Some(tag.to_owned()), ..nothing() }
}

fn dev() -> Expectation {
    Expectation { allow_dev: true, ..nothing() }
}

#[track_caller]
fn assert_verdict(program: &Program, expect: &Expectation, verdict: Verdict, reason: &str) -> BinaryVerdict {
    let found = judged(program, expect);
    assert_eq!(found.verdict, verdict, "{program:?}: {found:#?}");
    assert!(found.reason.contains(reason), "{:?} has not {reason:?}", found.reason);
    assert_eq!(found.hints.is_empty(), verdict == Verdict::Yes, "{:?}", found.hints);
    found
}

fn effect<'a>(report: &'a BinaryReport, name: &str) -> &'a Effect {
    let symbol = format!("{PROVIDERS}/vllm.{name}");
    report.effects.iter().find(|effect| effect.symbol == symbol).unwrap()
}

fn set(source: Source) -> Program {
    Program::new("vllm", source).set("shimVersion", TAG)
}

#[test]
fn a_tag_that_is_injected_well_is_what_is_reported() {
    let program = Program::vllm(TAG);
    for expect in [nothing(), tag(TAG)] {
        let found = assert_verdict(&program, &expect, Verdict::Yes, "by the symbol table");
        assert_eq!(found.reported.as_deref(), Some("vllm-provider:v9.9.9-citest"));
        assert_eq!(found.provider.as_deref(), Some("vllm"));
    }
    assert_verdict(&program, &tag("v9.9.8"), Verdict::No, "; expected v9.9.8");
    let other = Expectation { provider: Some("llmd".to_owned()), ..nothing() };
    assert_verdict(&program, &other, Verdict::No, "it is the shim of vllm; expected the shim of llmd");
    for published in ["main-b0d3fb775439", "v0.8.0"] {
        assert_verdict(&Program::vllm(published), &nothing(), Verdict::Yes, published);
    }
}

#[test]
fn the_build_record_is_read() {
    let report = read(&Program::vllm(TAG));
    assert!(report.go_version.starts_with("go1."), "{}", report.go_version);
    assert_eq!(report.path.as_deref(), Some("command-line-arguments"));
    assert_eq!(report.main, None);
    assert_eq!(report.deps.len(), 1);
    assert_eq!(
        (report.deps[0].path.as_str(), report.deps[0].version.as_str()),
        (&*format!("{PROVIDERS}/vllm"), "(devel)")
    );
    assert!(!report.stripped && !report.trimpath);
    let settings: Vec<(&str, &str)> =
        report.ldflags.iter().flatten().map(|set| (set.symbol.as_str(), set.value.as_str())).collect();
    let name = |variable: &str| format!("{PROVIDERS}/vllm.{variable}");
    assert_eq!(settings, [(&*name("VLLMVersion"), "cu130-nightly"), (&*name("shimVersion"), TAG)]);
    assert!(report.settings.contains(&("CGO_ENABLED".to_owned(), "0".to_owned())));
}

#[test]
fn a_shim_that_is_built_as_a_package_has_a_main_module() {
    let program = Program::vllm(TAG).of_package();
    let report = read(&program);
    assert_eq!(report.path, Some(format!("{PROVIDERS}/vllm/cmd")));
    assert_eq!(report.main.as_ref().map(|module| module.path.as_str()), Some(&*format!("{PROVIDERS}/vllm")));
    assert_eq!(report.provider(), Some("vllm"));
    assert_verdict(&program, &tag(TAG), Verdict::Yes, TAG);
    assert_verdict(&program.stripped(), &tag(TAG), Verdict::Yes, TAG);
}

#[test]
fn a_flag_that_did_nothing_is_a_no_with_and_without_symbols() {
    for source in [Source::Renamed, Source::AllConstant] {
        let found =
            assert_verdict(&set(source), &nothing(), Verdict::No, "had no effect: the binary has no such");
        assert_eq!(found.reported, None);
        assert_verdict(&set(source).stripped(), &nothing(), Verdict::No, "had no effect: no variable");
        assert_verdict(&set(source), &tag(TAG), Verdict::No, "had no effect");
    }
    // A constant tag in a text that is a variable: the text itself is in the binary.
    let found = assert_verdict(&set(Source::Constant), &nothing(), Verdict::No, "is the constant");
    assert_eq!(found.reported.as_deref(), Some("vllm-provider:v0.2.0"));
    assert_verdict(&set(Source::Constant).stripped(), &nothing(), Verdict::No, "had no effect");
}

#[test]
fn a_tag_that_the_program_replaces_is_a_no() {
    let why = "had no effect: the program sets the variable again when it starts";
    assert_verdict(&set(Source::SetAtStart), &nothing(), Verdict::No, why);
    assert_verdict(&set(Source::SetAtStart).stripped(), &nothing(), Verdict::No, why);
    assert_verdict(&set(Source::SetAtStart).target("linux", "arm64"), &nothing(), Verdict::No, why);
    // The variable is injected well and then not reported.
    let found = assert_verdict(&set(Source::Fixed), &nothing(), Verdict::No, "cannot set it");
    assert_eq!(found.reported.as_deref(), Some("vllm-provider:v0.1.0"));
    assert_verdict(
        &set(Source::Fixed).stripped(),
        &nothing(),
        Verdict::Unknown,
        "does not use it when it starts",
    );
}

#[test]
fn the_composite_is_no_target() {
    let program =
        Program::new("vllm", Source::Injected).set("ProviderVersion", "vllm-provider:v9.9.9-citest");
    let found =
        assert_verdict(&program, &nothing(), Verdict::No, "which the program computes when it starts");
    assert_eq!(found.reported.as_deref(), Some("vllm-provider:dev"));
    assert_verdict(
        &program.clone().stripped(),
        &nothing(),
        Verdict::No,
        "-X vllm.ProviderVersion, which the",
    );
    assert_verdict(&program, &dev(), Verdict::No, "-X vllm.ProviderVersion");
    // Another package's variable of the same name is none either; the linker says nothing about it.
    let elsewhere = Program::new("vllm", Source::Injected).link("-X main.shimVersion=v9.9.9-citest");
    assert_verdict(&elsewhere, &nothing(), Verdict::No, "-X main.shimVersion and none for vllm.shimVersion");
}

#[test]
fn of_two_flags_the_last_one_counts() {
    let program = Program::vllm("v1.0.0").set("shimVersion", TAG);
    let report = read(&program);
    let overridden: Vec<bool> = report.ldflags.iter().flatten().map(|setting| setting.overridden).collect();
    assert_eq!(overridden, [false, true, false]);
    let found = assert_verdict(&program, &tag(TAG), Verdict::Yes, TAG);
    assert!(
        found.checks.iter().any(|check| check.text.contains("after an earlier one with v1.0.0")),
        "{found:#?}"
    );
    assert_verdict(&program, &tag("v1.0.0"), Verdict::No, "; expected v1.0.0");
    assert_verdict(&program.stripped(), &tag(TAG), Verdict::Yes, TAG);
}

#[test]
fn a_trimmed_record_is_settled_by_the_string_and_by_nothing_else() {
    let program = Program::vllm(TAG).flag("-trimpath");
    let report = read(&program);
    assert!(report.trimpath && report.ldflags.is_none());
    assert_verdict(&program, &tag(TAG), Verdict::Yes, "by the symbol table");
    assert_verdict(&program, &tag("v1.0.0"), Verdict::No, "; expected v1.0.0");
    let found =
        assert_verdict(&program.stripped(), &tag(TAG), Verdict::Unknown, "neither a symbol table nor");
    assert!(found.checks.iter().any(|check| check.text.contains("-trimpath")), "{found:#?}");
    // A stale constant is seen without any record of flags.
    let constant = Program::new("vllm", Source::Constant).flag("-trimpath");
    assert_verdict(&constant, &nothing(), Verdict::No, "v0.2.0");
}

#[test]
fn local_builds_are_what_was_asked_for_or_could_not_be_told() {
    let bare = Program::new("vllm", Source::Injected);
    let found =
        assert_verdict(&bare, &nothing(), Verdict::Unknown, "the build passed no -X vllm.shimVersion");
    assert_eq!(found.reported.as_deref(), Some("vllm-provider:dev"));
    assert_verdict(&bare, &dev(), Verdict::Yes, "\"dev\"");
    assert_verdict(&bare, &tag(TAG), Verdict::No, "; expected v9.9.9-citest");
    for stamp in ["dev-abc1234", "dev-abc1234-dirty", "dev-unknown"] {
        let program = Program::vllm(stamp);
        assert_verdict(&program, &nothing(), Verdict::Unknown, "which no published shim reports");
        let found = assert_verdict(&program, &dev(), Verdict::Yes, stamp);
        assert!(found.checks.iter().any(|check| check.id == "V1"), "{found:#?}");
        assert_verdict(&program, &tag(stamp), Verdict::Yes, stamp);
        assert_verdict(&program, &tag(TAG), Verdict::No, "; expected v9.9.9-citest");
    }
    assert_verdict(&Program::vllm("dev-abc1234-foo"), &dev(), Verdict::No, "a value that no build");
    assert_verdict(&Program::vllm("v0.2.0"), &nothing(), Verdict::No, "before versions were injected");
}

#[test]
fn without_symbols_a_value_of_two_variables_is_not_guessed_at() {
    let both =
        |source| Program::new("vllm", source).set("shimVersion", TAG).set("VLLMVersion", TAG).stripped();
    assert_verdict(&both(Source::Injected), &nothing(), Verdict::Yes, TAG);
    // One of the two flags did nothing, and which one cannot be seen.
    let report = read(&both(Source::Renamed));
    assert_eq!(effect(&report, "shimVersion").how, Found::NotFound(Missing::Ambiguous));
    assert_verdict(&both(Source::Renamed), &nothing(), Verdict::Unknown, "nothing shows which variable");
}

#[test]
fn every_system_and_processor_is_read() {
    let targets = [
        ("linux", "amd64", Format::Elf),
        ("linux", "arm64", Format::Elf),
        ("linux", "386", Format::Elf),
        ("linux", "s390x", Format::Elf),
        ("darwin", "arm64", Format::MachO),
        ("darwin", "amd64", Format::MachO),
        ("windows", "amd64", Format::Pe),
    ];
    for (system, arch, format) in targets {
        for program in [Program::vllm(TAG), Program::vllm(TAG).stripped()] {
            let program = program.target(system, arch);
            let report = read(&program);
            assert_eq!((report.format, report.arch.as_str()), (format, arch), "{program:?}");
            assert!(report.settings.contains(&("GOOS".to_owned(), system.to_owned())), "{program:?}");
            let found = assert_verdict(&program, &tag(TAG), Verdict::Yes, TAG);
            assert_eq!(found.reported.as_deref(), Some("vllm-provider:v9.9.9-citest"), "{program:?}");
        }
        let renamed = set(Source::Renamed).target(system, arch);
        assert_verdict(&renamed, &nothing(), Verdict::No, "had no effect");
        assert_verdict(&renamed.stripped(), &nothing(), Verdict::No, "had no effect");
        let late = set(Source::SetAtStart).target(system, arch);
        assert_verdict(&late, &nothing(), Verdict::No, "sets the variable again when it starts");
        assert_verdict(&late.stripped(), &nothing(), Verdict::No, "sets the variable again when it starts");
    }
}

#[test]
fn where_the_code_cannot_be_read_a_string_in_the_binary_is_no_proof() {
    let program = Program::vllm(TAG).target("linux", "ppc64le");
    let report = read(&program);
    assert_eq!(effect(&report, "shimVersion").value.as_deref(), Some(TAG));
    assert_verdict(&program, &nothing(), Verdict::Unknown, "its ppc64le code cannot be followed");
    assert_verdict(
        &set(Source::Renamed).target("linux", "ppc64le"),
        &nothing(),
        Verdict::No,
        "had no effect",
    );
}

#[test]
fn position_independent_programs_are_read() {
    let program = Program::vllm(TAG).flag("-buildmode=pie");
    assert_verdict(&program, &tag(TAG), Verdict::Yes, TAG);
    assert_verdict(&program.stripped(), &tag(TAG), Verdict::Yes, TAG);
}

#[test]
fn what_a_shim_is_built_with_is_compared_with_the_versions_of_the_release() {
    let text = "DYNAMO_VERSION=1.1.1\nLLMD_VERSION=0.6.0\nVLLM_VERSION=cu130-nightly\nGAIE_VERSION=v1.5.0\n";
    let expect = Expectation { versions: Some(VersionsEnv::parse(text).unwrap()), ..nothing() };
    let v6 = |verdict: &BinaryVerdict| verdict.checks.iter().find(|check| check.id == "V6").cloned();
    let built = [
        ("vllm", "VLLMVersion", "cu130-nightly", "v0.9.0"),
        ("dynamo", "DynamoVersion", "1.1.1", "1.1.0"),
        ("llmd", "LLMDSchedulerImage", "ghcr.io/llm-d/llm-d-inference-scheduler:v0.6.0", "v0.6.0"),
    ];
    for (provider, variable, right, wrong) in built {
        let shim = Program::new(provider, Source::Injected).set("shimVersion", TAG);
        for program in
            [shim.clone().set(variable, right), shim.clone(), shim.clone().set(variable, right).stripped()]
        {
            let found = judged(&program, &expect);
            assert_eq!(found.verdict, Verdict::Yes, "{found:#?}");
            assert!(v6(&found).unwrap().text.contains(right), "{found:#?}");
        }
        for program in [shim.clone().set(variable, wrong), shim.clone().set(variable, wrong).stripped()] {
            let found = judged(&program, &expect);
            assert_eq!(found.verdict, Verdict::No, "{found:#?}");
            assert_eq!(found.reason, v6(&found).unwrap().text);
        }
        // Neither flag nor symbol says it.
        let found = judged(&shim.stripped(), &expect);
        assert_eq!(v6(&found).unwrap().verdict, Verdict::Unknown, "{found:#?}");
    }
    // KAITO's shim has nothing of the kind linked in.
    let kaito = Program::new("kaito", Source::Injected).set("shimVersion", TAG);
    assert_eq!(v6(&judged(&kaito, &expect)), None);
}
