//! The `kubectl-airunway` program; everything lives in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_airunway::app::main(std::env::args_os().collect())
}
