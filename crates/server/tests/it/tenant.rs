//! Tag sets, library variable sets and tenants: how they hang together, and what they refuse.

use regatta_core::secret::Sealed;
use regatta_store::{Place, Vault};
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::TestServer;

const SPACE: &str = "/api/Spaces-1";

fn id(made: &Value) -> String {
    made["Id"].as_str().unwrap().to_owned()
}

/// A server with two environments, a tag set, a library set with a template, and a tenanted project that includes it.
async fn shop() -> (TestServer, Value, String) {
    let server = TestServer::start().await;
    for name in ["Test", "Production"] {
        server
            .post(&format!("{SPACE}/environments"), json!({ "Name": name }))
            .await;
    }
    server
        .post(
            &format!("{SPACE}/tagsets"),
            json!({ "Name": "Ring", "Tags": [{ "Name": "Beta" }, { "Name": "Stable", "Color": "#00ff00" }] }),
        )
        .await;
    let library = server
        .post(
            &format!("{SPACE}/libraryvariablesets"),
            json!({ "Name": "Customers", "Templates": [
                { "Name": "Host", "DisplaySettings": { "Octopus.ControlType": "SingleLineText" } },
                { "Name": "Licence", "DisplaySettings": { "Octopus.ControlType": "Sensitive" } },
            ] }),
        )
        .await;
    let project = server
        .post(
            &format!("{SPACE}/projects"),
            json!({
                "Name": "Shop", "ProjectGroupId": "ProjectGroups-1", "LifecycleId": "Lifecycles-1",
                "TenantedDeploymentMode": "TenantedOrUntenanted", "IncludedLibraryVariableSetIds": [id(&library)],
                "Templates": [{ "Name": "Port", "DefaultValue": "80" }],
            }),
        )
        .await;
    (server, library, id(&project))
}

#[tokio::test]
async fn tags_get_ids_and_names_and_are_checked_where_they_are_carried() {
    let (server, _, _) = shop().await;
    let sets = server.get(&format!("{SPACE}/tagsets/all")).await;
    let tags = &sets[0]["Tags"];
    assert_eq!(tags[0]["Id"], "TagSets-1/Tags-1");
    assert_eq!(tags[1]["CanonicalTagName"], "Ring/Stable");
    assert_eq!(
        (&tags[0]["Color"], &tags[1]["Color"]),
        (&json!("#333333"), &json!("#00ff00"))
    );
    let refused = server
        .send(
            Method::POST,
            &format!("{SPACE}/tenants"),
            Some(json!({ "Name": "Acme", "TenantTags": ["Ring/Gamma", "Beta"], "ProjectEnvironments": { "Projects-9": [] } })),
        )
        .await;
    assert_eq!(
        refused.body["Errors"],
        json!([
            "TenantTags: 'Ring/Gamma': the tag set 'Ring' has no such tag.",
            "TenantTags: 'Beta' is no tag. Write it as `Tag set/Tag`."
        ])
    );
    for bad in [
        json!({ "Name": "A/B" }),
        json!({ "Name": "Colours", "Tags": [{ "Name": "Red", "Color": "red" }] }),
        json!({ "Name": "Twice", "Tags": [{ "Name": "x" }, { "Name": "X" }] }),
    ] {
        server
            .expect(Method::POST, &format!("{SPACE}/tagsets"), Some(bad), 400)
            .await;
    }
}

#[tokio::test]
async fn a_renamed_tag_is_renamed_where_it_is_carried_and_a_carried_one_cannot_go() {
    let (server, _, project) = shop().await;
    let tenant = server
        .post(
            &format!("{SPACE}/tenants"),
            json!({ "Name": "Acme", "TenantTags": ["Ring/Beta"], "ProjectEnvironments": { &project: ["Environments-1"] } }),
        )
        .await;
    let own = format!("{SPACE}/tagsets/TagSets-1");
    let mut set = server.get(&own).await;
    set["Name"] = json!("Release ring");
    set["Tags"][0]["Name"] = json!("Early");
    server.put(&own, set.clone()).await;
    let after = server
        .get(&format!("{SPACE}/tenants/{}", id(&tenant)))
        .await;
    assert_eq!(after["TenantTags"], json!(["Release ring/Early"]));
    let found = server
        .get(&format!("{SPACE}/tenants?tags=Release+ring/Early"))
        .await;
    assert_eq!(found["TotalResults"], 1);
    set["Tags"].as_array_mut().unwrap().remove(0);
    let refused = server.send(Method::PUT, &own, Some(set)).await;
    assert_eq!(
        refused.body["Errors"],
        json!([
            "Tags: the tenant 'Acme' has the tag release ring/early. Take it away there first."
        ])
    );
    server.expect(Method::DELETE, &own, None, 400).await;
}

#[tokio::test]
async fn tenants_are_found_by_tags_of_which_those_of_one_set_are_alternatives() {
    let (server, _, _) = shop().await;
    server
        .post(
            &format!("{SPACE}/tagsets"),
            json!({ "Name": "Region", "Tags": [{ "Name": "EU" }, { "Name": "US" }] }),
        )
        .await;
    for (name, tags) in [
        ("A", json!(["Ring/Beta", "Region/EU"])),
        ("B", json!(["Ring/Stable", "Region/EU"])),
        ("C", json!(["Ring/Beta", "Region/US"])),
    ] {
        server
            .post(
                &format!("{SPACE}/tenants"),
                json!({ "Name": name, "TenantTags": tags }),
            )
            .await;
    }
    for (tags, expected) in [
        ("Region/EU", json!(["A", "B"])),
        ("Region/EU,Ring/Beta", json!(["A"])),
        ("Ring/Beta,Ring/Stable,Region/US", json!(["C"])),
    ] {
        let found = server.get(&format!("{SPACE}/tenants?tags={tags}")).await;
        let names: Value = found["Items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tenant| tenant["Name"].clone())
            .collect();
        assert_eq!(names, expected, "{tags}");
    }
    let test = server
        .get(&format!(
            "{SPACE}/tenants/tag-test?tenantIds=Tenants-2&tags=Ring/Beta,Region/EU"
        ))
        .await;
    assert_eq!(
        test,
        json!({ "Tenants-2": { "IsMatched": false, "MissingTags": ["Ring/Beta"] } })
    );
}

#[tokio::test]
async fn a_tenant_gives_values_in_both_forms_and_secrets_are_never_answered() {
    let (server, library, project) = shop().await;
    let tenant = server
        .post(
            &format!("{SPACE}/tenants"),
            json!({ "Name": "Acme", "ProjectEnvironments": { &project: ["Environments-1"] } }),
        )
        .await;
    let own = format!("{SPACE}/tenants/{}/variables", id(&tenant));
    let missing = server
        .get(&format!("{SPACE}/tenants/variables-missing"))
        .await;
    assert_eq!(missing[0]["MissingVariables"].as_array().unwrap().len(), 2);
    let mut whole = server.get(&own).await;
    let set = id(&library);
    let (host, licence) = (
        library["Templates"][0]["Id"].as_str().unwrap(),
        library["Templates"][1]["Id"].as_str().unwrap(),
    );
    let port = whole["ProjectVariables"][&project]["Templates"][0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    whole["LibraryVariables"][&set]["Variables"] = json!({
        host: "acme.example", licence: { "HasValue": true, "NewValue": "L1CENCE-canary" },
    });
    whole["ProjectVariables"][&project]["Variables"]["Environments-1"] = json!({ &port: "8443" });
    let stored = server.put(&own, whole.clone()).await;
    assert_eq!(
        stored["LibraryVariables"][&set]["Variables"],
        json!({ host: "acme.example", licence: { "HasValue": true, "NewValue": null, "Hint": null } })
    );
    // The token of before the save is stale now.
    assert_eq!(
        server.send(Method::POST, &own, Some(whole)).await.status,
        409
    );
    // What the server says can be sent back as it is; the secret stays.
    assert_eq!(
        server
            .expect(Method::PUT, &own, Some(stored.clone()), 200)
            .await["LibraryVariables"],
        stored["LibraryVariables"]
    );
    let common = server
        .get(&format!(
            "{SPACE}/tenants/{}/commonvariables?includeMissingVariables=true",
            id(&tenant)
        ))
        .await;
    assert_eq!(common["Variables"].as_array().unwrap().len(), 2);
    assert_eq!(common["MissingVariables"], json!([]));
    let clone = server
        .post(
            &format!("{SPACE}/tenants?clone={}", id(&tenant)),
            json!({ "Name": "Acme 2" }),
        )
        .await;
    assert_eq!(clone["ClonedFromTenantId"], tenant["Id"]);
    let copied = server
        .get(&format!("{SPACE}/tenants/{}/variables", id(&clone)))
        .await;
    assert_eq!(
        copied["LibraryVariables"][&set]["Variables"],
        stored["LibraryVariables"][&set]["Variables"]
    );
}

#[tokio::test]
async fn a_library_set_has_variables_of_its_own_and_stays_while_it_is_included() {
    let (server, library, _) = shop().await;
    let own = library["Links"]["Variables"].as_str().unwrap().to_owned();
    let mut set = server.get(&own).await;
    set["Variables"] =
        json!([{ "Name": "Shared", "Value": "1", "Scope": { "Environment": ["Environments-1"] } }]);
    assert_eq!(
        server.put(&own, set.clone()).await["Variables"][0]["Value"],
        "1"
    );
    set["Version"] = json!(1);
    set["Variables"][0]["Scope"] = json!({ "Action": ["x"] });
    server.expect(Method::PUT, &own, Some(set), 400).await;
    let refused = server
        .send(
            Method::DELETE,
            library["Links"]["Self"].as_str().unwrap(),
            None,
        )
        .await;
    assert_eq!(
        refused.body["Errors"],
        json!(["The project 'Shop' includes this set. Take it out there first."])
    );
}

#[tokio::test]
async fn accounts_are_checked_by_kind_and_keep_their_secrets() {
    let server = TestServer::start().await;
    let path = format!("{SPACE}/accounts");
    let refused = server
        .send(
            Method::POST,
            &path,
            Some(json!({ "Name": "Cloud", "AccountType": "AmazonWebServicesAccount", "AccessKey": "AK" })),
        )
        .await;
    assert_eq!(
        refused.body["Errors"],
        json!(["SecretKey: a AmazonWebServicesAccount account needs it."])
    );
    let made = server
        .post(
            &path,
            json!({ "Name": "Cloud", "AccountType": "amazonwebservicesaccount", "AccessKey": "AK",
                "SecretKey": { "HasValue": true, "NewValue": "s3cret" } }),
        )
        .await;
    assert_eq!(made["AccountType"], "AmazonWebServicesAccount");
    assert_eq!(
        made["SecretKey"],
        json!({ "HasValue": true, "NewValue": null, "Hint": null })
    );
    // Sent back as it was answered, the secret stays; without it the account would lack one.
    let own = made["Links"]["Self"].as_str().unwrap();
    let kept = server.put(own, made.clone()).await;
    assert_eq!(kept["SecretKey"]["HasValue"], true);
    let mut other = made.clone();
    other["AccountType"] = json!("Token");
    server.expect(Method::PUT, own, Some(other), 400).await;
    let usages = server.get(&format!("{own}/usages")).await;
    assert_eq!(usages["Targets"], json!([]));
}

#[tokio::test]
async fn a_value_for_a_projects_template_needs_an_environment_the_tenant_gets() {
    let (server, _, project) = shop().await;
    let tenant = server
        .post(
            &format!("{SPACE}/tenants"),
            json!({ "Name": "Acme", "ProjectEnvironments": { &project: ["Environments-1"] } }),
        )
        .await;
    let whole = server
        .get(&format!("{SPACE}/tenants/{}/variables", id(&tenant)))
        .await;
    let port = &whole["ProjectVariables"][&project]["Templates"][0]["Id"];
    let scoped = server
        .put(
            &format!("{SPACE}/tenants/{}/projectvariables", id(&tenant)),
            json!({ "Variables": [{ "ProjectId": project, "TemplateId": port, "Value": "9000", "Scope": { "EnvironmentIds": ["Environments-1"] } }] }),
        )
        .await;
    assert_eq!(scoped["Variables"][0]["Value"], "9000");
    let refused = server
        .send(
            Method::PUT,
            &format!("{SPACE}/tenants/{}/projectvariables", id(&tenant)),
            Some(json!({ "Variables": [{ "ProjectId": project, "TemplateId": port, "Value": "1", "Scope": { "EnvironmentIds": ["Environments-2"] } }] })),
        )
        .await;
    assert_eq!(
        refused.body["Errors"],
        json!([
            "Variables[0].Scope.EnvironmentIds: the tenant has no connection to 'Environments-2'."
        ])
    );
}

/// What a tenant gets that gives no value of its own is part of the project, secret or not.
#[tokio::test]
async fn a_cloned_project_keeps_the_secret_defaults_of_its_templates() {
    const SECRET: &str = "default-of-the-template";
    let (server, _, project) = shop().await;
    let own = format!("{SPACE}/projects/{project}");
    let mut changed = server.get(&own).await;
    changed["Templates"] = json!([
        { "Name": "Licence", "DisplaySettings": { "Octopus.ControlType": "Sensitive" }, "DefaultValue": { "HasValue": true, "NewValue": SECRET } },
        { "Name": "Port", "DefaultValue": "80" },
    ]);
    server.put(&own, changed).await;
    let clone = server
        .post(
            &format!("{SPACE}/projects?clone={project}"),
            json!({ "Name": "Copy" }),
        )
        .await;
    let template = &clone["Templates"][0];
    assert_eq!(
        template["DefaultValue"],
        json!({ "HasValue": true, "NewValue": null, "Hint": null })
    );
    assert_eq!(clone["Templates"][1]["DefaultValue"], "80");

    let store = server.store().await;
    let key = server.data_dir.path().join("data/master.key");
    let vault = Vault::open(&key, &store).await.unwrap();
    let stored = store
        .read()
        .await
        .unwrap()
        .document("Projects", &id(&clone))
        .await;
    let stored: Value = serde_json::from_str(&stored.unwrap().unwrap().body).unwrap();
    let sealed = stored["Templates"][0]["DefaultValue"]["Sealed"]
        .as_str()
        .unwrap();
    let place = Place {
        kind: "Projects",
        id: &id(&clone),
        field: &format!("Templates[{}].DefaultValue", id(template)),
    };
    let opened = vault
        .open_sealed(place, &Sealed(sealed.to_owned()))
        .unwrap();
    assert_eq!(opened.expose(), SECRET);
}

/// Octopus' CLI prints the default of a template without a value, and stops where there is none.
#[tokio::test]
async fn a_template_without_a_default_is_shown_to_tenants_with_an_empty_one() {
    let (server, library, project) = shop().await;
    let body =
        json!({ "Name": "Acme", "ProjectEnvironments": { project.clone(): ["Environments-1"] } });
    let tenant = server.post(&format!("{SPACE}/tenants"), body).await;
    let own = format!("{SPACE}/tenants/{}", id(&tenant));
    let shown = server.get(&format!("{own}/variables")).await;
    let of = |index: usize| &shown["LibraryVariables"][id(&library)]["Templates"][index];
    assert_eq!(of(0)["DefaultValue"], "");
    assert_eq!(of(1)["DefaultValue"]["HasValue"], false);
    let port = &shown["ProjectVariables"][&project]["Templates"][0];
    assert_eq!(port["DefaultValue"], "80");
    let missing = server
        .get(&format!(
            "{own}/commonvariables?includeMissingVariables=true"
        ))
        .await;
    assert_eq!(
        missing["MissingVariables"][0]["Template"]["DefaultValue"],
        ""
    );
    // The set itself is answered as it was sent.
    let set = server
        .get(&format!("{SPACE}/libraryvariablesets/{}", id(&library)))
        .await;
    assert!(set["Templates"][0].get("DefaultValue").is_none(), "{set}");
}
