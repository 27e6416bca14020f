// The schema of budgets.sqlite as numbered steps. A step that has been released is never edited: add the next one.

/** Step n takes the file from `user_version` n−1 to n. Dollars are in units of 1e-12 USD; times as their names say. */
export const BUDGET_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE facts (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;

  CREATE TABLE cells (
    rule         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    win          TEXT NOT NULL CHECK (win IN ('minute', 'hour', 'day', 'month', 'total')),
    starts_at    INTEGER NOT NULL,           -- milliseconds since the Unix epoch; 0 for total
    usd          REAL NOT NULL,              -- spent
    tokens       REAL NOT NULL,
    requests     REAL NOT NULL,
    held_usd     REAL NOT NULL,              -- set aside for calls under way when this was written
    held_tokens  REAL NOT NULL,
    lost_usd     REAL NOT NULL,              -- of spent: was set aside by a process that was killed
    lost_tokens  REAL NOT NULL,
    forgiven_usd      REAL NOT NULL,         -- taken off by an operator
    forgiven_tokens   REAL NOT NULL,
    forgiven_requests REAL NOT NULL,
    granted_usd       REAL,                  -- by the primary; NULL: none, or not asked
    granted_tokens    REAL,
    granted_requests  REAL,
    alone        INTEGER NOT NULL,           -- the slice that is taken without the primary is in the grant
    touched_hour INTEGER NOT NULL,           -- hours since the Unix epoch
    UNIQUE (rule, subject, win, starts_at)
  ) STRICT;
  CREATE INDEX cells_by_time ON cells (touched_hour);

  CREATE TABLE grants (
    rule      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    win       TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    holder    TEXT NOT NULL,
    granted_usd      REAL NOT NULL,
    granted_tokens   REAL NOT NULL,
    granted_requests REAL NOT NULL,
    used_usd         REAL NOT NULL,          -- by the holder's own word; never more than granted
    used_tokens      REAL NOT NULL,
    used_requests    REAL NOT NULL,
    heard_at  INTEGER NOT NULL,              -- milliseconds since the Unix epoch
    PRIMARY KEY (rule, subject, win, starts_at, holder)
  ) STRICT, WITHOUT ROWID;
  `,
]
