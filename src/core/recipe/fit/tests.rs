use super::*;
use serde_json::json;

fn node(product: &str, gpus: u32, mebibytes: u32) -> Value {
    json!({
        "metadata": {"labels": {"nvidia.com/gpu.product": product, "nvidia.com/gpu.memory": mebibytes.to_string()}},
        "status": {"allocatable": {"nvidia.com/gpu": gpus.to_string()}},
    })
}

fn demand(gpus: i64, replicas: i64) -> Demand {
    Demand {
        accelerator: "nvidia.com/gpu".to_owned(),
        hardware: "h200".to_owned(),
        memory_gb: Some(700.0),
        pods: vec![Pods { what: "pod", replicas, gpus }],
        node_selector: Vec::new(),
    }
}

#[test]
fn what_fits_gives_no_word() {
    assert_eq!(
        shortfalls(&demand(8, 2), &[node("NVIDIA-H200", 8, 143_771), node("NVIDIA-H200", 8, 143_771)]),
        [""; 0]
    );
    let bare = json!({"status": {"allocatable": {"nvidia.com/gpu": "8"}}});
    assert_eq!(shortfalls(&demand(8, 1), &[bare]), [""; 0], "without labels nothing is claimed");
}

#[test]
fn each_shortfall_is_said() {
    let cordoned =
        json!({"spec": {"unschedulable": true}, "status": {"allocatable": {"nvidia.com/gpu": "8"}}});
    assert_eq!(shortfalls(&demand(8, 1), &[cordoned, json!({})]), ["no node offers nvidia.com/gpu"]);
    assert_eq!(
        shortfalls(&demand(8, 1), &[node("NVIDIA-H200", 4, 143_771)]),
        ["each pod needs 8 nvidia.com/gpu, but the largest node has 4"]
    );
    assert_eq!(
        shortfalls(&demand(8, 3), &[node("NVIDIA-A100-SXM4-80GB", 8, 81_920)]),
        [
            "the recipe is tuned for h200, but the nodes have NVIDIA-A100-SXM4-80GB",
            "the weights need 700 GB in each pod, but its 8 nvidia.com/gpu have at most 687 GB",
            "3 pods need 8 nvidia.com/gpu each, but the nodes have room for 1",
        ]
    );
    let mixed = [node("NVIDIA-A100-SXM4-80GB", 8, 81_920), node("NVIDIA-H200", 8, 143_771)];
    assert_eq!(
        shortfalls(&demand(8, 1), &mixed),
        ["the recipe is tuned for h200, but a pod may also be scheduled to nodes with NVIDIA-A100-SXM4-80GB"]
    );
    let selecting = Demand {
        node_selector: vec![("nvidia.com/gpu.product".to_owned(), "NVIDIA-H200".to_owned())],
        ..demand(8, 1)
    };
    assert_eq!(shortfalls(&selecting, &mixed), [""; 0]);
    assert_eq!(
        shortfalls(&selecting, &mixed[..1]),
        ["no node that the node selector allows offers nvidia.com/gpu"]
    );
}

#[test]
fn hardware_is_known_by_its_product() {
    for (id, product) in [
        ("h100", "NVIDIA-H100-80GB-HBM3"),
        ("b200", "NVIDIA-B200"),
        ("gb200", "NVIDIA-GB200"),
        ("dgx_spark_gb10", "NVIDIA-GB10"),
        ("rtx_pro_6000_2x", "NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition"),
        ("rtx_5090", "NVIDIA-GeForce-RTX-5090"),
        ("mi300x", "AMD_Instinct_MI300X_OAM"),
        ("h100", "nvidia-h100-80gb"),
    ] {
        assert!(is_hardware(id, product), "{id} {product}");
    }
    for (id, product) in [
        ("b200", "NVIDIA-GB200"),
        ("h100", "NVIDIA-H200"),
        ("h100", "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb"),
        ("rtx_pro_6000", "NVIDIA-RTX-6000-Ada-Generation"),
        ("", "NVIDIA-H100"),
    ] {
        assert!(!is_hardware(id, product), "{id} {product}");
    }
    let nodes = [node("NVIDIA-H200", 8, 1), json!({})];
    assert_eq!(hardware_of(["h100", "h200"], &nodes).into_iter().collect::<Vec<_>>(), ["h200"]);
}
