// Takes away what is stored of a person, a session or a trace: captured text goes, and what was written as feedback; spans lose who
// they were about and keep what they cost. The rows are rewritten on disk before the answer is given.
import { WB } from '../../core/attributes.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { StorageForm } from '../migrate/define.ts'
import type { Subject } from './forgotten.ts'

/** What was there: rows of captured text, comments in feedback, and spans that named the subject. */
export type Erased = { readonly content: number; readonly comments: number; readonly spans: number }

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
/** Spans that a subject's calls consist of. */
const ABOUT: Readonly<Record<Subject, string>> = { user: 'user_id = {name:String}', session: 'session_id = {name:String}', trace: 'trace_id = {name:String}' }
/** Comments about calls, by their trace or, where only that was known, by the id of their answer or request. */
const commentsAbout = (spans: string): string => `SELECT signal_id FROM signals WHERE attributes[{comment:String}] != '' AND (
  trace_id IN (SELECT trace_id FROM spans WHERE ${spans})
  OR attributes[{about:String}] IN (SELECT arrayJoin([response_id, request_id]) AS id FROM spans WHERE ${spans} AND id != ''))`
/** Identities per statement: parameters travel in the address. */
const SIGNALS_AT_ONCE = 100
/** Until every replica has done it. */
const NOW = 'SETTINGS mutations_sync = 2'

/** Throws `clickhouse_query`, `clickhouse_unreachable`; running it again finishes what was left. */
export async function erase(clickhouse: ClickHouse, form: StorageForm, subject: Subject, name: string): Promise<Erased> {
  const count = async (table: string, where: string): Promise<number> => Number((await clickhouse.rows(`SELECT count() AS n FROM ${table} WHERE ${where}`, { name }))[0]?.['n'])
  const { where, set } = SPANS[subject]
  // First what is found by way of the spans that still name the subject, so that an interrupted run can be repeated.
  const comments = (await clickhouse.rows(commentsAbout(ABOUT[subject]), { name, comment: WB.feedbackComment, about: WB.signalAbout })).map((row) => String(row['signal_id']))
  for (let at = 0; at < comments.length; at += SIGNALS_AT_ONCE) {
    await clickhouse.command(`ALTER TABLE ${form.stored('signals')}${form.onCluster} UPDATE attributes = mapFilter((key, value) -> key != {comment:String}, attributes) WHERE has({ids:Array(String)}, signal_id) ${NOW}`, { comment: WB.feedbackComment, ids: comments.slice(at, at + SIGNALS_AT_ONCE) })
  }
  const found = { content: await count('content', CONTENT[subject]), comments: comments.length, spans: await count('spans', where) }
  if (found.content > 0) await clickhouse.command(`ALTER TABLE ${form.stored('content')}${form.onCluster} DELETE WHERE ${CONTENT[subject]} ${NOW}`, { name })
  if (found.spans > 0) await clickhouse.command(`ALTER TABLE ${form.stored('spans')}${form.onCluster} UPDATE ${set} WHERE ${where} ${NOW}`, { name })
  return found
}
