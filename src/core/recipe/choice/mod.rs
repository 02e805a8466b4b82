//! What is chosen among what a recipe offers: hardware, variant, strategy, precision, features.

pub(in crate::core::recipe) mod feature_choice;
pub(in crate::core::recipe) mod features;
pub(in crate::core::recipe) mod locate;
pub(in crate::core::recipe) mod request;
pub(in crate::core::recipe) mod variants;
