//! `e2e`: the test plan, run by the binary against the reference AI Runway.

use crate::cluster::Cluster;

#[test]
fn a_run_says_what_it_is_and_leaves_nothing() {
    let cluster = Cluster::shared();
    cluster.run(async {
        let namespace = cluster.namespace("e2e-home").await;
        let run = namespace.airunway(&["e2e", "-n", "e2e-first", "--yes"]).await;
        println!("{run}");
        assert_eq!(run.code, Some(0));
    });
}
