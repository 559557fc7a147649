//! Plain documents: the same rules for all of them, checked over a table.

use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{ADMIN_KEY, TestServer, answered};

/// Collections anybody can create in, with a body.
fn collections() -> Vec<(&'static str, Value)> {
    vec![
        ("projectgroups", json!({ "Name": "One" })),
        ("environments", json!({ "Name": "One" })),
        ("lifecycles", json!({ "Name": "One" })),
        ("workerpools", json!({ "Name": "One" })),
        ("tagsets", json!({ "Name": "One" })),
        ("tenants", json!({ "Name": "One" })),
        ("libraryvariablesets", json!({ "Name": "One" })),
        ("proxies", json!({ "Name": "One", "Host": "proxy.example" })),
        (
            "accounts",
            json!({ "Name": "One", "AccountType": "Token", "Token": { "HasValue": true, "NewValue": "t0ken" } }),
        ),
    ]
}

#[tokio::test]
async fn documents_are_created_found_replaced_and_deleted() {
    let server = TestServer::start().await;
    for (collection, body) in collections() {
        let path = format!("/api/Spaces-1/{collection}");
        let made = server.post(&path, body.clone()).await;
        let own = made["Links"]["Self"].as_str().unwrap().to_owned();
        let mut addresses = vec![own.clone(), own.to_lowercase()];
        if made.get("Slug").is_some() {
            assert_eq!(made["Slug"], "one", "{made}");
            addresses.extend([
                format!("{path}/one"),
                format!("/api/{collection}/one"),
                format!("/api/spaces/default/{collection}/ONE"),
            ]);
        }
        for same in addresses {
            assert_eq!(server.get(&same).await, made, "{same}");
        }
        let slug = made.get("Slug").map_or(json!(null), |_| json!("one"));
        let mut changed = made.clone();
        changed["Name"] = json!("Two");
        changed["TheirOwn"] = json!({ "kept": [1] });
        let changed = server.put(&own, changed).await;
        assert_eq!(
            (&changed["Name"], &changed["Slug"], &changed["TheirOwn"]),
            (&json!("Two"), &slug, &json!({ "kept": [1] }))
        );
        assert_eq!(server.get(&own).await, changed);
        let mut again = body.clone();
        again.as_object_mut().unwrap().shift_remove("Name");
        again["name"] = json!(" tWo ");
        let taken = server.send(Method::POST, &path, Some(again)).await;
        assert_eq!(
            (taken.status, &taken.body["Code"]),
            (400, &json!("NameTaken")),
            "{}",
            taken.text
        );
        server.expect(Method::DELETE, &own, None, 200).await;
        let missing = server.send(Method::GET, &own, None).await;
        assert_eq!(
            missing.body["ErrorMessage"],
            format!(
                "The resource '{}' was not found.",
                made["Id"].as_str().unwrap()
            )
        );
    }
}

#[tokio::test]
async fn lists_are_paged_and_filtered_and_all_is_a_bare_array() {
    let server = TestServer::start().await;
    for (collection, body) in collections() {
        let path = format!("/api/Spaces-1/{collection}");
        let before = server.get(&path).await["TotalResults"].as_u64().unwrap();
        let mut ids = Vec::new();
        for n in 0..5 {
            let mut body = body.clone();
            body["Name"] = json!(format!("Item {n}"));
            ids.push(
                server.post(&path, body).await["Id"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        let page = server
            .get(&format!("{path}?skip=0&take=2&partialName=ITEM"))
            .await;
        assert_eq!(
            (
                page["TotalResults"].as_u64(),
                page["Items"].as_array().unwrap().len()
            ),
            (Some(5), 2)
        );
        let next = page["Links"]["Page.Next"].as_str().unwrap();
        assert_eq!(server.get(next).await["Items"][0]["Name"], "Item 2");
        let last = server
            .get(page["Links"]["Page.Last"].as_str().unwrap())
            .await;
        assert!(last["Links"].get("Page.Next").is_none());
        assert_eq!(
            server
                .get(&format!("{path}/all"))
                .await
                .as_array()
                .unwrap()
                .len() as u64,
            before + 5
        );
        assert_eq!(
            server.get(&format!("{path}?take=2147483647")).await["TotalResults"],
            before + 5
        );
        for query in [
            format!("ids={}&ids={}", ids[0], ids[1]),
            format!("ids={}%2C{}%2CNothing-9", ids[0], ids[1]),
        ] {
            assert_eq!(
                server.get(&format!("{path}?{query}")).await["TotalResults"],
                2,
                "{query}"
            );
        }
        assert_eq!(
            server.get(&format!("{path}?name=item+3")).await["Items"][0]["Name"],
            "Item 3"
        );
        assert_eq!(
            server.get(&format!("{path}?take=0")).await["Items"],
            json!([])
        );
        server
            .expect(Method::GET, &format!("{path}?take=many"), None, 400)
            .await;
    }
}

#[tokio::test]
async fn a_document_of_another_space_is_as_missing_as_one_that_never_was() {
    let server = TestServer::start().await;
    let me = server.get("/api/users/me").await["Id"].clone();
    let space = server
        .post(
            "/api/spaces",
            json!({ "Name": "Other", "SpaceManagersTeamMembers": [me] }),
        )
        .await;
    let space = space["Id"].as_str().unwrap();
    for (collection, body) in collections() {
        let foreign = server
            .post(&format!("/api/{space}/{collection}"), body.clone())
            .await;
        let id = foreign["Id"].as_str().unwrap();
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let body = (method == Method::PUT).then(|| body.clone());
            let path = format!("/api/Spaces-1/{collection}/{id}");
            let found = server.send(method.clone(), &path, body.clone()).await;
            let missing = server.send(method.clone(), &format!("{path}9"), body).await;
            assert_eq!(found.status, 404, "{method} {collection}");
            assert_eq!(
                found.text.replace(id, "X"),
                missing.text.replace(&format!("{id}9"), "X")
            );
        }
    }
}

#[tokio::test]
async fn a_change_of_something_older_than_what_is_saved_is_refused_when_it_says_so() {
    let server = TestServer::start().await;
    let made = server
        .post("/api/Spaces-1/environments", json!({ "Name": "One" }))
        .await;
    let own = made["Links"]["Self"].as_str().unwrap();
    let mut theirs = made.clone();
    theirs["Description"] = json!("theirs");
    server.advance_ms(1);
    let saved = server.put(own, theirs).await;
    let mut mine = made.clone();
    mine["Name"] = json!("Mine");
    let read_on = |of: &Value| format!("\"{}\"", of["LastModifiedOn"].as_str().unwrap());
    let url = format!("{}{own}", server.base);
    let put = |base: Option<String>| {
        let request = server
            .http
            .put(&url)
            .header("X-Octopus-ApiKey", ADMIN_KEY)
            .json(&mine);
        answered(match base {
            Some(base) => request.header("If-Match", base),
            None => request,
        })
    };
    let refused = put(Some(read_on(&made))).await;
    assert_eq!(
        (refused.status, &refused.body["Code"]),
        (409, &json!("StaleVersion"))
    );
    assert_eq!(
        refused.body["Facts"],
        json!({ "SavedBy": saved["LastModifiedBy"], "SavedOn": saved["LastModifiedOn"] })
    );
    assert_eq!(server.get(own).await, saved);
    assert_eq!(put(Some(read_on(&saved))).await.status, 200);
    // Whoever does not say what the change is based on has the last word.
    assert_eq!(put(None).await.status, 200);
}
