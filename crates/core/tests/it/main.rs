//! Tests of the domain through its public face: rules as properties, documents as snapshots.
#![recursion_limit = "256"]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod diff;
mod engine;
mod lifecycle;
mod ocl;
mod permission;
mod process_docs;
mod process_document;
mod process_fix;
mod process_graph;
mod process_lint;
mod process_outline;
mod process_plan;
mod process_validate;
mod queue;
mod resource;
mod structured;
mod structured_settings;
mod structured_xml;
mod structured_yaml;
mod xml_transform;
