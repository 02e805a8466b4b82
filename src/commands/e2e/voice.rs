//! What a run says while it goes on: a line for each check, and on a terminal what is running.

use crate::core::plan::Group;
use crate::error::Result;
use crate::report::plan::{PlanItem, human};
use crate::ui::{Progress, Ui};

/// Most checks that are named as running.
const NAMED: usize = 8;

/// The lines of a run.
pub struct Voice<'a> {
    ui: &'a mut Ui,
    progress: Option<Progress>,
    /// Whether the lines are data, and go to stdout; else stdout is for a report.
    to_stdout: bool,
    done: usize,
    all: usize,
}

impl<'a> Voice<'a> {
    /// For a run of so many checks.
    pub fn new(ui: &'a mut Ui, to_stdout: bool, all: usize) -> Voice<'a> {
        Voice { ui, progress: None, to_stdout, done: 0, all }
    }

    /// Shows what is running, where somebody looks.
    pub fn progress(&mut self, running: &[&str]) {
        if !self.ui.interactive() || running.is_empty() {
            return;
        }
        let mut named = running.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if running.len() > NAMED {
            named.push_str(", ...");
        }
        let text = format!("{} of {} done; running {named}", self.done, self.all);
        let ui = &self.ui;
        self.progress.get_or_insert_with(|| ui.progress()).set(&text);
    }

    /// Says what came of a check. Preconditions are silent: the checks that need one name it.
    ///
    /// # Errors
    /// A stdout that cannot be written.
    pub fn ended(&mut self, item: &PlanItem) -> Result<()> {
        if item.check.group == Group::Precondition {
            return Ok(());
        }
        self.done += 1;
        self.quiet();
        let text = human::line(item, false);
        if self.to_stdout {
            return self.ui.data(&text);
        }
        text.lines().for_each(|line| self.ui.status(line));
        Ok(())
    }

    /// The terminal, for what is not about one check.
    pub fn ui(&mut self) -> &mut Ui {
        self.quiet();
        self.ui
    }

    /// Takes the line of progress away, so that another may be written.
    fn quiet(&mut self) {
        if let Some(mut progress) = self.progress.take() {
            progress.finish();
        }
    }
}
