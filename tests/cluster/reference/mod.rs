//! Tests of the double: the control plane is a real one, and the reference AI Runway on it shows what the real AI Runway
//! shows.

mod controlplane;
mod faults;
mod lapses;
mod recorder;
mod replay;
mod restart;
mod selection;
mod states;
