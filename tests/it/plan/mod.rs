//! The test plan without a cluster: every check over a world that is played to it, green, red and in between.

mod edits;
mod page;
mod player;
mod world;
mod worlds;
