//! Questions; only [`super::Ui`] asks them, and only a person at a terminal.

use crate::error::{Error, Result};
use crate::exit::Exit;

/// Most lines of a choice that are shown at once.
const MAX_SHOWN: usize = 15;

pub(super) fn confirm(question: &str) -> Result<bool> {
    dialoguer::Confirm::new().with_prompt(question).default(false).interact().map_err(unanswered)
}

pub(super) fn select(question: &str, lines: &[String]) -> Result<Option<usize>> {
    let select = dialoguer::Select::new().with_prompt(question).items(lines).default(0);
    select.max_length(MAX_SHOWN).interact_opt().map_err(unanswered)
}

fn unanswered(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(source) = error;
    if source.kind() == std::io::ErrorKind::Interrupted {
        return Error::new(Exit::Interrupted, "interrupted, nothing was changed");
    }
    Error::failure("cannot read the answer from the terminal").caused_by(source.to_string())
}
