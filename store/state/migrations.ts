// The schema of state.sqlite as numbered steps. A step that has been released is never edited: add the next one.

/** Step n takes the file from `user_version` n−1 to n. Times are milliseconds since the Unix epoch. */
export const STATE_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE keys (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    scopes      TEXT NOT NULL,          -- JSON array of key scopes
    secret_hash BLOB NOT NULL UNIQUE,   -- SHA-256 of the secret; the secret itself is never stored
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER
  ) STRICT;

  CREATE TABLE publications (
    version      INTEGER PRIMARY KEY,
    parent       INTEGER NOT NULL,
    hash         TEXT NOT NULL,
    table_json   TEXT NOT NULL,
    action       TEXT NOT NULL CHECK (action IN ('apply', 'rollback', 'auto')),
    rule         TEXT NOT NULL,
    author       TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    simulated    INTEGER NOT NULL,
    sent_at      INTEGER                -- when the collector took its record; NULL: still to be sent
  ) STRICT;

  CREATE TABLE recommendations (
    id         TEXT PRIMARY KEY,
    json       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    parent     INTEGER NOT NULL,
    simulated  INTEGER NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('pending', 'applied', 'expired'))
  ) STRICT;
  CREATE INDEX recommendations_by_time ON recommendations (status, created_at);

  CREATE TABLE lease (
    name    TEXT PRIMARY KEY,
    holder  TEXT NOT NULL,
    expires INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE drains (
    id         TEXT PRIMARY KEY,
    scope      TEXT NOT NULL CHECK (scope IN ('target', 'provider')),
    name       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    author     TEXT NOT NULL,
    key_id     TEXT,                    -- key of the request; NULL: none, or a command wrote here itself
    started_at INTEGER NOT NULL,
    until_at   INTEGER NOT NULL CHECK (until_at > started_at),
    ended_at   INTEGER,                 -- NULL: in force until until_at, over by itself after it
    ended_how  TEXT CHECK (ended_how IN ('undrained', 'expired', 'replaced')),
    ended_by   TEXT,
    CHECK ((ended_at IS NULL) = (ended_how IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX drains_open ON drains (scope, name) WHERE ended_at IS NULL;
  CREATE INDEX drains_by_time ON drains (started_at);
  `,
  `
  ALTER TABLE keys ADD COLUMN policy TEXT;  -- JSON of core/key-policy.ts; NULL: may do all that its scopes say
  `,
  `
  CREATE TABLE freezes (
    task     TEXT PRIMARY KEY,
    since    INTEGER NOT NULL,
    until_at INTEGER NOT NULL CHECK (until_at > since),
    reason   TEXT NOT NULL,
    author   TEXT NOT NULL
  ) STRICT;

  CREATE TABLE learning_events (
    id      TEXT PRIMARY KEY,           -- the same for the same finding, so that it is kept once
    at      INTEGER NOT NULL,
    json    TEXT NOT NULL,              -- the log record as it goes to the collector
    sent_at INTEGER                     -- when the collector took it; NULL: still to be sent
  ) STRICT;
  CREATE INDEX learning_events_by_time ON learning_events (at);
  `,
]
