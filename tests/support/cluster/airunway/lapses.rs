//! The promises that the reference AI Runway can break, one at a time: for each check of the test plan what turns it, and
//! no other, from green. A finding of the plan has its other state here.
//!
//! A row says which object it concerns, so that what is broken for one check stays whole for the next. The code of each
//! is where it breaks.

use kubectl_airunway::core::plan::Verdict;

/// The namespace under which what concerns the whole cluster is switched on.
pub const EVERYWHERE: &str = "";

/// A broken promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lapse {
    /// The vLLM shim never says that it is ready.
    NeverReady,
    /// The vLLM shim registers a selection rule; it never matches.
    HasRules,
    /// The vLLM shim registers an engine that it cannot run.
    MoreEngines,
    /// The vLLM shim registers without its annotations.
    NoAnnotations,
    /// The vLLM shim's heartbeat stands still in the past.
    StaleHeartbeat,
    /// The vLLM shim reports another release than its image.
    OtherVersion,
    /// The controller selects vllm although others are ready.
    SelectsVllm,
    /// The shim sets no finalizer.
    NoFinalizer,
    /// The shim's children have no owner.
    NoOwner,
    /// The shim makes no Service.
    NoService,
    /// The webhook lets the provider be changed.
    ProviderMutable,
    /// The default image is resolved anew whenever an annotation changes, to something else each time.
    Repins,
    /// The default image runs by its tag, although its digest is known.
    RunsByTag,
    /// The Deployment is made although the default image is not resolved.
    RendersUnresolved,
    /// The Deployment goes on with the default image when the user names one.
    KeepsOldTag,
    /// The Deployment gets the digest of the user's tag.
    PinsUserTag,
    /// The webhook accepts two images.
    AcceptsTwoImages,
    /// The webhook refuses two images, and names one of the two fields.
    NamesOneField,
    /// The reserved argument is dropped, and the Deployment made.
    RendersReservedA,
    /// As [`Lapse::RendersReservedA`], for the host as one token.
    RendersReservedB,
    /// As [`Lapse::RendersReservedA`], for the port as two tokens.
    RendersReservedC,
    /// As [`Lapse::RendersReservedA`], for the port as one token.
    RendersReservedD,
    /// A tensor-parallel size is derived beside the explicit one.
    DerivesSecondSize,
    /// The webhook accepts the same flag in two places.
    AcceptsSecondSize,
    /// A launch tag without that word is a launch image: the fixed state of a finding.
    LaunchWithoutTheWord,
    /// A launch tag without that word is a stable image.
    LaunchIsStable,
    /// A launch tag with that word is a custom image.
    LaunchTagIsCustom,
    /// The webhook accepts overrides of the pod's security.
    AcceptsPodOverrides,
    /// The webhook accepts overrides of a container's security.
    AcceptsNestedOverrides,
    /// The webhook accepts overrides of the size.
    AcceptsSizing,
    /// The webhook refuses any override.
    RefusesAnyOverride,
    /// The shim changes a Deployment that is not its own.
    TakesUnowned,
    /// A deletion is never given up on.
    NeverGivesUp,
    /// A deletion is given up on at once.
    GivesUpAtOnce,
    /// The provenance of a recipe is not told.
    ForgetsRecipe,
    /// A restarted shim is never ready again.
    NeverReadyAgain,
    /// A restarted shim changes the pod template.
    RestartRolls,
    /// A restarted shim has forgotten the digest, and finds another.
    RestartRepins,
    /// The shim keeps its finalizer although the Deployment is gone.
    KeepsFinalizer,
    /// Each pass replaces the whole Deployment, and with it what others have written there.
    ReplacesTemplate,
    /// The owner references lack `controller` and `blockOwnerDeletion`.
    HalfAnOwner,
    /// The Deployment is written although nothing has changed.
    WritesChild,
    /// The status is written although nothing has changed.
    WritesStatus,
    /// An update whose pod waits is not Ready: the fixed state of upstream's issue 422.
    UpdateIsTold,
    /// `false` and zero survive the shim's write-back: the fixed state of a finding.
    FalseSurvives,
    /// The shim changes a Service that is not its own.
    TakesService,
    /// The shim changes a Deployment that someone else owns.
    TakesOwned,
    /// An engine without GPUs is no problem.
    NeedsNoGpu,
    /// An engine is chosen that needs a GPU where there is none.
    WrongEngine,
    /// The webhook does not ask for a model.
    AcceptsNoModel,
}

/// What a broken promise concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Objects of this name, or whose name begins with it and a dash.
    Object(&'static str),
    /// The whole cluster: it is switched on for [`EVERYWHERE`].
    Cluster,
}

/// What is known of a broken promise.
#[derive(Debug)]
pub struct Row {
    /// Which.
    pub lapse: Lapse,
    /// Its name in words.
    pub name: &'static str,
    /// The check that it turns.
    pub check: &'static str,
    /// What it turns it to.
    pub verdict: Verdict,
    /// What it concerns.
    pub scope: Scope,
}

const fn row(
    lapse: Lapse,
    name: &'static str,
    check: &'static str,
    verdict: Verdict,
    object: &'static str,
) -> Row {
    Row { lapse, name, check, verdict, scope: Scope::Object(object) }
}

const fn everywhere(lapse: Lapse, name: &'static str, check: &'static str) -> Row {
    Row { lapse, name, check, verdict: Verdict::Fail, scope: Scope::Cluster }
}

/// Every broken promise, in the order of the plan.
pub static LAPSES: &[Row] = {
    use Lapse::*;
    use Verdict::{Fail, Fixed};
    &[
        everywhere(NeverReady, "never-ready", "S1"),
        everywhere(HasRules, "has-rules", "S1"),
        everywhere(MoreEngines, "more-engines", "S1"),
        everywhere(NoAnnotations, "no-annotations", "S1"),
        everywhere(StaleHeartbeat, "stale-heartbeat", "S1"),
        everywhere(OtherVersion, "other-version", "V5-vllm"),
        row(SelectsVllm, "selects-vllm", "1a", Fail, "sel-auto"),
        row(NoFinalizer, "no-finalizer", "1b", Fail, "sel-vllm"),
        row(NoOwner, "no-owner", "1b", Fail, "sel-vllm"),
        row(NoService, "no-service", "1b", Fail, "sel-vllm"),
        row(ProviderMutable, "provider-mutable", "1c", Fail, "sel-move"),
        row(Repins, "repins", "2", Fail, "pin-test"),
        row(RunsByTag, "runs-by-tag", "3A", Fail, "outage-test"),
        row(RendersUnresolved, "renders-unresolved", "3B", Fail, "outage-fresh"),
        row(KeepsOldTag, "keeps-old-tag", "3C", Fail, "outage-tag"),
        row(PinsUserTag, "pins-user-tag", "3C", Fail, "outage-tag"),
        row(AcceptsTwoImages, "accepts-two-images", "4", Fail, "img-conflict"),
        row(NamesOneField, "names-one-field", "4", Fail, "img-conflict"),
        row(RendersReservedA, "renders-reserved-a", "5a", Fail, "reserved-a"),
        row(RendersReservedB, "renders-reserved-b", "5b", Fail, "reserved-b"),
        row(RendersReservedC, "renders-reserved-c", "5c", Fail, "reserved-c"),
        row(RendersReservedD, "renders-reserved-d", "5d", Fail, "reserved-d"),
        row(DerivesSecondSize, "derives-second-size", "6a", Fail, "tp-test"),
        row(AcceptsSecondSize, "accepts-second-size", "6b", Fail, "tp-patch"),
        row(LaunchWithoutTheWord, "launch-without-the-word", "7", Fixed, "launch-test"),
        row(LaunchIsStable, "launch-is-stable", "7", Fail, "launch-test"),
        row(LaunchTagIsCustom, "launch-tag-is-custom", "7", Fail, "launch-test"),
        row(AcceptsPodOverrides, "accepts-pod-overrides", "8", Fail, "override-test"),
        row(AcceptsNestedOverrides, "accepts-nested-overrides", "8", Fail, "override-nested"),
        row(AcceptsSizing, "accepts-sizing", "8", Fail, "override-sizing"),
        row(RefusesAnyOverride, "refuses-any-override", "8", Fail, "override-ok"),
        row(TakesUnowned, "takes-unowned", "9", Fail, "owned-test"),
        row(NeverGivesUp, "never-gives-up", "10", Fail, "final-test"),
        row(GivesUpAtOnce, "gives-up-at-once", "10", Fail, "final-test"),
        row(ForgetsRecipe, "forgets-recipe", "12", Fail, "recipe-test"),
        everywhere(NeverReadyAgain, "never-ready-again", "13"),
        row(RestartRolls, "restart-rolls", "13", Fail, "restart-test"),
        row(RestartRepins, "restart-repins", "13", Fail, "restart-test"),
        row(KeepsFinalizer, "keeps-finalizer", "14", Fail, "sel-vllm"),
        row(ReplacesTemplate, "replaces-template", "X1", Fail, "foreign-metadata"),
        row(HalfAnOwner, "half-an-owner", "X2", Fail, "owner-references"),
        row(WritesChild, "writes-child", "X3", Fail, "still-test"),
        row(WritesStatus, "writes-status", "X3", Fail, "still-test"),
        row(UpdateIsTold, "update-is-told", "X4", Fixed, "update-test"),
        row(FalseSurvives, "false-survives", "X5", Fixed, "false-test"),
        row(TakesService, "takes-service", "X6", Fail, "foreign-service"),
        row(TakesOwned, "takes-owned", "X7", Fail, "taken-test"),
        row(NeedsNoGpu, "needs-no-gpu", "C4", Fail, "e2e-vllm-no-gpu"),
        row(WrongEngine, "wrong-engine", "C5", Fail, "e2e-llamacpp-no-gpu"),
        row(AcceptsNoModel, "accepts-no-model", "C7", Fail, "invalid-test"),
    ]
};

impl Lapse {
    /// What is known of it.
    ///
    /// # Panics
    ///
    /// When the table lacks it.
    pub fn row(self) -> &'static Row {
        LAPSES.iter().find(|row| row.lapse == self).expect("every lapse has its row")
    }

    /// The one of a name.
    #[allow(dead_code, reason = "the playground asks for it")]
    pub fn named(name: &str) -> Option<Self> {
        LAPSES.iter().find(|row| row.name == name).map(|row| row.lapse)
    }
}

impl Scope {
    /// Where something is switched on that has to hold for an object; `None` when it does not concern that.
    pub fn of<'a>(&self, namespace: &'a str, name: &str) -> Option<&'a str> {
        match self {
            Self::Cluster => Some(EVERYWHERE),
            Self::Object(object) => name
                .strip_prefix(object)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
                .then_some(namespace),
        }
    }
}
