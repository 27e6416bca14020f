// Production calls that may be worth asking again as probes, with their captured text. Only an account with a right to `content`
// can ask; the reading account has none.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { flag, instant, inWindow, number, numberOrNull, windowParams } from './fragments.ts'

const text = z.string()
// Shapes without text, and what was forgotten, are no text.
const CAPTURED = "body != '' AND attributes['weighbridge.content.form'] != 'metadata'"

const captured = (kind: 'prompt' | 'answer'): string => `(
  SELECT trace_id, span_id, argMax(body, at) AS kept, argMax(attributes['weighbridge.content.truncated'], at) AS cut
  FROM content
  WHERE kind = '${kind}' AND ${CAPTURED} AND ${inWindow('at')}
  GROUP BY trace_id, span_id
)`

/** Candidates for probes. */
export const harvestCandidates = defineQuery({
  name: 'harvest_candidates',
  meaning:
    "Production calls that were retried or rephrased, edited, disputed (feedback below one half), or among the dearest 5% of their task (and dearer than its median), strongest reasons first, newest first inside a reason: task, target, USD of the call (NULL when unpriced), and the captured prompt and answer as JSON of the common form (empty when none was kept).",
  params: windowParams.extend({ tasks: z.array(text), limit: z.number().int().positive() }),
  row: z.object({
    trace_id: text,
    span_id: text,
    started_at: instant,
    task: text,
    target: text,
    cost_usd: numberOrNull,
    retried: flag,
    edited: flag,
    disputed: flag,
    expensive: flag,
    prompt: text,
    answer: text,
    truncated: flag,
  }),
  sql: `WITH seen AS (
  SELECT trace_id, span_id, started_at, task, target, cost_usd, retried, edited, ifNull(feedback < 0.5, false) AS disputed
  FROM calls
  WHERE purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}
    AND (empty({tasks:Array(String)}) OR has({tasks:Array(String)}, task))
), dear AS (
  SELECT
    task,
    quantileExactIf(0.95)(toFloat64(assumeNotNull(cost_usd)), cost_usd IS NOT NULL) AS limit_usd,
    quantileExactIf(0.5)(toFloat64(assumeNotNull(cost_usd)), cost_usd IS NOT NULL) AS usual_usd
  FROM seen
  GROUP BY task
)
SELECT
  s.trace_id AS trace_id, s.span_id AS span_id, s.started_at AS started_at, s.task AS task, s.target AS target, s.cost_usd AS cost_usd,
  s.retried AS retried, s.edited AS edited, s.disputed AS disputed,
  ifNull(s.cost_usd > d.usual_usd AND s.cost_usd >= d.limit_usd, false) AS expensive,
  p.kept AS prompt, a.kept AS answer, p.cut = 'true' OR a.cut = 'true' AS truncated
FROM seen AS s
INNER JOIN dear AS d ON d.task = s.task
LEFT JOIN ${captured('prompt')} AS p ON p.trace_id = s.trace_id AND p.span_id = s.span_id
LEFT JOIN ${captured('answer')} AS a ON a.trace_id = s.trace_id AND a.span_id = s.span_id
WHERE retried OR edited OR disputed OR expensive
ORDER BY (p.kept != '') DESC, toUInt8(disputed) + toUInt8(edited) + toUInt8(retried) DESC, expensive DESC, started_at DESC
LIMIT {limit:UInt32}`,
})

/** Whether any text was kept at all. */
export const contentKept = defineQuery({
  name: 'content_kept',
  meaning: 'How many calls of the window have captured text, and how many production calls there were.',
  params: windowParams,
  row: z.object({ captured: number, calls: number }),
  sql: `SELECT
  (SELECT uniqExact(trace_id, span_id) FROM content WHERE kind = 'prompt' AND ${CAPTURED} AND is_simulated = {simulated:Bool} AND ${inWindow('at')}) AS captured,
  (SELECT count() FROM calls WHERE purpose = 'production' AND is_simulated = {simulated:Bool} AND ${inWindow('started_at')}) AS calls`,
})
