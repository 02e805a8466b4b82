//! Checks 11 and 12: the recipe routes of the web backend, and what it makes of a recipe (`test-plan.md` 3.13 and 3.14).

use super::base::precondition;
use super::suite::{act, any, cleared, minutes, model, ruling, until};
use crate::core::plan::{
    Act, Check, Claim, Expected, Group, HttpAsk, Key, Names, RUN_LABEL, Step, Uses, Verdict, When, condition,
    of,
};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a request may take; the backend itself gives its origin 10 s.
const ANSWER: Duration = Duration::from_secs(30);
/// How long one may take that goes through a body of hundreds of MiB.
const LARGE: Duration = Duration::from_secs(60);
/// Most resident memory that 512 MiB may cost beyond 8 MiB: a backend without a bound takes at least twice as much.
const MEMORY: i64 = 256 << 20;
/// Most bytes that the origin may get rid of: 5 MiB are read, and up to 28 more were seen in buffers on the way.
const BYTES: i64 = 64 << 20;
/// Where the recipe routes begin.
const ROUTE: &str = "/api/vllm/recipes";
/// What checks of the backend need beside it.
const BACKEND: &[&str] = &["P7"];
/// What a check needs that asks our origin.
const ORIGIN: &[&str] = &["P7", "P7-origin"];

/// P7 and what belongs to it.
pub(super) const PRECONDITIONS: &[Check] = &[
    precondition(
        "P7",
        "a web backend answers, without sign-in",
        answers,
        "The recipe routes can be asked.",
        "The backend does not run, or asks for a sign-in; the checks have none.",
    ),
    precondition(
        "P7-origin",
        "the web backend reads its recipes from the run's own origin",
        own_origin,
        "What the backend asks for can be counted, and it can be given bodies of any size.",
        "A backend that was started elsewhere (--backend) has an origin of its own; --backend-command starts one.",
    ),
];

/// Checks 11a to 12.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "11a",
        group: Group::Provider,
        title: "the recipe route refuses ids that leave their place, and asks nobody about them",
        needs: BACKEND,
        // Its origin has to be asked by nobody else meanwhile.
        uses: Uses { when: When::Alone, ..Uses::NOTHING },
        limit: minutes(2),
        script: traversal,
        proves: "An id cannot make the backend fetch another path of the recipe site.",
        failure: "The route takes what is not a model id, or asks the recipe site before it looks at the id.",
    },
    Check {
        id: "11b",
        group: Group::Provider,
        title: "a recipe of any size is refused after 5 MiB, without being held in memory",
        needs: ORIGIN,
        uses: Uses { when: When::Alone, ..Uses::NOTHING },
        limit: minutes(6),
        script: large,
        proves: "A recipe site cannot fill the memory of the backend, whatever it sends.",
        failure: "The backend reads a body to its end, or takes one of any size.",
    },
    Check {
        id: "11c",
        group: Group::Provider,
        title: "a slash at the end of a recipe route is a redirect to the route without it",
        needs: BACKEND,
        uses: Uses::NOTHING,
        limit: minutes(3),
        script: slash,
        proves: "An address with a slash at its end leads to the recipe.",
        failure: "The route with a slash is unknown, or leads elsewhere.",
    },
    Check {
        id: "12",
        group: Group::Provider,
        title: "a deployment made from a recipe has its env as a list and its provenance as annotations",
        needs: &["P1", "P2", "P3", "P7"],
        uses: Uses::gpus(1),
        limit: minutes(9),
        script: from_recipe,
        proves: "What the web interface makes of a recipe reaches the API server whole, and the shim sees where it is from.",
        failure: "The backend writes another object than the recipe's, or the shim does not tell the provenance.",
    },
];

fn get(path: &str) -> Act {
    ask("GET", path, None, 0, ANSWER)
}

fn ask(method: &'static str, path: &str, json: Option<Value>, redirects: u8, within: Duration) -> Act {
    Act::Backend(HttpAsk { method, path: path.to_owned(), json, redirects, within })
}

fn status(key: Key) -> crate::core::plan::Place {
    of(key).at(".status")
}

fn answers(_: &Names) -> Vec<Step> {
    vec![
        any(get("/api/health"), "health"),
        Step::Judge(vec![
            ruling(
                [of("health").at(".body.status").is("healthy"), status("health").is(200)],
                Verdict::Pass,
                "a backend answers",
            ),
            ruling([of("health").at(".absent").present()], Verdict::Skip, "there is no web backend"),
        ]),
        any(get("/api/settings"), "settings"),
        Step::Judge(vec![
            ruling([of("settings").at(".body.auth.enabled").is(false)], Verdict::Pass, "sign-in is off"),
            ruling(
                [of("settings").at(".body.auth.enabled").is(true)],
                Verdict::Skip,
                "the web backend asks for a sign-in (AUTH_ENABLED)",
            ),
        ]),
    ]
}

fn own_origin(_: &Names) -> Vec<Step> {
    vec![
        act(Act::OriginForget, "forgotten"),
        act(Act::OriginSeen, "origin"),
        Step::Judge(vec![
            ruling([of("origin").at(".requests").is(json!([]))], Verdict::Pass, "the origin is ours"),
            ruling([of("origin").at(".absent").present()], Verdict::Skip, "the recipe origin is not ours"),
        ]),
    ]
}

fn traversal(_: &Names) -> Vec<Step> {
    let refused = |path: &str, key: Key, code: u16, message: &str| {
        let body = json!({ "error": { "message": message, "statusCode": code } });
        let claims = vec![status(key).is(code), of(key).at(".body").includes(body)];
        [any(get(&format!("{ROUTE}{path}")), key), Step::Expect(claims)]
    };
    let mut steps = vec![act(Act::OriginForget, "forgotten")];
    steps.extend(refused("/foo/../../etc/passwd", "dots", 404, "Route not found: GET /api/vllm/etc/passwd"));
    steps.extend(refused("/foo/bar%2Fbaz", "slash", 400, "Invalid Hugging Face model ID: foo/bar/baz"));
    steps.extend(refused("/onlyoneseg", "one", 404, "Route not found: GET /api/vllm/recipes/onlyoneseg"));
    steps.push(act(Act::OriginSeen, "origin"));
    steps.push(Step::Judge(vec![
        ruling([of("origin").at(".requests").is(json!([]))], Verdict::Pass, "nobody was asked"),
        ruling(
            [of("origin").at(".absent").present()],
            Verdict::Skip,
            "the answers are right, but whether the recipe origin was asked is not seen",
        ),
    ]));
    steps
}

fn large(_: &Names) -> Vec<Step> {
    let refused = |mib: u32, key: Key| {
        let path = format!("{ROUTE}/foo/{mib}");
        [any(ask("GET", &path, None, 0, LARGE), key), Step::Expect(vec![status(key).is(502)])]
    };
    let bounded = |seen: Key| {
        let request = |member: &str| of(seen).at(format!(".requests[0].{member}"));
        let claims = vec![
            of(seen).at(".requests").count(1),
            request("path").matches("^/foo/[0-9]+(\\.json)?$"),
            request("written").at_most(BYTES),
            request("complete").is(false),
        ];
        [act(Act::OriginSeen, seen), Step::Expect(claims)]
    };
    let mut steps = Vec::new();
    // The first body of a process costs memory that the later ones find there.
    steps.extend(refused(8, "warm-up"));
    steps.extend(refused(8, "answer 8 MiB"));
    steps.push(act(Act::BackendMemory, "memory after 8 MiB"));
    steps.extend(refused(32, "answer 32 MiB"));
    for (mib, answer, seen) in
        [(128, "answer 128 MiB", "origin 128 MiB"), (512, "answer 512 MiB", "origin 512 MiB")]
    {
        steps.push(act(Act::OriginForget, "forgotten"));
        steps.extend(refused(mib, answer));
        steps.extend(bounded(seen));
    }
    steps.push(act(Act::BackendMemory, "memory after 512 MiB"));
    let before = || of("memory after 8 MiB");
    let after = || of("memory after 512 MiB");
    let unreadable = "its memory is not to be read, so the bytes that were read decide";
    steps.push(Step::Judge(vec![
        ruling(
            [after().at(".bytes").grew_at_most(MEMORY, before().at(".bytes"))],
            Verdict::Pass,
            "resident memory in bytes after 512 MiB",
        ),
        ruling([after().at(".unreadable").present()], Verdict::Pass, unreadable),
        ruling([before().at(".unreadable").present()], Verdict::Pass, unreadable),
    ]));
    steps
}

fn slash(_: &Names) -> Vec<Step> {
    let known = format!("{ROUTE}/microsoft/Phi-4-mini-instruct");
    let served = |key: Key| {
        Step::Judge(vec![
            ruling([status(key).at_least(200), status(key).at_most(299)], Verdict::Pass, "served"),
            ruling(
                [status(key).at_least(500), status(key).at_most(599)],
                Verdict::Pass,
                "the origin does not answer",
            ),
        ])
    };
    let moved = |path: &str, key: Key, to: &'static str| {
        let claims = vec![status(key).is(301), of(key).at(".headers.location").matches(to)];
        [any(get(path), key), Step::Expect(claims)]
    };
    let followed = |path: &str, key: Key| {
        let follow = any(ask("GET", path, None, 1, ANSWER), key);
        [follow, Step::Expect(vec![of(key).at(".redirects").is(1)]), served(key)]
    };
    let mut steps = vec![any(get(ROUTE), "list"), served("list")];
    steps.extend(moved(&format!("{ROUTE}/"), "list/", "^https?://.+/api/vllm/recipes$"));
    let query = "^https?://.+/api/vllm/recipes\\?a=1&b=%2F$";
    steps.extend(moved(&format!("{ROUTE}/?a=1&b=%2F"), "query/", query));
    steps.extend([any(get(&known), "recipe"), served("recipe")]);
    let recipe = "^https?://.+/api/vllm/recipes/microsoft/Phi-4-mini-instruct$";
    steps.extend(moved(&format!("{known}/"), "recipe/", recipe));
    steps.extend(followed(&format!("{ROUTE}/"), "list followed"));
    steps.extend(followed(&format!("{known}/"), "recipe followed"));
    let post = ask("POST", &format!("{ROUTE}/resolve/"), Some(json!({})), 0, ANSWER);
    steps.extend([any(post, "resolve/"), Step::Expect(vec![status("resolve/").is(404)])]);
    steps
}

/// The request of the plan (`recipes.md` 4.4).
fn request(names: &Names) -> Value {
    json!({
        "name": "recipe-test",
        "namespace": names.namespace,
        "modelId": "microsoft/Phi-4-mini-instruct",
        "engine": "vllm",
        "provider": "vllm",
        "mode": "aggregated",
        "imageRef": "vllm/vllm-openai:cu130-nightly",
        "resources": { "gpu": 1 },
        "engineArgs": { "tensor-parallel-size": "1" },
        "engineExtraArgs": ["--enable-chunked-prefill"],
        "env": { "VLLM_USE_V1": "1", "NCCL_DEBUG": "INFO" },
        "recipeProvenance": {
            "source": "recipes.vllm.ai",
            "id": "microsoft/Phi-4-mini-instruct",
            "strategy": "latency",
            "hardware": "a100",
            "features": ["tool_calling"],
        },
    })
}

/// What has to hold of the object in the API server, whatever the shim makes of it.
fn written() -> Vec<Claim> {
    let annotations = json!({
        "airunway.ai/generated-by": "vllm-recipe-resolver",
        "airunway.ai/recipe.source": "recipes.vllm.ai",
        "airunway.ai/recipe.id": "microsoft/Phi-4-mini-instruct",
        "airunway.ai/recipe.strategy": "latency",
        "airunway.ai/recipe.hardware": "a100",
        "airunway.ai/recipe.features": "[\"tool_calling\"]",
    });
    let env = json!([{ "name": "VLLM_USE_V1", "value": "1" }, { "name": "NCCL_DEBUG", "value": "INFO" }]);
    let spec = |path: &str| of("object").at(format!(".spec.{path}"));
    vec![
        of("object")
            .at(".metadata.annotations")
            .members("^airunway\\.ai/(recipe\\.|generated-by$)", annotations),
        spec("env").is(env),
        spec("engine.args").is(json!({ "tensor-parallel-size": "1" })),
        spec("engine.extraArgs").is(json!(["--enable-chunked-prefill"])),
        spec("engine.image").is("vllm/vllm-openai:cu130-nightly"),
        spec("recipe").missing(),
    ]
}

fn from_recipe(names: &Names) -> Vec<Step> {
    let object = model(names, "recipe-test");
    let provenance = "generated-by=vllm-recipe-resolver, source=recipes.vllm.ai, id=microsoft/Phi-4-mini-instruct, \
                      strategy=latency, hardware=a100, features=[\"tool_calling\"]";
    let label = json!({ "metadata": { "labels": { RUN_LABEL: names.run } } });
    let mut steps = vec![
        any(get("/api/cluster/status"), "cluster"),
        Step::Judge(vec![
            ruling(
                [of("cluster").at(".body.connected").is(true)],
                Verdict::Pass,
                "the backend has a cluster",
            ),
            ruling(
                [of("cluster").at(".status").present()],
                Verdict::Inconclusive,
                "the web backend is not connected to a cluster",
            ),
        ]),
    ];
    steps.extend(cleared(&object));
    // Whatever comes of the request: the backend may have made it.
    steps.push(Step::Always(Act::Delete(object.clone())));
    steps.push(any(ask("POST", "/api/deployments", Some(request(names)), 0, ANSWER), "answer"));
    steps.push(Step::Judge(vec![
        ruling([status("answer").is(201)], Verdict::Pass, "the backend says that it is made"),
        ruling(
            [status("answer").is(500)],
            Verdict::Inconclusive,
            "the backend hides why the API server refused; its log and the events say",
        ),
    ]));
    steps.push(until("object", &object, ANSWER, [of("object").at(".metadata.name").is("recipe-test")]));
    let patch = Act::Patch(object.clone(), label);
    steps.push(Step::Do { act: patch, keep: "labelled", expected: Expected::Accepted });
    steps.push(act(Act::Read(object.clone()), "object"));
    steps.push(Step::Expect(written()));
    let resolved = [
        of("object").at(condition("RecipeResolved", "status")).is("True"),
        of("object").at(condition("RecipeResolved", "reason")).is("RecipeProvenanceResolved"),
        of("object").at(condition("RecipeResolved", "message")).is(provenance),
        of("object").at(".status.image.source").is("nightly"),
    ];
    steps.push(until("object", &object, minutes(1), resolved));
    steps
}
