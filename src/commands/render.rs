//! STUB
#![allow(missing_docs)]
use super::globals::GlobalArgs;
use crate::{error::Result, exit::Exit, ui::Ui};
#[derive(Debug, clap::Args)]
pub struct RenderArgs {}
#[derive(Debug)]
pub struct RenderSettings;
impl RenderSettings {
    pub fn resolve(_: RenderArgs, _: GlobalArgs) -> Result<RenderSettings> {
        Ok(RenderSettings)
    }
}
pub fn run(_: RenderSettings, _: &mut Ui) -> Result<Exit> {
    Ok(Exit::Success)
}
