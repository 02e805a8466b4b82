//! The test plan without a cluster: every check over a world that is played to it, green, red and in between.

mod edits;
mod page;
mod player;
mod reds_beyond;
mod reds_plan;
mod reds_plan_late;
mod reds_preconditions;
mod world;
mod worlds;
