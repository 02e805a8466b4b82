//! The objects a command line means: flags, files, or both.

mod args;
mod before;
mod each;
mod load;
mod model;
mod object;
mod operators;
mod ours;
mod settings;
mod twins;

pub use args::{ImageArgs, InputArgs, MemberArgs, PinChoice, ReleaseArgs};
pub use before::Before;
pub use each::{each, in_batches};
pub use load::Inputs;
pub use object::{Flaw, Namespace, SourceObject};
pub use operators::{OperatorArgs, add_live};
pub use ours::{none, ours, split};
pub use settings::InputSettings;
