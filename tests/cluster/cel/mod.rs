//! CEL rules against a real API server: what it says of an object, word for word, is what is said here.

mod definition;
mod expressions;
mod limits;
mod schemas;
mod transitions;

use std::time::Duration;

use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, PostParams};
use kube::core::{GroupVersionKind, Status};
use kubectl_airunway::core::api_server::custom::{NoWebhooks, Request, review};
use kubectl_airunway::core::schema::Crd;
use serde_json::{Value, json};

use crate::cluster::{Cluster, Namespace};

/// One error: field, reason, message.
type Cause = (String, String, String);

/// What one side says of an object: the code, and for 422 the errors in order.
#[derive(Debug, PartialEq)]
struct Answer {
    code: u16,
    message: String,
    causes: Vec<Cause>,
}

/// A definition on the server, of one kind, in one namespace.
struct Kind<'a> {
    namespace: Namespace<'a>,
    plural: String,
    definition: Value,
}

impl<'a> Kind<'a> {
    /// Creates the definition.
    async fn create(cluster: &'a Cluster, plural: &str, schema: &Value) -> Kind<'a> {
        let namespace = cluster.namespace(plural).await;
        let definition = definition::of(plural, schema);
        let definitions = definitions(&namespace);
        // A definition outlives its test on a cluster that others share; its name is its own.
        let created = definitions
            .create(&PostParams::default(), &serde_json::from_value(definition.clone()).unwrap())
            .await;
        if let Err(error) = created {
            panic!("the server refuses the definition of {plural}: {}", explained(&error));
        }
        let kind = Kind { namespace, plural: plural.to_owned(), definition };
        kind.wait(|answer| answer.code != 404).await;
        kind
    }

    /// Replaces the schema, and waits until the server judges by it: `canary` is then refused.
    async fn replace(&mut self, schema: &Value, canary: &Value) {
        let definitions = definitions(&self.namespace);
        let name = format!("{}.test.example.com", self.plural);
        let mut definition = definition::of(&self.plural, schema);
        let current = definitions.get(&name).await.expect("the definition is there");
        definition["metadata"]["resourceVersion"] = json!(current.metadata.resource_version);
        let replaced = definitions
            .replace(&name, &PostParams::default(), &serde_json::from_value(definition.clone()).unwrap())
            .await;
        if let Err(error) = replaced {
            panic!("the server refuses the definition of {}: {}", self.plural, explained(&error));
        }
        self.definition = definition;
        for _ in 0..200 {
            if self.server(canary, None).await.code == 422 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not take up the new schema of {}", self.plural);
    }

    async fn wait(&self, is_ready: impl Fn(&Answer) -> bool) {
        for _ in 0..200 {
            if is_ready(&self.server(&json!({}), None).await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not serve {}", self.plural);
    }

    fn objects(&self) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("test.example.com", "v1", &definition::kind(&self.plural));
        let resource = ApiResource::from_gvk_with_plural(&kind, &self.plural);
        Api::namespaced_with(self.namespace.cluster.client(), &self.namespace.name, &resource)
    }

    fn object(&self, spec: &Value) -> Value {
        json!({"apiVersion": "test.example.com/v1", "kind": definition::kind(&self.plural),
            "metadata": {"name": "o", "namespace": self.namespace.name}, "spec": spec})
    }

    /// What the server says of an object with that `spec`: a new one, or one that replaces a stored one.
    async fn server(&self, spec: &Value, old: Option<&Value>) -> Answer {
        let mut object = self.object(spec);
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        let answer = match old {
            None => self.objects().create(&dry, &serde_json::from_value(object).unwrap()).await,
            Some(old) => {
                object["metadata"] = json!({"name": old["metadata"]["name"], "namespace": self.namespace.name,
                    "resourceVersion": old["metadata"]["resourceVersion"]});
                let name = old["metadata"]["name"].as_str().unwrap().to_owned();
                self.objects().replace(&name, &dry, &serde_json::from_value(object).unwrap()).await
            }
        };
        match answer {
            Ok(_) => Answer { code: 200, message: String::new(), causes: Vec::new() },
            Err(kube::Error::Api(status)) => answer_of(&status),
            Err(error) => panic!("{error}"),
        }
    }

    /// Stores an object and returns it as the server holds it.
    async fn store(&self, name: &str, spec: &Value) -> Value {
        let mut object = self.object(spec);
        object["metadata"]["name"] = json!(name);
        let created =
            self.objects().create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await;
        serde_json::to_value(created.unwrap_or_else(|error| panic!("{}", explained(&error)))).unwrap()
    }

    /// What is said here, and which rules were not evaluated.
    fn foretold(&self, spec: &Value, old: Option<&Value>) -> (Answer, Vec<String>) {
        let crd = Crd::compile(&self.definition, None).expect("a valid definition");
        let mut object = self.object(spec);
        if let Some(old) = old {
            object["metadata"]["name"] = old["metadata"]["name"].clone();
        }
        let request = Request { object: &object, old, namespace: &self.namespace.name, duplicates: &[] };
        let review = review(&request, &crd, &NoWebhooks);
        let open = review.findings.iter().filter(|finding| finding.rule == "rule-not-evaluated");
        let open = open.map(|finding| finding.message.clone()).collect();
        let answer = match review.denial {
            None => Answer { code: 200, message: String::new(), causes: Vec::new() },
            Some(denial) => Answer {
                code: denial.code,
                message: denial.message,
                causes: denial
                    .causes
                    .into_iter()
                    .map(|cause| (cause.field, cause.reason.to_owned(), cause.message))
                    .collect(),
            },
        };
        (answer, open)
    }

    /// The differences between the two, empty when there is none.
    async fn differences(&self, spec: &Value, old: Option<&Value>) -> Vec<String> {
        let server = self.server(spec, old).await;
        let (foretold, open) = self.foretold(spec, old);
        let mut differences: Vec<String> =
            open.into_iter().map(|what| format!("not evaluated: {what}")).collect();
        if server.code != foretold.code {
            differences.push(format!(
                "server: {} {}\n  here: {} {}",
                server.code, server.message, foretold.code, foretold.message
            ));
        }
        let missing = |these: &[Cause], those: &[Cause], name: &str| -> Vec<String> {
            let alone = these.iter().filter(|cause| !those.contains(cause));
            alone.map(|(field, reason, message)| format!("only {name}: {field} {reason} {message}")).collect()
        };
        differences.extend(missing(&server.causes, &foretold.causes, "the server"));
        differences.extend(missing(&foretold.causes, &server.causes, "here"));
        let of_one_field = |causes: &[Cause]| causes.windows(2).all(|pair| pair[0].0 == pair[1].0);
        if differences.is_empty() && of_one_field(&server.causes) && server.causes != foretold.causes {
            differences.push(format!("another order: {} and {}", server.message, foretold.message));
        }
        // The order of errors of sibling members is random on the server.
        if server.causes == foretold.causes && server.message != foretold.message {
            differences.push(format!("server: {}\n  here: {}", server.message, foretold.message));
        }
        differences
    }

    /// Removes the definition and all objects of it.
    async fn remove(self) {
        let name = format!("{}.test.example.com", self.plural);
        definitions(&self.namespace)
            .delete(&name, &DeleteParams::default())
            .await
            .expect("the definition can go");
    }
}

fn definitions(namespace: &Namespace<'_>) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let resource = ApiResource::from_gvk_with_plural(&kind, "customresourcedefinitions");
    Api::all_with(namespace.cluster.client(), &resource)
}

fn answer_of(status: &Status) -> Answer {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let causes =
        causes.map(|cause| (cause.field.clone(), cause.reason.clone(), cause.message.clone())).collect();
    Answer { code: status.code, message: status.message.clone(), causes }
}

fn explained(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => {
            let causes = status.details.iter().flat_map(|details| &details.causes);
            let causes: Vec<String> =
                causes.map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
            if causes.is_empty() { status.message.clone() } else { causes.join("\n") }
        }
        other => other.to_string(),
    }
}

fn assert_none(differences: &[String]) {
    assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
}
