//! Arguments that move the engine away from its probes and its Service.

use super::super::{Found, rule};
use super::Line;
use crate::core::kind::model_deployment::launch::{Argument, Door};

/// The port to which the Service leads.
const PORT: &str = "8000";
const LOOPBACK: [&str; 3] = ["127.0.0.1", "::1", "localhost"];

pub(super) fn check(line: &Line, found: &mut Found) {
    if line.server.door == Door::Unknown {
        return;
    }
    for (argument, path) in line.own() {
        let is_last = line.reading.last(&argument.name) == Some(argument);
        if let Some(message) = moved(argument, line.server.door).filter(|_| is_last) {
            let hint = match argument.name.starts_with("ssl") {
                true => "remove it; let a gateway or an ingress speak HTTPS in front of the Service",
                false => "remove it",
            };
            found.add_with_hint(&rule::LAUNCH_ENDPOINT_MOVED, &path, message, hint);
        }
    }
}

fn moved(argument: &Argument, door: Door) -> Option<String> {
    let value = argument.value().map(str::trim).filter(|value| !value.is_empty() && *value != "None");
    let asked = if door == Door::Probed { "probes and Service" } else { "the Service" };
    match (argument.name.as_str(), door) {
        ("ssl-certfile" | "ssl-keyfile", Door::Probed) if value.is_some() => Some(
            "the engine speaks HTTPS then, and the probes speak HTTP: the pod never becomes ready".to_owned(),
        ),
        ("uds", _) if value.is_some() => {
            Some(format!("the engine listens on a socket file only, and {asked} find nothing"))
        }
        ("headless", _) if !argument.is_opposite => {
            Some(format!("the engine serves no HTTP then, and {asked} find nothing"))
        }
        ("grpc", _) if !argument.is_opposite => {
            Some(format!("the engine serves gRPC instead of HTTP, and {asked} find nothing"))
        }
        ("port", Door::Service) if value.is_some_and(|port| port != PORT) => {
            Some(format!("the Service leads to port {PORT}, and nothing listens there then"))
        }
        ("host", Door::Service) if value.is_some_and(|host| LOOPBACK.contains(&host)) => {
            Some("the engine answers inside its own pod only, and the Service finds nothing".to_owned())
        }
        _ => None,
    }
}
