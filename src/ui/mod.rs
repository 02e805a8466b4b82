//! Presentation of the program talking: streams, progress, tables, prompts.
