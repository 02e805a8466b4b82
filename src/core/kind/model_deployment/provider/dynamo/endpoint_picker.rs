//! The service `Epp`: the endpoint picker behind the gateway and its scheduling configuration.

use serde_json::{Value, json};

use super::overrides::Overrides;
use super::worker::runtime;
use crate::core::kind::model_deployment::provider::objects::{self, members};
use crate::core::kind::model_deployment::provider::versions::Versions;

/// Label by which Dynamo tells prefill and decode pods apart.
const ROLE_LABEL: &str = "nvidia.com/dynamo-sub-component-type";

/// The service.
pub(super) fn service(disaggregated: bool, versions: &Versions, overrides: &Overrides) -> Value {
    let image = match overrides.text("/epp/image") {
        Some(image) => image.to_owned(),
        None => runtime("dynamo-frontend", versions),
    };
    let env = vec![
        objects::env_value("DYN_DECODE_FALLBACK", &(!disaggregated).to_string()),
        objects::env_value("DYN_ENFORCE_DISAGG", &disaggregated.to_string()),
    ];
    members! {
        "componentType": "epp",
        "replicas": overrides.replicas("/epp/replicas").unwrap_or(1),
        "eppConfig": members! {"config": config(disaggregated)},
        "extraPodSpec": members! {"mainContainer": members! {"image": image, "env": env}},
    }
}

fn config(disaggregated: bool) -> Value {
    let filter = |role: &str, allows_no_label: bool| {
        let parameters =
            json!({"label": ROLE_LABEL, "validValues": [role], "allowsNoLabel": allows_no_label});
        json!({"name": format!("{role}-filter"), "type": "label-filter", "parameters": parameters})
    };
    let scorer = |role: &str| json!({"name": format!("dyn-{role}"), "type": format!("dyn-{role}-scorer")});
    let profile = |role: &str| {
        let step = |name: String| json!({"pluginRef": name, "weight": 1});
        let steps = [format!("{role}-filter"), format!("dyn-{role}"), "picker".to_owned()].map(step);
        json!({"name": role, "plugins": steps})
    };
    let handler = json!({"type": "disagg-profile-handler"});
    let picker = json!({"name": "picker", "type": "max-score-picker"});
    if disaggregated {
        let filters = (filter("prefill", false), filter("decode", false));
        json!({
            "plugins": [handler, filters.0, filters.1, picker, scorer("prefill"), scorer("decode")],
            "schedulingProfiles": [profile("prefill"), profile("decode")],
        })
    } else {
        json!({
            "plugins": [handler, filter("decode", true), picker, scorer("decode")],
            "schedulingProfiles": [profile("decode")],
        })
    }
}
