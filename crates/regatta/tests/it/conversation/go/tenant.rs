//! Tenants.

use super::{Go, TEXTS, Type};

pub(in super::super) static TENANT: Type = Type {
    sent: &[
        ("ClonedFromTenantId", Go::Text),
        ("Description", Go::Text),
        ("Name", Go::Text),
        ("SpaceId", Go::Text),
        ("IsDisabled", Go::Bool),
    ],
    optional: &[
        ("ProjectEnvironments", Go::Map(&TEXTS)),
        ("TenantTags", TEXTS),
    ],
    required: &["Name"],
    is_resource: true,
};
