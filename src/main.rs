//! The `kubectl-airunway` program; everything lives in the library.

use std::process::ExitCode;

/// Many manifests are many small values, made on all cores; this allocator makes and frees them in a good part less time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kubectl_airunway::main(std::env::args_os().collect())
}
