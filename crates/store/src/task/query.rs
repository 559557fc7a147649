//! Lists of tasks.

use sqlx::AssertSqlSafe;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::filter::Filter;
use crate::page::Page;
use crate::task::{COLUMNS, Task, TaskState, read};

/// Which tasks, newest first. Fields left out do not filter.
#[derive(Debug, Clone, Default)]
pub struct TaskQuery {
    /// `Some(None)`: only those outside all spaces.
    pub space_id: Option<Option<String>>,
    /// In one of these; `None` in the list stands for those outside all spaces.
    pub space_ids: Option<Vec<Option<String>>>,
    /// Only these; an empty list matches nothing.
    pub ids: Option<Vec<String>>,
    /// An empty list does not filter.
    pub states: Vec<TaskState>,
    pub kind: Option<String>,
    pub project_id: Option<String>,
    pub environment_id: Option<String>,
    /// `Some(None)`: only those for no tenant.
    pub tenant_id: Option<Option<String>>,
    pub release_id: Option<String>,
    pub deployment_id: Option<String>,
    pub runbook_id: Option<String>,
    pub node: Option<String>,
    /// A part of the description, in any case of letters.
    pub partial_description: Option<String>,
    /// Only those that are not over.
    pub is_active: bool,
    pub has_pending_interruptions: Option<bool>,
    pub has_warnings: Option<bool>,
    /// What the reader may see: in one of these. `None`: all.
    pub within: Option<Vec<TaskPlace>>,
    pub skip: u64,
    /// `None`: all of them.
    pub take: Option<u64>,
}

/// A part of the tasks of a space; an empty list does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskPlace {
    /// `None`: those outside all spaces.
    pub space_id: Option<String>,
    pub projects: Vec<String>,
    pub environments: Vec<String>,
    /// Those without a tenant belong to it as well.
    pub tenants: Vec<String>,
}

impl Conn {
    /// A page of tasks, newest first, with the total.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks(&mut self, query: &TaskQuery) -> Result<Page<Task>, StoreError> {
        let select = format!("SELECT {COLUMNS} FROM task");
        self.page(
            ("task", &select, "serial DESC"),
            query.filter(),
            (query.skip, query.take),
            read,
        )
        .await
    }

    /// How many tasks match, whatever `skip` and `take` say.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn task_count(&mut self, query: &TaskQuery) -> Result<u64, StoreError> {
        self.count("task", query.filter()).await
    }

    /// Every task that is not over, oldest first: what the queue decides about.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tasks_open(&mut self) -> Result<Vec<Task>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM task WHERE completed_at IS NULL ORDER BY serial");
        self.rows(AssertSqlSafe(sql), Vec::new())
            .await?
            .iter()
            .map(read)
            .collect()
    }
}

impl TaskQuery {
    fn filter(&self) -> Filter {
        let mut filter = Filter::default();
        if let Some(space_id) = &self.space_id {
            filter.equals("space_id", space_id.as_deref().unwrap_or_default());
        }
        if let Some(spaces) = &self.space_ids {
            let spaces = spaces.iter().map(|id| id.clone().unwrap_or_default());
            filter.one_of("space_id", &spaces.collect::<Vec<_>>());
        }
        if let Some(ids) = &self.ids {
            filter.one_of("id", ids);
        }
        if !self.states.is_empty() {
            let names: Vec<_> = self
                .states
                .iter()
                .map(|state| state.as_str().to_owned())
                .collect();
            filter.one_of("state", &names);
        }
        filter.equals_if("kind", self.kind.as_deref());
        filter.equals_if("project_id", self.project_id.as_deref());
        filter.equals_if("environment_id", self.environment_id.as_deref());
        match &self.tenant_id {
            Some(Some(tenant)) => filter.equals("tenant_id", tenant),
            Some(None) => filter.and("tenant_id IS NULL"),
            None => {}
        }
        filter.equals_if("release_id", self.release_id.as_deref());
        filter.equals_if("deployment_id", self.deployment_id.as_deref());
        filter.equals_if("runbook_id", self.runbook_id.as_deref());
        filter.equals_if("node", self.node.as_deref());
        filter.contains(
            "description_key",
            self.partial_description.as_deref().unwrap_or_default(),
        );
        if self.is_active {
            filter.and("completed_at IS NULL");
        }
        for (column, flag) in [
            ("has_pending_interruptions", self.has_pending_interruptions),
            ("has_warnings", self.has_warnings),
        ] {
            if let Some(flag) = flag {
                filter.equals(column, flag);
            }
        }
        if let Some(places) = &self.within {
            let places = places.iter().map(|place| place.condition(&mut filter));
            let places: Vec<_> = std::iter::once("0 = 1".to_owned()).chain(places).collect();
            filter.and(&format!("({})", places.join(" OR ")));
        }
        filter
    }
}

impl TaskPlace {
    fn condition(&self, filter: &mut Filter) -> String {
        let space = filter.list(&[self.space_id.clone().unwrap_or_default()]);
        let mut all = vec![format!("space_id IN ({space})")];
        for (column, ids) in [
            ("project_id", &self.projects),
            ("environment_id", &self.environments),
        ] {
            if !ids.is_empty() {
                all.push(format!("{column} IN ({})", filter.list(ids)));
            }
        }
        if !self.tenants.is_empty() {
            let tenants = filter.list(&self.tenants);
            all.push(format!("(tenant_id IS NULL OR tenant_id IN ({tenants}))"));
        }
        format!("({})", all.join(" AND "))
    }
}
