//! Questions; only [`super::Ui`] asks them, and only a person at a terminal.

use crate::error::{Error, Result};
use crate::exit::Exit;

pub(super) fn confirm(question: &str) -> Result<bool> {
    dialoguer::Confirm::new().with_prompt(question).default(false).interact().map_err(|error| {
        let dialoguer::Error::IO(source) = error;
        if source.kind() == std::io::ErrorKind::Interrupted {
            return Error::new(Exit::Interrupted, "interrupted, nothing was changed");
        }
        Error::failure("cannot read the answer from the terminal").caused_by(source.to_string())
    })
}
