//! The tables: what is done to the command, and what it has to do.

pub(crate) mod answers;
pub(crate) mod cluster;
pub(crate) mod wait;
pub(crate) mod watches;

use crate::bench::Row;

/// The tables with their headings, as the page has them.
pub(crate) fn tables() -> Vec<(&'static str, Vec<Row>)> {
    vec![
        ("Answers of the API server", answers::rows()),
        ("Watches", watches::rows()),
        ("The wait", wait::rows()),
        ("The cluster", cluster::rows()),
    ]
}

#[test]
fn answers_of_the_api_server() {
    crate::bench::run(answers::rows());
}

#[test]
fn watches() {
    crate::bench::run(watches::rows());
}

#[test]
fn the_wait() {
    crate::bench::run(wait::rows());
}

#[test]
fn the_cluster() {
    crate::bench::run(cluster::rows());
}
