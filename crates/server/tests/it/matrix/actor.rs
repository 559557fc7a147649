//! Somebody with a role, and what the table of operations says they may do.

use std::collections::BTreeSet;

use regatta_core::permission::Permission as P;
use serde_json::{Value, json};

use super::operation::Tried;
use super::row::Needs;
use crate::test_server::TestServer;

/// See the module.
pub(super) struct Actor {
    pub(super) name: String,
    pub(super) user_id: String,
    pub(super) key: String,
    space: BTreeSet<P>,
    system: BTreeSet<P>,
}

/// What must come out of a try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    LetIn,
    /// A list without anything in it.
    Empty,
    /// 403 naming one of these.
    Refused(Vec<P>),
    /// The answer of a document that was never made.
    Hidden,
}

impl Actor {
    /// A user who holds the role in the space and in the system.
    pub(super) async fn new(
        server: &TestServer,
        space: &str,
        role: (&str, &str),
        permissions: (&[P], &[P]),
    ) -> Self {
        let (name, role_id) = role;
        let user = user(server, name).await;
        let team = json!({ "Name": format!("Team of {name}"), "MemberUserIds": [user] });
        let team = server.post("/api/teams", team).await;
        for place in [json!(space), Value::Null] {
            let grant = json!({ "TeamId": team["Id"], "UserRoleId": role_id, "SpaceId": place });
            server.post("/api/scopeduserroles", grant).await;
        }
        let key = key(server, &user, Value::Null).await;
        let (space, system) = (BTreeSet::new(), BTreeSet::new());
        let mut actor = Self {
            name: name.to_owned(),
            user_id: user,
            key,
            space,
            system,
        };
        actor.holds_only(permissions.0, permissions.1);
        actor
    }

    /// Its role was changed to these.
    pub(super) fn holds_only(&mut self, space: &[P], system: &[P]) {
        self.space = space.iter().copied().collect();
        self.system = system.iter().copied().collect();
    }

    /// A user who holds the role in the space and nothing anywhere else.
    pub(super) async fn in_space_only(
        server: &TestServer,
        space: &str,
        name: &str,
        role_id: &str,
    ) -> Self {
        let user_id = user(server, name).await;
        let team = json!({ "Name": format!("Team of {name}"), "MemberUserIds": [user_id] });
        let team = server.post("/api/teams", team).await;
        let grant = json!({ "TeamId": team["Id"], "UserRoleId": role_id, "SpaceId": space });
        server.post("/api/scopeduserroles", grant).await;
        let key = key(server, &user_id, Value::Null).await;
        Self {
            name: name.to_owned(),
            user_id,
            key,
            space: BTreeSet::new(),
            system: BTreeSet::new(),
        }
    }

    /// Somebody who is in no team but everybody's.
    pub(super) async fn nobody(server: &TestServer) -> Self {
        let user_id = user(server, "nobody").await;
        let key = key(server, &user_id, Value::Null).await;
        let (space, system) = (BTreeSet::new(), BTreeSet::new());
        Self {
            name: "nobody".to_owned(),
            user_id,
            key,
            space,
            system,
        }
    }

    fn knows_the_space(&self) -> bool {
        !self.space.is_empty()
            || self.system.contains(&P::SpaceView)
            || self.system.contains(&P::AdministerSystem)
    }

    fn holds(&self, permission: P, tried: &Tried) -> bool {
        if tried.is_about_a_space() {
            self.space.contains(&permission)
        } else {
            self.system.contains(&permission)
        }
    }

    /// What the table says about this one.
    pub(super) fn verdict(&self, tried: &Tried) -> Verdict {
        if tried.is_in_space() && !self.knows_the_space() {
            return Verdict::Hidden;
        }
        let needed: Vec<P> = match tried.row.needs {
            Needs::SignedIn => Vec::new(),
            Needs::Stated => tried.stated.into_iter().collect(),
            Needs::Handler(permissions) => permissions.to_vec(),
            Needs::ToSeeAny(permission) => {
                // Without a space in the path the list tells of all of them.
                let sees = self.space.contains(&permission)
                    || !tried.is_in_space() && self.system.contains(&permission);
                return if sees { Verdict::LetIn } else { Verdict::Empty };
            }
        };
        let lacking: Vec<P> = needed
            .into_iter()
            .filter(|permission| !self.holds(*permission, tried))
            .collect();
        let is_hidden = match tried.scope.as_str() {
            // Whoever has the permission for another space gets as far as the body, which names this one.
            "anywhere" => {
                lacking
                    .iter()
                    .any(|permission| self.system.contains(permission))
                    && !self.knows_the_space()
            }
            _ => tried.row.hides || tried.names_content() && !self.knows_the_space(),
        };
        match lacking {
            lacking if lacking.is_empty() => Verdict::LetIn,
            _ if is_hidden => Verdict::Hidden,
            lacking => Verdict::Refused(lacking),
        }
    }
}

pub(super) async fn user(server: &TestServer, name: &str) -> String {
    let body = json!({ "Username": name, "DisplayName": name, "IsService": true });
    let made = server.post("/api/users", body).await;
    made["Id"].as_str().unwrap().to_owned()
}

pub(super) async fn key(server: &TestServer, user: &str, expires: Value) -> String {
    let path = format!("/api/users/{user}/apikeys");
    let body = json!({ "Purpose": "matrix", "Expires": expires });
    let made = server.post(&path, body).await;
    made["ApiKey"].as_str().unwrap().to_owned()
}
