//! How many accelerators one pod of a command uses (`recipes-data.md` section 5).

use crate::core::recipe::command::argv::Argument;
use crate::core::recipe::reason::Reason;
use crate::core::recipe::refusal::Refusal;

/// Largest parallel size that is taken for one.
const LARGEST: i64 = 1 << 20;

/// The parallel sizes of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core::recipe) struct Parallel {
    /// `--tensor-parallel-size`.
    pub(in crate::core::recipe) tensor: Option<i64>,
    /// `--pipeline-parallel-size`.
    pub(in crate::core::recipe) pipeline: Option<i64>,
    /// `--data-parallel-size`.
    pub(in crate::core::recipe) data: Option<i64>,
    /// `--data-parallel-size-local`.
    pub(in crate::core::recipe) local: Option<i64>,
    /// `--nnodes`.
    pub(in crate::core::recipe) nodes: Option<i64>,
}

impl Parallel {
    /// Reads the sizes; of a repeated flag the last counts.
    ///
    /// # Errors
    /// [`Reason::Malformed`] for a size that is not a whole number above zero.
    pub(in crate::core::recipe) fn of(arguments: &[Argument]) -> Result<Parallel, Refusal> {
        let size = |name: &str| match arguments.iter().rev().find(|argument| argument.key() == name) {
            None => Ok(None),
            Some(argument) => {
                let value = argument.value.as_deref().unwrap_or_default();
                let size = value.parse::<i64>().ok().filter(|size| (1..=LARGEST).contains(size));
                size.map(Some).ok_or_else(|| {
                    let text = format!(
                        "the recipe's command has an invalid size in {}",
                        crate::core::recipe::command::argv::shorten(&argument.shown())
                    );
                    Refusal::new(Reason::Malformed, text)
                })
            }
        };
        Ok(Parallel {
            tensor: size("tensor-parallel-size")?,
            pipeline: size("pipeline-parallel-size")?,
            data: size("data-parallel-size")?,
            local: size("data-parallel-size-local")?,
            nodes: size("nnodes")?,
        })
    }

    /// Accelerators of one pod: TP x PP / nodes x local DP.
    ///
    /// # Errors
    /// [`Reason::Malformed`] when it does not come out whole.
    pub(in crate::core::recipe) fn gpus(self) -> Result<i64, Refusal> {
        let bad = || {
            Refusal::new(
                Reason::Malformed,
                format!("the recipe's parallel sizes ({}) fit no number of GPUs", self.shown()),
            )
        };
        let local = self.local.or(self.data).unwrap_or(1);
        let over_nodes = self.tensor.unwrap_or(1).checked_mul(self.pipeline.unwrap_or(1)).ok_or_else(bad)?;
        let nodes = self.nodes.unwrap_or(1);
        if over_nodes % nodes != 0 {
            return Err(bad());
        }
        (over_nodes / nodes).checked_mul(local).ok_or_else(bad)
    }

    /// The sizes in words: `TP 8 x DP 8`.
    pub(in crate::core::recipe) fn shown(self) -> String {
        let sizes = [
            ("TP", self.tensor),
            ("PP", self.pipeline),
            ("DP", self.local.or(self.data)),
            ("nodes", self.nodes),
        ];
        let named: Vec<String> =
            sizes.iter().filter_map(|(name, size)| Some(format!("{name} {}", (*size)?))).collect();
        if named.is_empty() { "none given".to_owned() } else { named.join(" x ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::recipe::command::argv::{Place, parse};

    fn gpus(tokens: &[&str]) -> Option<i64> {
        Parallel::of(&parse(tokens, Place::Command).unwrap()).and_then(Parallel::gpus).ok()
    }

    #[test]
    fn the_rule_of_every_strategy() {
        assert_eq!(gpus(&[]), Some(1));
        assert_eq!(gpus(&["--tensor-parallel-size", "4"]), Some(4));
        assert_eq!(gpus(&["--data-parallel-size", "8"]), Some(8));
        assert_eq!(gpus(&["-tp", "8", "--data_parallel_size=8"]), Some(64));
        assert_eq!(gpus(&["--tensor-parallel-size", "16", "--nnodes", "2"]), Some(8));
        assert_eq!(gpus(&["-tp", "8", "-pp", "2", "--nnodes", "2"]), Some(8));
        assert_eq!(gpus(&["--data-parallel-size", "16", "--data-parallel-size-local", "8"]), Some(8));
    }

    #[test]
    fn sizes_that_are_none() {
        for tokens in
            [["-tp", "x"], ["-tp", "0"], ["-tp", "-2"], ["-tp", "99999999999999999999"], ["--nnodes", "3"]]
        {
            let expected =
                if tokens[0] == "--nnodes" { gpus(&["-tp", "4", "--nnodes", "3"]) } else { gpus(&tokens) };
            assert_eq!(expected, None, "{tokens:?}");
        }
    }
}
