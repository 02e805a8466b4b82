//! The objects a command line means: flags, files, or both.

mod args;
mod each;
mod load;
mod object;
mod ours;
mod settings;
mod twins;

pub use args::{ImageArgs, InputArgs, MemberArgs, PinChoice, ReleaseArgs};
pub use each::{each, in_batches};
pub use load::Inputs;
pub use object::{Namespace, SourceObject};
pub use ours::{none, ours, split};
pub use settings::InputSettings;
