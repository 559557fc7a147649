-- Slugs that documents had before they were given another: addresses with one still lead to the document.
CREATE TABLE former_slug (
    kind TEXT COLLATE "C" NOT NULL,
    space_id TEXT COLLATE "C" NOT NULL,
    slug TEXT COLLATE "C" NOT NULL,
    document_id TEXT COLLATE "C" NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    PRIMARY KEY (kind, space_id, slug)
);
CREATE INDEX former_slug_document ON former_slug (document_id);
