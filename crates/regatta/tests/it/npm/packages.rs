//! Packages pushed by the client, and what is known of their builds.

use serde_json::json;

use super::{run, texts, traffic};
use crate::installation::Installation;

/// More than the bodies of other requests may have.
const LARGE_BYTES: u64 = 64 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn packages_of_any_size_are_pushed_found_and_know_their_build() {
    let installation = Installation::start().await;
    let told = run(
        &installation,
        "packages",
        &json!({ "largeBytes": LARGE_BYTES }),
    )
    .await;
    insta::assert_snapshot!("npm_packages_traffic", traffic(&installation).await);
    let packages = installation.get("/api/Spaces-1/packages?take=100").await;
    let mut kept: Vec<_> = texts(&packages["Items"], "Id");
    kept.sort_unstable();
    let wanted = [
        "packages-Large.1.0.0",
        "packages-Shop.Web.1.0.0",
        "packages-Shop.Web.1.2.0",
    ];
    assert_eq!(kept, wanted);
    let large = installation
        .get("/api/Spaces-1/packages/packages-Large.1.0.0")
        .await;
    assert!(
        large["PackageSizeBytes"].as_u64() > Some(LARGE_BYTES),
        "{large}"
    );

    assert!(
        told["again"]
            .to_string()
            .contains("A package with the same name and version already exists"),
        "{}",
        told["again"]
    );
    let twice = "Metadata for the specified Package ID and version already exists.";
    assert!(
        told["buildAgain"].to_string().contains(twice),
        "{}",
        told["buildAgain"]
    );
    assert_eq!(told["filtered"]["TotalResults"], 2, "{}", told["filtered"]);
    assert_eq!(texts(&told["named"]["Items"], "Version"), ["1.2.0"]);
    let own = installation
        .get("/api/Spaces-1/packages/packages-Shop.Web.1.2.0")
        .await;
    assert_eq!(told["got"], own);
    let build = &own["PackageVersionBuildInformation"];
    assert_eq!(
        (&build["VcsCommitNumber"], &build["BuildNumber"]),
        (&json!("abc123"), &json!("42")),
        "{own}"
    );
    let feeds = installation.get("/api/Spaces-1/feeds?take=1").await;
    assert_eq!(
        feeds["Items"][0]["FeedType"], "BuiltIn",
        "the built-in feed is the first"
    );
}
