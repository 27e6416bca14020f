// Takes away what is stored of a person, a session or a trace: captured text goes, spans lose who they were about and keep what they
// cost. The rows are rewritten on disk before the answer is given.
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { StorageForm } from '../migrate/define.ts'
import type { Subject } from './forgotten.ts'

/** What was there: rows of captured text, and spans that named the subject. */
export type Erased = { readonly content: number; readonly spans: number }

const CONTENT: Readonly<Record<Subject, string>> = {
  user: "attributes['user.id'] = {name:String}",
  session: "attributes['weighbridge.session'] = {name:String}",
  trace: 'trace_id = {name:String}',
}
const SPANS: Readonly<Record<Subject, { readonly where: string; readonly set: string }>> = {
  user: { where: 'user_id = {name:String}', set: "user_id = ''" },
  session: { where: 'session_id = {name:String}', set: "session_id = ''" },
  trace: { where: "trace_id = {name:String} AND (user_id != '' OR session_id != '')", set: "user_id = '', session_id = ''" },
}
/** Until every replica has done it. */
const NOW = 'SETTINGS mutations_sync = 2'

/** Throws `clickhouse_query`, `clickhouse_unreachable`; running it again finishes what was left. */
export async function erase(clickhouse: ClickHouse, form: StorageForm, subject: Subject, name: string): Promise<Erased> {
  const count = async (table: string, where: string): Promise<number> => Number((await clickhouse.rows(`SELECT count() AS n FROM ${table} WHERE ${where}`, { name }))[0]?.['n'])
  const { where, set } = SPANS[subject]
  const found = { content: await count('content', CONTENT[subject]), spans: await count('spans', where) }
  if (found.content > 0) await clickhouse.command(`ALTER TABLE ${form.stored('content')}${form.onCluster} DELETE WHERE ${CONTENT[subject]} ${NOW}`, { name })
  if (found.spans > 0) await clickhouse.command(`ALTER TABLE ${form.stored('spans')}${form.onCluster} UPDATE ${set} WHERE ${where} ${NOW}`, { name })
  return found
}
