//! Any schema against any object: `[schema, object]` as JSON.
#![no_main]

use kubectl_airunway::core::schema::{Schema, default, lists, prune, validate};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|text: &[u8]| {
    let Ok([schema, mut object]) = serde_json::from_slice::<[Value; 2]>(text) else { return };
    let Ok(schema) = Schema::compile(&schema) else { return };
    prune::prune(&mut object, &schema);
    default::fill(&mut object, &schema);
    validate::validate(&object, None, &schema);
    lists::validate(&object, &schema);
});
