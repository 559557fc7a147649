//! Machine policies.

use super::{Go, Type, part};

static POLICY_PART: Type = part(&[], &[]);

pub(in super::super) static MACHINE_POLICY: Type = Type {
    sent: &[
        ("ConnectionConnectTimeout", Go::Text),
        ("ConnectionRetryCountLimit", Go::Int),
        ("ConnectionRetrySleepInterval", Go::Text),
        ("ConnectionRetryTimeLimit", Go::Text),
        ("IsDefault", Go::Bool),
        ("MachineCleanupPolicy", Go::Pointer(&POLICY_PART)),
        ("MachineConnectivityPolicy", Go::Pointer(&POLICY_PART)),
        ("MachineHealthCheckPolicy", Go::Pointer(&POLICY_PART)),
        ("MachineUpdatePolicy", Go::Pointer(&POLICY_PART)),
        ("Name", Go::Text),
        ("PollingRequestQueueTimeout", Go::Text),
    ],
    optional: &[("Description", Go::Text), ("SpaceId", Go::Text)],
    required: &[
        "ConnectionConnectTimeout",
        "ConnectionRetryCountLimit",
        "ConnectionRetrySleepInterval",
        "ConnectionRetryTimeLimit",
        "PollingRequestQueueTimeout",
    ],
    is_resource: true,
};
