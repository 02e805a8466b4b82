//! A check: what is done, what has to hold, and what it says when it does not.

use super::step::Step;
use std::time::Duration;

/// A check of the plan, or one of its preconditions.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its id as in the plan: `1a`, `S1`, `X2`.
    pub id: &'static str,
    /// The section of the report it belongs to.
    pub group: Group,
    /// What it asserts, in the present tense.
    pub title: &'static str,
    /// Ids of the preconditions ([`Group::Precondition`]) without which it is skipped.
    pub needs: &'static [&'static str],
    /// What it takes from the cluster, and what may run beside it.
    pub uses: Uses,
    /// How long it may take in all, its cleanup aside.
    pub limit: Duration,
    /// The steps, for the names of one run.
    pub script: fn(&Names) -> Vec<Step>,
    /// What it proves.
    pub proves: &'static str,
    /// What its failure means.
    pub failure: &'static str,
}

/// The sections of the report, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What has to be there for a check to say anything: P1 and on.
    Precondition,
    /// The manual plan of the Direct vLLM provider: S1 to 14.
    Provider,
    /// That shims report the version they are: V1 to V7.
    Versions,
    /// The GPU suite of upstream, a case for each provider.
    Gpu,
    /// The controller suite of upstream.
    Controller,
    /// The gateway suite of upstream.
    Gateway,
    /// The Dynamo mocker suite of upstream.
    Mocker,
    /// Beyond the plan: X1 and on.
    Beyond,
}

/// What a check takes from the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uses {
    /// GPUs that its objects ask for; pods that stay pending do no harm unless the check needs them to run.
    pub gpus: u32,
    /// What may run beside it.
    pub when: When,
    /// Whether it disturbs what others do in the cluster, so that it runs on request only.
    pub disrupts: bool,
    /// Whether it runs only when it is named: it needs the operators and models of a suite, and minutes.
    pub when_named: bool,
}

/// When a check has its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// Beside every other check.
    Together,
    /// After all of those, one at a time in the order of the table: nothing else may need the shim meanwhile.
    Alone,
    /// At the very end.
    Last,
}

impl Uses {
    /// Nothing to speak of.
    pub const NOTHING: Uses = Uses { gpus: 0, when: When::Together, disrupts: false, when_named: false };

    /// A case of a suite: alone, with so many GPUs, and only when it is named.
    pub const fn suite(gpus: u32) -> Uses {
        Uses { gpus, when: When::Alone, when_named: true, ..Uses::NOTHING }
    }

    /// So many GPUs.
    pub const fn gpus(gpus: u32) -> Uses {
        Uses { gpus, ..Uses::NOTHING }
    }
}

/// The names of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Id of the run: lower-case letters, digits and dashes, a valid label value.
    pub run: String,
    /// Namespace of the test objects.
    pub namespace: String,
    /// Namespace of AI Runway itself.
    pub system: String,
    /// Whether the run made the namespace, so that it may delete it.
    pub owns_namespace: bool,
    /// The tag that shims have to report, where the user declared one.
    pub expected_tag: Option<String>,
    /// Whether a version that was built by hand (`dev-...`) is what the user expects.
    pub allow_dev: bool,
}
