//! From the connection flags to a cluster.

use super::globals::GlobalArgs;
use crate::error::Result;
use crate::io::World;
use crate::io::cluster::{Cluster, RequestRecord};
use std::sync::Arc;

/// From this `-v` on each request is shown, as with kubectl.
const SHOW_REQUESTS: u8 = 6;

/// Prepares the connection; nothing is sent yet.
///
/// # Errors
/// A kubeconfig or flag that leads nowhere.
pub async fn connect(globals: &GlobalArgs, world: &World) -> Result<Cluster> {
    let options = globals.connect_options()?;
    let Some(log) = globals.log.clone().filter(|_| globals.verbosity >= SHOW_REQUESTS) else {
        return Ok(world.connect(&options, None).await?);
    };
    let observer = Arc::new(move |record: &RequestRecord| {
        let status = record.status.map_or("no answer".to_owned(), |status| status.to_string());
        log.line(&format!("{} {} {status} in {} ms", record.method, record.url, record.elapsed.as_millis()));
    });
    Ok(world.connect(&options, Some(observer)).await?)
}
