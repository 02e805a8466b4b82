//! The objects a command line means: flags, files, or both.

mod args;
mod load;
mod settings;

pub use args::{ImageArgs, InputArgs, MemberArgs, PinChoice, ReleaseArgs};
pub use load::{Inputs, Namespace, SourceObject};
pub use settings::InputSettings;
