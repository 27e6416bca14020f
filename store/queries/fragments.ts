// The pieces that several queries share: the parameters every page query takes, the shapes of answered columns, and the
// Wilson interval as an SQL expression. Text and schemas only.
import { z } from 'zod'

/** Parameters of every page query: one side of the simulated/real divide, and a half-open time window [from, to). */
export const windowParams = z.object({ simulated: z.boolean(), from: z.date(), to: z.date() })

/** Parameters of page queries that can be narrowed: an empty list means all. */
export const filterParams = windowParams.extend({ targets: z.array(z.string()), tasks: z.array(z.string()) })

/** Parameters of series: buckets of so many seconds. */
export const bucketParams = filterParams.extend({ bucket_s: z.number().int().positive() })

/** A count or a float, which may arrive as text. */
export const number = z.coerce.number()

/** A number that may be unknown; unknown stays NULL. */
export const numberOrNull = z.coerce.number().nullable()

/** A boolean, which some formats answer as 0 and 1. */
export const flag = z.union([z.boolean(), z.number(), z.enum(['0', '1'])]).transform((value) => value === true || value === 1 || value === '1')

/** A time, answered in either of the server's two text forms (UTC), as milliseconds since the Unix epoch. */
export const instant = z.string().transform((text) => Date.parse(/[TZ]/.test(text) ? text : `${text.replace(' ', 'T')}Z`))

/** Narrows rows to the chosen targets and tasks; an empty list means all. */
export const FILTER = `(empty({targets:Array(String)}) OR has({targets:Array(String)}, target))
  AND (empty({tasks:Array(String)}) OR has({tasks:Array(String)}, task))`

/** The time window on a column, spelled so that the Grafana form can be derived from it. */
export function inWindow(column: string): string {
  return `${column} >= {from:DateTime64(3)} AND ${column} < {to:DateTime64(3)}`
}

/** The identity that evidence is kept by, whatever the target is called now: `provider/model@effort`. */
export const EVIDENCE_KEY = "concat(provider, '/', model, if(effort = '', '', concat('@', effort)))"

/** Roles whose `cost_usd` add up to what was spent: attempts, and corrections as differences to them. */
export const COSTED = "'attempt', 'correction'"

/** How much of an edited answer is gone, 0..1, over signals of one call: what did not survive, else how far it is from what it was; 0 where nothing was edited. */
const EDIT_LOSS = "maxIf(1 - coalesce(toFloat64OrNull(attributes['weighbridge.signal.survival']), 1 - value, 1), kind = 'edit')"

/** What people did with each call's answer since a time, by trace and span id (the trace alone where a signal names no span): asked again, what was lost to edits, rated badly. */
export const followedSince = (from: string): string => `  SELECT
    concat(trace_id, span_id) AS about,
    countIf(kind IN ('retry', 'rephrase')) > 0 AS retry,
    ${EDIT_LOSS} AS edit_loss,
    countIf(kind = 'feedback' AND value < 0.5) > 0 AS negative
  FROM signals
  WHERE is_simulated = {simulated:Bool} AND kind IN ('retry', 'rephrase', 'edit', 'accepted', 'feedback') AND at >= ${from} AND at < {to:DateTime64(3)}
  GROUP BY about`

/** The production proxy of one call (0..1) from its follow-ups by span and by trace, joined as `of_call` and `of_trace`. */
export const PRODUCTION_PROXY = '1 - least(1, 0.5 * (of_call.retry OR of_trace.retry) + 0.3 * greatest(of_call.edit_loss, of_trace.edit_loss) + 0.2 * (of_call.negative OR of_trace.negative))'

/** The share k/n as SQL; NULL when n is 0. */
export function shareSql(k: string, n: string): string {
  return `if(${n} = 0, NULL, ${k} / ${n})`
}

/**
 * One end of the 95% Wilson score interval of k successes in n trials, as SQL; NULL when n is 0, clipped to [0, 1].
 * Source: Wilson (1927), J. Am. Stat. Assoc. 22, 209–212; z = 1.959963984540054.
 */
export function wilsonSql(k: string, n: string, end: 'low' | 'high'): string {
  const z2 = '3.841458820694124'
  const centre = `(${k} / ${n} + ${z2} / (2 * ${n}))`
  const half = `1.959963984540054 * sqrt((${k} / ${n}) * (1 - ${k} / ${n}) / ${n} + ${z2} / (4 * ${n} * ${n}))`
  const bound = `(${centre} ${end === 'low' ? '-' : '+'} ${half}) / (1 + ${z2} / ${n})`
  return `if(${n} = 0, NULL, least(1, greatest(0, ${bound})))`
}
