//! `core` against the recorded answers of a real AI Runway (`tests/fixtures/parity`) and of the other products' operators.

mod admission;
mod admission_advice;
mod admission_definitions;
mod admission_docs;
mod admission_golibs;
mod admission_properties;
mod api;
mod cel;
mod children;
mod children_any;
mod children_dynamo;
mod model_service;
mod ogx;
mod recipes;
mod records;
mod selection;
mod settled;
mod workloads;
mod yaml;
