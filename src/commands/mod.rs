//! Glue: one file per verb.
