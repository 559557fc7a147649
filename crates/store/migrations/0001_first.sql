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
