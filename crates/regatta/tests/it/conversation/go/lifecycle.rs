//! Lifecycles and what they keep.

use super::{Go, TEXTS, Type, part};

pub(super) static RETENTION: Type = part(
    &[
        ("QuantityToKeep", Go::Int),
        ("ShouldKeepForever", Go::Bool),
        ("Unit", Go::Text),
    ],
    &[("Strategy", Go::Text)],
);

static PHASE: Type = Type {
    sent: &[
        ("AutomaticDeploymentTargets", TEXTS),
        ("IsOptionalPhase", Go::Bool),
        ("MinimumEnvironmentsBeforePromotion", Go::Int),
        ("Name", Go::Text),
        ("OptionalDeploymentTargets", TEXTS),
        ("ReleaseRetentionPolicy", Go::Pointer(&RETENTION)),
        ("TentacleRetentionPolicy", Go::Pointer(&RETENTION)),
    ],
    optional: &[("Id", Go::Text)],
    required: &["Name"],
    is_resource: false,
};

pub(in super::super) static LIFECYCLE: Type = Type {
    sent: &[
        ("Name", Go::Text),
        ("ReleaseRetentionPolicy", Go::Struct(&RETENTION)),
        ("TentacleRetentionPolicy", Go::Struct(&RETENTION)),
    ],
    optional: &[
        ("Description", Go::Text),
        ("Phases", Go::List(&Go::Struct(&PHASE))),
        ("SpaceId", Go::Text),
    ],
    required: &["Name"],
    is_resource: true,
};
