//! The machine, over small scripts of its own.
