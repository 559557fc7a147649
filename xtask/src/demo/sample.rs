//! The two sample projects: what their steps are called, what they wait for and how long they pretend to work.
//! One minute of a real deployment is one second here.

/// A deployment target the samples run on, with its target tag.
pub(crate) const TARGETS: [(&str, &str); 5] = [
    ("db-01", "db"),
    ("web-01", "web"),
    ("web-02", "web"),
    ("web-03", "web"),
    ("web-04", "web"),
];

/// When a sample step starts, as people choose it in the Run Condition and Dependencies sections.
pub(crate) enum Starts {
    /// Run after previous steps.
    AfterPrevious,
    /// Run in parallel, waiting for these steps (slugs); none = with the deployment.
    After(&'static [&'static str]),
}

/// What a sample step does.
pub(crate) enum Work {
    /// Pretend to work for this many milliseconds.
    Busy(u32),
    /// Work, then hand `SchemaVersion` on as an output variable.
    SetsSchemaVersion(u32),
    /// Read `SchemaVersion` of `migrate-database`; fails if it did not arrive.
    ReadsSchemaVersion(u32),
    /// Fail on the first attempt; succeed on the second.
    FailsOnce(u32),
    /// Wait for a person.
    Approval,
}

pub(crate) struct SampleStep {
    pub(crate) name: &'static str,
    /// Target tag; `None` = once on a worker.
    pub(crate) on: Option<&'static str>,
    pub(crate) starts: Starts,
    pub(crate) work: Work,
}

pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) steps: &'static [SampleStep],
}

const fn step(
    name: &'static str,
    on: Option<&'static str>,
    starts: Starts,
    work: Work,
) -> SampleStep {
    SampleStep {
        name,
        on,
        starts,
        work,
    }
}

use Starts::{After, AfterPrevious};
use Work::{Approval, Busy, FailsOnce, ReadsSchemaVersion, SetsSchemaVersion};

/// Seven steps in three lanes.
pub(crate) const WEB_SHOP: Sample = Sample {
    name: "Web shop",
    steps: &[
        step("Back up database", Some("db"), AfterPrevious, Busy(667)),
        step(
            "Migrate database",
            Some("db"),
            After(&["back-up-database"]),
            Busy(1833),
        ),
        step(
            "Upload assets",
            None,
            After(&["back-up-database"]),
            Busy(917),
        ),
        step("Warm cache", None, After(&["back-up-database"]), Busy(2167)),
        step(
            "Deploy API",
            Some("web"),
            After(&["migrate-database"]),
            Busy(2083),
        ),
        step(
            "Deploy web",
            Some("web"),
            After(&["migrate-database", "upload-assets"]),
            Busy(1667),
        ),
        step("Smoke test", None, AfterPrevious, Busy(750)),
    ],
};

/// Twenty-one steps: an approval, an output variable passed along, a step that fails once and is retried.
pub(crate) const WEB_SHOP_COMPLETE: Sample = Sample {
    name: "Web shop complete",
    steps: &[
        step("Check prerequisites", None, AfterPrevious, Busy(200)),
        step(
            "Back up database",
            Some("db"),
            After(&["check-prerequisites"]),
            Busy(600),
        ),
        step(
            "Build search index",
            None,
            After(&["check-prerequisites"]),
            Busy(1500),
        ),
        step(
            "Upload assets",
            None,
            After(&["check-prerequisites"]),
            Busy(800),
        ),
        step("Purge CDN", None, After(&["upload-assets"]), FailsOnce(300)),
        step(
            "Approve schema change",
            None,
            After(&["check-prerequisites"]),
            Approval,
        ),
        step(
            "Migrate database",
            Some("db"),
            After(&["back-up-database", "approve-schema-change"]),
            SetsSchemaVersion(900),
        ),
        step(
            "Verify schema",
            None,
            After(&["migrate-database"]),
            ReadsSchemaVersion(200),
        ),
        step(
            "Deploy catalogue API",
            Some("web"),
            After(&["verify-schema"]),
            Busy(700),
        ),
        step(
            "Deploy basket API",
            Some("web"),
            After(&["verify-schema"]),
            Busy(600),
        ),
        step(
            "Deploy payment API",
            Some("web"),
            After(&["verify-schema"]),
            Busy(800),
        ),
        step(
            "Deploy search API",
            Some("web"),
            After(&["verify-schema", "build-search-index"]),
            Busy(500),
        ),
        step(
            "Deploy web",
            Some("web"),
            After(&["verify-schema", "purge-cdn"]),
            Busy(700),
        ),
        step(
            "Warm catalogue cache",
            None,
            After(&["deploy-catalogue-api"]),
            Busy(500),
        ),
        step(
            "Warm search cache",
            None,
            After(&["deploy-search-api"]),
            Busy(400),
        ),
        step(
            "Test basket",
            None,
            After(&["deploy-basket-api", "deploy-catalogue-api"]),
            Busy(400),
        ),
        step(
            "Test payment",
            None,
            After(&["deploy-payment-api", "deploy-basket-api"]),
            Busy(500),
        ),
        step(
            "Test search",
            None,
            After(&["warm-search-cache"]),
            Busy(300),
        ),
        step(
            "Test checkout",
            None,
            After(&["deploy-web", "test-basket", "test-payment"]),
            Busy(600),
        ),
        step(
            "Switch traffic",
            Some("web"),
            After(&["test-checkout", "test-search", "warm-catalogue-cache"]),
            Busy(300),
        ),
        step("Announce", None, AfterPrevious, Busy(100)),
    ],
};
