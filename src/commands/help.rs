//! What help says beyond the flags: how many of them `-h` leaves out.

use crate::core::text::Lines;
use clap::Command;
use std::ffi::OsString;

/// Whether a command line asks for help: only then is it worth completing.
pub fn is_asked(arguments: &[OsString]) -> bool {
    arguments.get(1).is_some_and(|word| word == "help")
        || arguments.iter().skip(1).any(|word| word == "-h" || word == "--help")
}

/// The tree with what help adds.
pub fn completed(mut tree: Command) -> Command {
    // The flags of every verb are known to the verbs once the tree is built.
    tree.build();
    with_counts(tree, "kubectl airunway")
}

/// Says below the short help of each verb how many flags only the long one has.
fn with_counts(tree: Command, path: &str) -> Command {
    let verbs: Vec<String> = tree.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    // All of them, so that they keep their order.
    let tree = verbs.iter().fold(tree, |tree, verb| {
        let counted = |below| with_counts(below, &format!("{path} {verb}"));
        tree.mut_subcommand(verb, |below| if verb == "help" { below } else { counted(below) })
    });
    let hidden =
        tree.get_arguments().filter(|flag| flag.is_hide_short_help_set() && !flag.is_hide_set()).count();
    if hidden == 0 {
        return tree;
    }
    let long = tree.get_after_help().cloned().unwrap_or_default();
    let mut lines = Lines::new();
    let examples = long.to_string();
    examples.lines().for_each(|line| writeln!(lines, "{line}"));
    if !examples.is_empty() {
        writeln!(lines);
    }
    writeln!(lines, "{hidden} more flags: {path} --help");
    let short = lines.into_string().trim_end().to_owned();
    tree.after_long_help(long).after_help(short)
}
