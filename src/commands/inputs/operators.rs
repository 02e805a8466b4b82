//! `--operator` and `--operator-from`: what the operators behind kinds were started with.

use crate::commands::completion;
use crate::core::kind::operator::{FromManifest, Operator, OperatorValues, Origin, Unknown, operators};
use crate::core::kubernetes::json::text_at;
use crate::core::kubernetes::resource::DEPLOYMENT;
use crate::error::{Error, Result};
use crate::io::cluster::{Cluster, ClusterError};
use crate::io::files;
use std::path::PathBuf;

/// What the operators behind kinds were started with.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Rules")]
pub struct OperatorArgs {
    /// What the operator behind a kind was started with, [NAME:]KEY=VALUE; default: its own defaults; repeatable
    #[arg(long, value_name = "KEY=VALUE", add = completion::operator_inputs(), hide_short_help = true)]
    pub operator: Vec<String>,

    /// File with the operator's Deployment, or with keys and values
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, hide_short_help = true)]
    pub operator_from: Option<PathBuf>,
}

impl OperatorArgs {
    /// The values that were given; flags count before the file.
    ///
    /// # Errors
    /// A usage error for a key or a value that no operator takes; a file that cannot be read or says nothing.
    pub fn resolve(self) -> Result<OperatorValues> {
        let OperatorArgs { operator, operator_from } = self;
        let mut values = OperatorValues::default();
        for text in &operator {
            values.add(text, &Origin::Flag).map_err(|unknown| wrong("--operator", unknown))?;
        }
        if let Some(path) = operator_from {
            let name = path.display().to_string();
            let mut found = false;
            for document in files::read_documents(&path)? {
                let read = OperatorValues::of_document(&document.value, &Origin::File(name.clone()))
                    .map_err(|unknown| wrong("--operator-from", unknown))?;
                if let FromManifest::Values(of_document) = read {
                    values.fill(of_document);
                    found = true;
                }
            }
            if !found {
                let known: Vec<&str> = operators().map(|operator| operator.image).collect();
                return Err(Error::usage(format!("{name} says nothing of an operator")).hint(format!(
                    "give the operator's Deployment ({}), or a file of keys and values",
                    known.join(", ")
                )));
            }
        }
        Ok(values)
    }
}

fn wrong(flag: &str, unknown: Unknown) -> Error {
    Error::usage(format!("invalid value for {flag}: {}", unknown.message)).hint(unknown.hint)
}

/// Adds what an operator's Deployment in the cluster says; what was given counts before it. One that may not be read, or
/// is not there, adds nothing.
///
/// # Errors
/// A cluster that does not answer, a value that the operator does not take.
pub async fn add_live(cluster: &Cluster, operator: &Operator, values: &mut OperatorValues) -> Result<()> {
    let list = match cluster.list(&DEPLOYMENT, None, Some(operator.selector)).await {
        Ok(list) => list,
        Err(
            ClusterError::Forbidden { .. }
            | ClusterError::NotFound { .. }
            | ClusterError::UnknownResource { .. },
        ) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for deployment in &list.items {
        let name = format!(
            "{}/{}",
            text_at(deployment, "/metadata/namespace"),
            text_at(deployment, "/metadata/name")
        );
        let mut typed = deployment.clone();
        // Items of a list do not say their kind.
        if let Some(members) = typed.as_object_mut() {
            members.insert("kind".to_owned(), DEPLOYMENT.kind.into());
        }
        let read = OperatorValues::of_document(&typed, &Origin::Cluster(name.clone()))
            .map_err(|unknown| Error::failure(format!("Deployment {name}: {}", unknown.message)))?;
        if let FromManifest::Values(of_cluster) = read {
            values.fill(of_cluster);
        }
    }
    Ok(())
}
