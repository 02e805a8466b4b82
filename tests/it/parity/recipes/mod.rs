//! Recipes: the whole site, walked, and the answers of AI Runway's own resolver.

mod docs;
mod features;
mod llmd;
mod old_resolver;
mod oracle;
mod pd_cluster;
mod properties;
mod site;
mod variants;
mod walk;
