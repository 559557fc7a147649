-- Portable subset: TEXT, BIGINT (numbers, flags 0/1, times in ms since 1970), BYTEA. Absent space or
-- owner is '' so that equality and uniqueness need no special case. Sorted text compares by bytes.

-- The number given last, per kind of id.
CREATE TABLE counter (
    kind TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- What people edit.
CREATE TABLE document (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    space_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    -- Where names and slugs are unique: the owner when there is one, else the space.
    scope TEXT NOT NULL,
    -- The number in the id, to sort by age.
    serial BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- Lower case, to search and sort by.
    name_key TEXT COLLATE "C" NOT NULL,
    -- name_key where names must be unique, else NULL.
    name_unique TEXT,
    slug TEXT,
    sort_order BIGINT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    -- Those of document_tag, one per line: so that reading needs one table only.
    tags TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX document_name_unique ON document (kind, scope, name_unique);
CREATE UNIQUE INDEX document_slug ON document (kind, scope, slug);
CREATE INDEX document_space_name ON document (kind, space_id, name_key, id);
CREATE INDEX document_space_sort ON document (kind, space_id, sort_order, name_key, id);
CREATE INDEX document_space_serial ON document (kind, space_id, serial, id);
CREATE INDEX document_owner_name ON document (kind, owner_id, name_key, id);
CREATE INDEX document_owner_serial ON document (kind, owner_id, serial, id);

-- Further values a document is found by, e.g. 'environment:Environments-1'.
CREATE TABLE document_tag (
    tag TEXT COLLATE "C" NOT NULL,
    document_id TEXT COLLATE "C" NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, document_id)
);
CREATE INDEX document_tag_document ON document_tag (document_id);

-- A unit of queued work: what the queue, lists and the dashboard look at.
CREATE TABLE task (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    serial BIGINT NOT NULL,
    space_id TEXT NOT NULL,
    -- Octopus' task name: Deploy, RunbookRun, Health, …
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    description TEXT NOT NULL,
    description_key TEXT NOT NULL,
    project_id TEXT,
    environment_id TEXT,
    tenant_id TEXT,
    release_id TEXT,
    deployment_id TEXT,
    runbook_id TEXT,
    queued_at BIGINT NOT NULL,
    scheduled_at BIGINT,
    expires_at BIGINT,
    priority BIGINT NOT NULL,
    concurrency_tag TEXT,
    started_at BIGINT,
    completed_at BIGINT,
    has_warnings BIGINT NOT NULL,
    has_pending_interruptions BIGINT NOT NULL,
    error_message TEXT,
    node TEXT,
    arguments TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX task_space ON task (space_id, serial);
CREATE INDEX task_open ON task (serial) WHERE completed_at IS NULL;
CREATE INDEX task_project ON task (project_id, environment_id, serial);
CREATE INDEX task_environment ON task (environment_id, serial);
CREATE INDEX task_release ON task (release_id, serial);
CREATE INDEX task_deployment ON task (deployment_id);
CREATE INDEX task_runbook ON task (runbook_id, serial);

-- Per project, environment and tenant: the newest task and the newest that succeeded.
CREATE TABLE task_latest (
    space_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    project_id TEXT NOT NULL,
    environment_id TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    -- A runbook has its own latest run.
    runbook_id TEXT NOT NULL,
    newest_id TEXT COLLATE "C" NOT NULL,
    succeeded_id TEXT COLLATE "C",
    PRIMARY KEY (space_id, kind, project_id, environment_id, tenant_id, runbook_id)
);

-- Who may write a task's events: the holder of the current epoch. Also counts the events, so that one
-- statement checks owner and position.
CREATE TABLE task_lease (
    task_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
    node TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_seq BIGINT NOT NULL
);
CREATE INDEX task_lease_node ON task_lease (node);

-- The truth of a run. Never updated.
CREATE TABLE task_event (
    task_id TEXT COLLATE "C" NOT NULL REFERENCES task (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (task_id, seq)
);

-- How long past steps took, for predictions.
CREATE TABLE step_duration (
    project_id TEXT NOT NULL,
    step TEXT NOT NULL,
    action TEXT NOT NULL,
    ended_at BIGINT NOT NULL,
    ms BIGINT NOT NULL
);
CREATE INDEX step_duration_place ON step_duration (project_id, step, action, ended_at);

-- Who did what. Only inserted; each row's hash covers the one before it in its space.
CREATE TABLE audit_event (
    auto_id BIGINT NOT NULL PRIMARY KEY,
    space_id TEXT NOT NULL,
    category TEXT NOT NULL,
    document_kind TEXT NOT NULL,
    user_id TEXT,
    username TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    message TEXT NOT NULL,
    body TEXT NOT NULL,
    -- Ids of everything it is about, one per line.
    related TEXT NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX audit_event_space ON audit_event (space_id, auto_id);
CREATE INDEX audit_event_user ON audit_event (user_id, auto_id);
CREATE INDEX audit_event_category ON audit_event (category, auto_id);
CREATE INDEX audit_event_time ON audit_event (occurred_at);

CREATE TABLE audit_related (
    document_id TEXT COLLATE "C" NOT NULL,
    auto_id BIGINT NOT NULL REFERENCES audit_event (auto_id) ON DELETE CASCADE,
    PRIMARY KEY (document_id, auto_id)
);

-- The hash of the newest audit event of each space.
CREATE TABLE audit_chain (
    space_id TEXT NOT NULL PRIMARY KEY,
    hash BYTEA NOT NULL
);

CREATE TABLE session (
    -- SHA-256 of the cookie's token.
    hash BYTEA NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_end ON session (expires_at);

CREATE TABLE api_key (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- SHA-256 of the key.
    hash BYTEA NOT NULL,
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    -- The first characters, to recognise it by.
    hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT
);
CREATE UNIQUE INDEX api_key_hash ON api_key (hash);
CREATE INDEX api_key_user ON api_key (user_id, id);
