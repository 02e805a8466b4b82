//! Questions; only [`super::Ui`] asks them, and only a person at a terminal.

use super::bug;
use crate::error::{Error, Result};
use crate::exit::Exit;

/// Most lines of a choice that are shown at once.
const MAX_SHOWN: usize = 15;

pub(super) fn confirm(question: &str) -> Result<bool> {
    let confirm = dialoguer::Confirm::new().with_prompt(question).default(false);
    drawn(|| confirm.interact()).map_err(unanswered)
}

pub(super) fn select(question: &str, lines: &[String]) -> Result<Option<usize>> {
    let select = dialoguer::Select::new().with_prompt(question).items(lines).default(0);
    drawn(|| select.max_length(MAX_SHOWN).interact_opt()).map_err(unanswered)
}

/// While a question stands on the terminal, a bug has to take it away.
fn drawn<T>(ask: impl FnOnce() -> T) -> T {
    bug::drawing(true);
    let answer = ask();
    bug::drawing(false);
    answer
}

fn unanswered(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(source) = error;
    if source.kind() == std::io::ErrorKind::Interrupted {
        return Error::new(Exit::Interrupted, "interrupted; nothing was changed");
    }
    Error::failure("cannot read the answer from the terminal").caused_by(source.to_string())
}
