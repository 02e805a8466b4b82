//! The environment variables of a run, as a value.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

/// The environment variables that a run sees, and the home directory that they lead to. The default has none.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<OsString, OsString>,
    home: Option<PathBuf>,
}

impl Environment {
    /// What this process was started with.
    pub fn of_process() -> Environment {
        let variables = std::env::vars_os().map(|(name, value)| (key(&name), value)).collect();
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        Environment { variables, home }
    }

    /// These variables and no others; the home directory is `HOME`.
    pub fn with<N: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Environment {
        let variables = variables.into_iter().map(|(name, value)| (key(&name.into()), value.into()));
        let mut environment = Environment { variables: variables.collect(), home: None };
        environment.home = environment.path("HOME");
        environment
    }

    /// A variable as it is, an empty one too.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(&key(OsStr::new(name))).map(OsString::as_os_str)
    }

    /// A variable that is set to some text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.to_str().filter(|text| !text.is_empty())
    }

    /// A variable that is set to a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// The home directory.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }
}

/// A name as it is compared: Windows does not tell upper from lower case.
fn key(name: &OsStr) -> OsString {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() }
}

/// Names alone: a value may be a password.
impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_there_and_says_nothing() {
        let environment = Environment::with([("CI", ""), ("HOME", "/home/jane"), ("TOKEN", "hunter2")]);
        assert_eq!(environment.get("CI"), Some(OsStr::new("")));
        assert_eq!((environment.text("CI"), environment.path("CI")), (None, None));
        assert_eq!(environment.home(), Some(Path::new("/home/jane")));
        assert_eq!(environment.text("TOKEN"), Some("hunter2"));
        assert_eq!(environment.get("PATH"), None);
        assert!(!format!("{environment:?}").contains("hunter2"));
    }
}
