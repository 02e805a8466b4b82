//! `io` against servers and files that behave in every way there is, without the binary.

mod layers;
mod recipes;
mod registry;
