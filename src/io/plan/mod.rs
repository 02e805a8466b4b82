//! What the test plan does outside the program, beside its requests.

pub mod bundle;
