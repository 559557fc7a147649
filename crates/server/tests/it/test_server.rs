//! A server on a fresh data directory, and a client that is signed in as its administrator.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use regatta_core::time::Time;
use regatta_server::config::{Config, FirstAdmin};
use regatta_server::server::{self, Opened};
use regatta_store::Store;
use regatta_store::conn::Location;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::oneshot;

pub(crate) const ADMIN_KEY: &str = "API-ADMINISTRATOR0000000000000000";
pub(crate) const PASSWORD: &str = "Correct-Horse-1";
/// 2026-01-02T03:04:05Z.
const START_MS: i64 = 1_767_323_045_000;

/// A running server. Its clock stands still unless a test moves it.
pub(crate) struct TestServer {
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
    pub(crate) data_dir: TempDir,
    database_url: Option<String>,
    now_ms: Arc<AtomicI64>,
    change: fn(&mut Config),
    stop: Option<Running>,
}

/// Dropping it ends the server.
struct Running {
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl TestServer {
    /// A server whose administrator came from the configuration.
    pub(crate) async fn start() -> Self {
        let admin = FirstAdmin {
            username: "admin".into(),
            password: PASSWORD.into(),
            api_key: Some(ADMIN_KEY.into()),
        };
        Self::start_with(Some(admin)).await
    }

    /// A server that is configured otherwise than most.
    pub(crate) async fn start_changed(change: fn(&mut Config)) -> Self {
        let admin = FirstAdmin {
            username: "admin".into(),
            password: PASSWORD.into(),
            api_key: Some(ADMIN_KEY.into()),
        };
        Self::prepare(change).await.open(Some(admin)).await
    }

    pub(crate) async fn start_with(first_admin: Option<FirstAdmin>) -> Self {
        Self::prepare(|_| {}).await.open(first_admin).await
    }

    async fn prepare(change: fn(&mut Config)) -> Self {
        Self {
            base: String::new(),
            http: reqwest::Client::new(),
            data_dir: TempDir::new().unwrap(),
            database_url: postgres().await,
            now_ms: Arc::new(AtomicI64::new(START_MS)),
            change,
            stop: None,
        }
    }

    async fn open(mut self, first_admin: Option<FirstAdmin>) -> Self {
        let mut config = Config {
            first_admin: Ok(first_admin),
            database_url: self.database_url.clone(),
            ..Config::new(self.data_dir.path().join("data"))
        };
        (self.change)(&mut config);
        let clock = Arc::clone(&self.now_ms);
        let opened = server::open(config, Arc::new(move || Time(clock.load(Ordering::SeqCst))))
            .await
            .unwrap();
        let (base, stop) = listen(opened).await;
        (self.base, self.stop) = (base, Some(stop));
        self
    }

    /// Ends the server and leaves its data.
    pub(crate) async fn stop(&mut self) {
        let Some(Running { stop, ended }) = self.stop.take() else {
            return;
        };
        drop(stop);
        ended.await.unwrap();
    }

    /// Another server on the data of the one that was stopped.
    pub(crate) async fn start_again(self) -> Self {
        self.open(None).await
    }

    /// The same, of a server that is configured otherwise.
    pub(crate) async fn start_again_changed(mut self, change: fn(&mut Config)) -> Self {
        self.change = change;
        self.open(None).await
    }

    /// Why no server starts on the data of the one that was stopped.
    pub(crate) async fn cannot_start(&self) -> String {
        let config = Config {
            database_url: self.database_url.clone(),
            ..Config::new(self.data_dir.path().join("data"))
        };
        let opened = server::open(config, Arc::new(|| Time(START_MS))).await;
        opened.err().expect("no server starts").to_string()
    }

    /// Waits until something holds that no answer tells of.
    pub(crate) async fn until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        for _ in 0..3_000 {
            if holds().await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("it never came to be that {what}");
    }

    pub(crate) fn advance_ms(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// The store beneath the server, for what only agents and runs write.
    pub(crate) async fn store(&self) -> Store {
        let file = self.data_dir.path().join("data").join("regatta.db");
        let location = self.database_url.clone();
        let location = location.map_or(Location::Sqlite(file), Location::Postgres);
        Store::open(location).await.unwrap()
    }

    /// Every value of every table as text, each once in its column, with the table it is in.
    pub(crate) async fn values(&self) -> Vec<(String, String)> {
        const HASHES: [&str; 2] = ["hash", "checksum"];
        macro_rules! read {
            ($conn:expr, $columns:expr) => {{
                let mut conn = $conn.await.unwrap();
                let columns: Vec<(String, String)> =
                    sqlx::query_as($columns).fetch_all(&mut conn).await.unwrap();
                assert!(columns.len() > 50, "{columns:?}");
                let mut all = Vec::new();
                for (table, column) in columns.iter().filter(|(_, column)| !HASHES.contains(&column.as_str())) {
                    let values = format!(
                        "SELECT DISTINCT CAST(\"{column}\" AS TEXT) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL"
                    );
                    let values = sqlx::query_scalar(AssertSqlSafe(values));
                    let values: Vec<String> = values.fetch_all(&mut conn).await.unwrap();
                    all.extend(values.into_iter().map(|value| (table.clone(), value)));
                }
                all
            }};
        }
        let Some(url) = &self.database_url else {
            const COLUMNS: &str = "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c \
                WHERE t.type = 'table'";
            let file = self.data_dir.path().join("data").join("regatta.db");
            let file = format!("sqlite://{}", file.display());
            return read!(SqliteConnection::connect(&file), COLUMNS);
        };
        const COLUMNS: &str = "SELECT table_name::text, column_name::text FROM information_schema.columns \
            WHERE table_schema = current_schema()";
        read!(PgConnection::connect(url), COLUMNS)
    }

    /// Every row of every table as text, when they are not in a file of the data directory.
    pub(crate) async fn tables(&self) -> Vec<(String, String)> {
        const TABLES: &str = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()";
        let Some(url) = &self.database_url else {
            return Vec::new();
        };
        let mut conn = PgConnection::connect(url).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(TABLES)
            .fetch_all(&mut conn)
            .await
            .unwrap();
        assert!(tables.len() > 5, "{tables:?}");
        let mut all = Vec::new();
        for table in tables {
            let rows = format!("SELECT t::text FROM \"{table}\" t");
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows))
                .fetch_all(&mut conn)
                .await
                .unwrap();
            // Texts of rows are quoted once more.
            let text = rows.join("\n").replace("\"\"", "\"").replace("\\\\", "\\");
            all.push((format!("table {table}"), text));
        }
        all
    }

    /// A request as the administrator.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answered {
        self.send_as(Some(ADMIN_KEY), method, path, body).await
    }

    pub(crate) async fn send_as(
        &self,
        key: Option<&str>,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Answered {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(key) = key {
            request = request.header("X-Octopus-ApiKey", key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        answered(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.expect(Method::GET, path, None, 200).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.expect(Method::POST, path, Some(body), 201).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Value {
        self.expect(Method::PUT, path, Some(body), 200).await
    }

    /// A request as the administrator that must be answered with this status.
    pub(crate) async fn expect(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        status: u16,
    ) -> Value {
        let answered = self.send(method.clone(), path, body).await;
        assert_eq!(
            answered.status, status,
            "{method} {path}: {}",
            answered.text
        );
        answered.body
    }
}

/// A schema of its own in the PostgreSQL that `cargo xtask test` starts; `None`: SQLite.
async fn postgres() -> Option<String> {
    let url = std::env::var("REGATTA_TEST_POSTGRES_URL").ok()?;
    let schema = format!("t{}", uuid::Uuid::now_v7().simple());
    let mut admin = PgConnection::connect(&url).await.unwrap();
    let create = format!("CREATE SCHEMA {schema}");
    admin.execute(AssertSqlSafe(create)).await.unwrap();
    let separator = if url.contains('?') { '&' } else { '?' };
    Some(format!("{url}{separator}options=-csearch_path%3D{schema}"))
}

async fn listen(opened: Opened) -> (String, Running) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(async move {
        server::serve(&opened, listener, async { drop(stopped.await) }).await;
        opened.app.store.close().await;
    });
    (base, Running { stop, ended })
}

/// Sends a request; the body must be JSON unless it is empty or says otherwise.
pub(crate) async fn answered(request: reqwest::RequestBuilder) -> Answered {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let is_json = headers
        .get("content-type")
        .is_some_and(|value| value.to_str().unwrap().starts_with("application/json"));
    let text = response.text().await.unwrap();
    let body = if is_json {
        serde_json::from_str(&text).unwrap()
    } else {
        Value::Null
    };
    assert!(
        status.is_success() || is_json,
        "an error without a JSON body: {status} {text}"
    );
    if status.is_client_error() || status.is_server_error() {
        assert!(
            body["ErrorMessage"].is_string() && body["Code"].is_string(),
            "{status} {text}"
        );
        assert_eq!(
            body.get("Errors").is_some(),
            status == StatusCode::BAD_REQUEST,
            "{text}"
        );
    }
    Answered {
        status: status.as_u16(),
        headers,
        body,
        text,
    }
}
