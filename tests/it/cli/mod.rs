//! The binary without a cluster: transcripts of stdout, stderr and exit code.

#[cfg(unix)]
mod bounded;
#[cfg(unix)]
mod bug;
#[cfg(unix)]
mod cases;
mod check;
mod completion;
mod connection;
mod e2e;
mod files;
mod help;
#[cfg(unix)]
mod hints;
#[cfg(unix)]
mod hostile;
mod launch;
mod model_service;
mod ogx;
mod pipeline;
mod reader;
mod usage;
mod workloads;
#[cfg(unix)]
mod written;

mod pin {
    mod flag;
    mod verb;
}

mod recipe {
    mod apply;
    mod site;
}

mod verify_version {
    mod archive;
    mod binary;
    mod image;
}
