//! Environments.

use super::{Go, TEXTS, Type};

pub(in super::super) static ENVIRONMENT: Type = Type {
    sent: &[
        ("AllowDynamicInfrastructure", Go::Bool),
        ("Name", Go::Text),
        ("SortOrder", Go::Int),
        ("UseGuidedFailure", Go::Bool),
        ("SpaceId", Go::Text),
    ],
    optional: &[("Description", Go::Text), ("EnvironmentTags", TEXTS)],
    required: &["Name"],
    is_resource: true,
};
