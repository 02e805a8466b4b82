//! A run from its first look to its report.

use super::driver::Time;
use super::enter::{self, Entered};
use super::guard::{self, Target};
use super::keeper::Keeper;
use super::live::Live;
use super::runner::{Known, Runner};
use super::schedule::{self, Phase, not_run};
use super::select::{Chosen, any_names, needed, select};
use super::settings::{BackendChoice, RunSettings};
use super::stop::{Halt, Stop};
use super::voice::Voice;
use super::{Traces, info, interrupted_early, leave, report, rights};
use crate::commands::connection::connect;
use crate::commands::globals::GlobalArgs;
use crate::core::kubernetes::resource::NAMESPACE as NAMESPACE_KIND;
use crate::core::plan::{Act, Check, Names, Object, Step, Verdict};
use crate::core::shim::cluster::NAMESPACE;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::io::World;
use crate::io::backend::{Backend, Launch};
use crate::io::cluster::{self, Cluster};
use crate::io::plan::namespace::Found;
use crate::io::plan::{LiveWorld, bundle};
use crate::report::plan::{Format, RunInfo};
use crate::ui::Ui;
use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;
use tempfile::TempPath;

/// Most rights that are named as missing.
const NAMED_RIGHTS: usize = 4;
/// How long the lease may take to be given back.
const RELEASE: Duration = Duration::from_secs(5);

/// What a run is told.
pub(super) struct Story<'a> {
    pub(super) globals: &'a GlobalArgs,
    pub(super) namespace: &'a str,
    pub(super) settings: &'a RunSettings,
    pub(super) format: Format,
    pub(super) world: &'a World,
    pub(super) stop: &'a Stop,
    pub(super) traces: &'a Traces,
}

/// What the first look has found.
struct Looked {
    cluster: Cluster,
    info: RunInfo,
    found: Found,
}

/// What was asked for, in the order in which it runs.
struct Agenda {
    chosen: Vec<Chosen>,
    preconditions: Vec<Vec<&'static Check>>,
    phases: [Phase; 3],
}

impl Agenda {
    /// Whether a backend is worth being started.
    fn asks_the_backend(&self) -> bool {
        let mut checks = self.phases.iter().flat_map(|phase| &phase.checks);
        checks.any(|check| {
            let steps = (check.script)(&any_names());
            steps.iter().any(|step| matches!(step, Step::Do { act: Act::Backend(_), .. }))
        })
    }
}

impl Story<'_> {
    /// Runs the checks.
    ///
    /// # Errors
    /// Whatever stops it before they begin.
    pub(super) async fn tell(&self, ui: &mut Ui) -> Result<Exit> {
        let agenda = self.agenda()?;
        if agenda.chosen.iter().all(|chosen| chosen.left_out.is_some()) {
            return Err(Error::new(Exit::Inconclusive, "every check that was named is left out"));
        }
        if let Some(directory) = &self.settings.bundle {
            bundle::prepare(directory)?;
        }
        let time = Time::start(self.world.clock);
        let run = report::run_id(time.now());
        let looked = self.or_interrupted(self.look(&run, &agenda, ui)).await?;
        let Looked { cluster, mut info, found } = looked;
        info.from = time.now();
        self.traces.begin(leave::command(&run, self.namespace));
        let entered = enter::enter(&cluster, self.namespace, &run, &found, time.now(), ui).await;
        let entered = entered.inspect_err(|_| self.traces.end())?;
        self.checked(&cluster, info, entered, agenda, time, ui).await
    }

    fn agenda(&self) -> Result<Agenda> {
        let chosen = select(&self.settings.choice)?;
        let preconditions = needed(&chosen);
        let phases = schedule::phases(&chosen, self.settings.behavior.jobs);
        Ok(Agenda { chosen, preconditions, phases })
    }

    /// Until something is made an interruption leaves nothing behind.
    async fn or_interrupted<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            _ = self.stop.wait() => Err(interrupted_early()),
            answer = work => answer,
        }
    }

    /// Looks at the cluster, says what it is, and asks where it looks like one that others live on.
    async fn look(&self, run: &str, agenda: &Agenda, ui: &mut Ui) -> Result<Looked> {
        let options = self.globals.connect_options()?;
        let (context, name) = cluster::chosen_names(&options, &self.world.surroundings())?;
        let target = Target { context, cluster: name, namespace: self.namespace.to_owned() };
        let cluster = connect(self.globals, self.world).await?;
        let info = info::gather(&cluster, &target, run).await?;
        let runs = agenda.chosen.iter().filter(|chosen| chosen.left_out.is_none()).count();
        info::say(&info, runs, agenda.preconditions.iter().map(Vec::len).sum(), ui);
        let (contents, running) = guard::look(&cluster, self.namespace).await?;
        let reasons = guard::reasons(&target, &contents, &running);
        self.confirm(&reasons, ui)?;
        let found = enter::settle(&cluster, self.namespace, ui).await?;
        self.warn(&cluster, run, agenda, ui).await?;
        Ok(Looked { cluster, info, found })
    }

    fn confirm(&self, reasons: &[String], ui: &mut Ui) -> Result<()> {
        if reasons.is_empty() || self.settings.yes {
            return Ok(());
        }
        reasons.iter().for_each(|reason| ui.warning(&format!("this looks like production: {reason}")));
        match ui.confirm("run the test plan here?")? {
            Some(true) => Ok(()),
            Some(false) => Err(Error::failure("not confirmed; nothing was changed")),
            None => Err(Error::usage("a run in a cluster that looks like production needs confirmation")
                .caused_by(reasons.join("; "))
                .hint("confirm with --yes, or choose another cluster with --context")),
        }
    }

    /// What can be said before: rights that are missing, GPUs that are too few.
    async fn warn(&self, cluster: &Cluster, run: &str, agenda: &Agenda, ui: &mut Ui) -> Result<()> {
        let names = self.names(run, true);
        let preconditions = agenda.preconditions.iter().flatten();
        let checks = agenda.phases.iter().flat_map(|phase| &phase.checks);
        let all: Vec<&'static Check> = preconditions.chain(checks).copied().collect();
        let missing = rights::missing(cluster, &all, &names).await?;
        if !missing.is_empty() {
            let named = missing.iter().take(NAMED_RIGHTS).map(String::as_str).collect::<Vec<_>>().join("; ");
            let more = match missing.len().saturating_sub(NAMED_RIGHTS) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            ui.warning(&format!("rights are missing, and checks will be inconclusive: {named}{more}"));
        }
        let [together, ..] = &agenda.phases;
        let wanted = u64::from(schedule::gpus(together));
        if wanted > 0
            && let Some(offered) = info::gpus(cluster).await.filter(|offered| *offered < wanted)
        {
            let note = "pods will wait, which no check minds that does not need them to run";
            ui.status(&format!(
                "checks ask for up to {wanted} GPUs at a time, the nodes have {offered}: {note}"
            ));
        }
        Ok(())
    }

    fn names(&self, run: &str, owns_namespace: bool) -> Names {
        let versions = &self.settings.versions;
        Names {
            run: run.to_owned(),
            namespace: self.namespace.to_owned(),
            system: NAMESPACE.to_owned(),
            owns_namespace,
            expected_tag: versions.tag.as_ref().map(ToString::to_string),
            allow_dev: versions.allow_dev,
        }
    }

    /// The checks, and whatever becomes of them the end of the run.
    async fn checked(
        &self,
        cluster: &Cluster,
        mut info: RunInfo,
        entered: Entered,
        agenda: Agenda,
        time: Time,
        ui: &mut Ui,
    ) -> Result<Exit> {
        let names = self.names(&info.id, entered.owns_namespace);
        let lease = RefCell::new(entered.lease);
        let keeper =
            Keeper { cluster: cluster.clone(), time, ahead: entered.ahead, lease: &lease, stop: self.stop };
        // It goes when the run ends.
        let kubeconfig = self.kubeconfig_for_the_backend();
        let backend = self.backend(&agenda, kubeconfig.as_deref(), ui).await;
        let stage = Live {
            cluster: LiveWorld::new(cluster.clone(), &info.id, self.namespace),
            backend: &backend,
            versions: &self.settings.versions,
            world: self.world,
            time,
            names: &names,
            bundled: self.settings.bundle.is_some(),
        };
        let runner =
            Runner { stage: &stage, names: &names, time, stop: self.stop, behavior: &self.settings.behavior };
        let mut known = Known::default();
        let ran = tokio::select! {
            ran = self.all(&runner, &agenda, &mut known, cluster, &lease, ui) => ran,
            never = keeper.keep() => match never {},
        };
        drop(stage);
        backend.stop().await;
        let held = lease.borrow_mut().take();
        if let Some(held) = held.filter(|_| !self.is_gone()) {
            // What is not given back expires.
            let _ = held.release(&cluster.within(RELEASE)).await;
        }
        self.end(cluster, &mut info, &known, names.owns_namespace, ui).await;
        info.to = time.now();
        info.interrupted = self.stop.halted() == Some(Halt::Interrupted);
        ran?;
        report::finish(info, known, self, ui)
    }

    async fn backend(&self, agenda: &Agenda, kubeconfig: Option<&Path>, ui: &mut Ui) -> Backend {
        let started = match &self.settings.backend {
            BackendChoice::None => return Backend::absent(),
            BackendChoice::At(url) => Backend::at(url),
            BackendChoice::Start { .. } if !agenda.asks_the_backend() => return Backend::absent(),
            BackendChoice::Start { command, directory } => {
                ui.status(&format!("starting the backend: {command}"));
                let mut launch =
                    Launch::new(command.as_str(), self.namespace).in_environment(&self.world.environment);
                launch.directory.clone_from(directory);
                launch.kubeconfig = kubeconfig.map(Path::to_owned);
                Backend::start(&launch).await
            }
        };
        started.unwrap_or_else(|error| {
            ui.warning(&error.to_string());
            Backend::broken(&error)
        })
    }

    /// What a backend that is started finds the cluster with.
    fn kubeconfig_for_the_backend(&self) -> Option<TempPath> {
        let BackendChoice::Start { .. } = self.settings.backend else { return None };
        let options = self.globals.connect_options().ok()?;
        // The connection that is there was made of the same.
        cluster::kubeconfig_alone(&options, &self.world.surroundings()).ok().flatten()
    }

    /// Every phase after the other.
    async fn all(
        &self,
        runner: &Runner<'_, Live<'_>>,
        agenda: &Agenda,
        known: &mut Known,
        cluster: &Cluster,
        lease: &RefCell<Option<crate::io::plan::lease::Held>>,
        ui: &mut Ui,
    ) -> Result<()> {
        let runs = agenda.chosen.len();
        let mut voice = Voice::new(ui, self.format == Format::Human, runs);
        for layer in &agenda.preconditions {
            let phase = Phase { checks: layer.clone(), jobs: layer.len() };
            runner.run(&phase, known, &mut voice).await?;
        }
        for Chosen { check, left_out } in &agenda.chosen {
            if let Some(reason) = left_out {
                let outcome = not_run(Verdict::Skip, reason.clone(), runner.time.now());
                runner.note(runner.untouched(check, outcome), known, &mut voice)?;
            }
        }
        let [together, alone, last] = &agenda.phases;
        runner.run(together, known, &mut voice).await?;
        runner.run(alone, known, &mut voice).await?;
        if self.settings.behavior.keep {
            for check in &last.checks {
                let reason = "not run: what it would remove is kept (--keep)".to_owned();
                let outcome = not_run(Verdict::Skip, reason, runner.time.now());
                runner.note(runner.untouched(check, outcome), known, &mut voice)?;
            }
            return Ok(());
        }
        if !last.checks.is_empty() && self.stop.halted().is_none() {
            // What comes last looks whether anything is left, and may delete the namespace with the lease in it.
            let run = &runner.names.run;
            leave::remove(cluster, &[self.namespace], run, false, leave::LIMIT, voice.ui()).await;
            if runner.names.owns_namespace {
                *lease.borrow_mut() = None;
            }
        }
        runner.run(last, known, &mut voice).await
    }

    fn is_gone(&self) -> bool {
        matches!(self.stop.halted(), Some(Halt::ClusterGone(_)))
    }

    /// Removes what the run has made, or names it.
    async fn end(&self, cluster: &Cluster, info: &mut RunInfo, known: &Known, owns: bool, ui: &mut Ui) {
        let run = info.id.clone();
        let command = leave::command(&run, self.namespace);
        if let Some(halt @ (Halt::ClusterGone(_) | Halt::LeaseLost(_))) = self.stop.halted() {
            ui.warning(&halt.reason());
        }
        if self.is_gone() {
            let created = known.ran.iter().flat_map(|ran| &ran.created);
            info.left =
                created.map(|object| format!("{object}: not known, since the cluster is gone")).collect();
            ui.hint(&format!("when it is there again, remove what the run has made: {command}"));
            return;
        }
        if self.settings.behavior.keep {
            let kept = leave::kept(cluster, self.namespace, &run).await;
            kept.iter().for_each(|left| ui.status(&format!("kept: {left}")));
            info.left = kept.iter().map(ToString::to_string).collect();
            if owns {
                info.left.push(Object::cluster_wide(NAMESPACE_KIND, self.namespace).to_string());
            }
            if !info.left.is_empty() {
                ui.hint(&format!("remove it with {command}"));
            }
        } else {
            // A namespace that is another run's by now stays.
            let over = !matches!(self.stop.halted(), Some(Halt::LeaseLost(_)));
            let swept = leave::remove(cluster, &[self.namespace], &run, over, leave::LIMIT, ui).await;
            info.left = swept.left.into_iter().chain(swept.unseen).collect();
            if !info.left.is_empty() {
                ui.hint(&format!("remove the rest later with {command}"));
            }
        }
        self.traces.end();
    }
}
