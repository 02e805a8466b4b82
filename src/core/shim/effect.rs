//! What the linker really wrote into a string variable.

/// One string variable: what it holds in the binary, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Variable with its package path.
    pub symbol: String,
    /// The string that is really in the binary; `None` where it was not found.
    pub value: Option<String>,
    /// How it was found, or why not.
    pub how: Found,
}

/// How the string of a variable was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The symbol table names the variable, and its string was read.
    SymbolTable,
    /// No symbol table; a string variable in the data section points to a text that only the linker writes like that.
    DataReachable,
    /// It was not found.
    NotFound(Missing),
}

/// Why no string was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// There is a symbol table, and it has no such variable: renamed, a constant, or never used.
    #[error("the binary has no such variable: it was renamed, is a constant, or is not used")]
    NoVariable,
    /// There is such a symbol, and it is not the size of a string.
    #[error("the symbol of this name is not a string")]
    NotString,
    /// The variable has no value before the program runs.
    #[error("the variable is set when the program starts, not when it is linked")]
    RunTime,
    /// No symbol table, and no string variable points to the value: the flag had no effect.
    #[error("no variable of the binary points to this value")]
    NotWritten,
    /// No symbol table, and several things could have put the value there.
    #[error("without a symbol table it cannot be told which variable the value belongs to")]
    Ambiguous,
    /// No symbol table, and no value to look for.
    #[error("there is neither a symbol table nor a recorded value to look for")]
    NothingToLookFor,
    /// The data could not be followed.
    #[error("{0}")]
    Unreadable(String),
}

impl Missing {
    /// Whether this proves that a linker flag for the variable did nothing.
    pub const fn proves_no_effect(&self) -> bool {
        matches!(self, Missing::NoVariable | Missing::NotString | Missing::NotWritten)
    }
}
