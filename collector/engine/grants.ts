// What each account may do, for the embedded engine and for a server alike. Tables of a cluster's shards (NAME_local) are named too:
// a grant on a table that does not exist is harmless. Pure.

const withLocal = (table: string): readonly string[] => [table, `${table}_local`]

/** Changes the schema. */
export function migratorGrants(database: string): readonly string[] {
  return [`GRANT ALL ON ${database}.*`]
}

/** Inserts and reads; and takes away what must be forgotten, and sums that were built again. Nothing else that is stored ever changes. */
export function writerGrants(database: string): readonly string[] {
  return [
    `GRANT SELECT, INSERT ON ${database}.*`,
    ...['content', 'rollup_minutes', 'rollup_hours'].flatMap(withLocal).map((table) => `GRANT ALTER DELETE ON ${database}.${table}`),
    ...withLocal('spans').map((table) => `GRANT ALTER UPDATE(user_id, session_id) ON ${database}.${table}`),
    ...withLocal('signals').map((table) => `GRANT ALTER UPDATE(attributes) ON ${database}.${table}`),
  ]
}

/** Reads everything but captured text. */
export function readerGrants(database: string): readonly string[] {
  return [`GRANT SELECT ON ${database}.*`, ...withLocal('content').map((table) => `REVOKE SELECT ON ${database}.${table}`)]
}

/** Reads captured text, and nothing else. */
export function contentReaderGrants(database: string): readonly string[] {
  return withLocal('content').map((table) => `GRANT SELECT ON ${database}.${table}`)
}

/** What the writing account needs besides where tables are spread over a cluster: to ask every shard whether an insert still runs. */
export const CLUSTER_WRITER_GRANTS: readonly string[] = ['GRANT READ ON REMOTE']
