// What the learner found and did besides publishing tables, as it happened: for the marks on charts, and to read beside them.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { filterParams, instant, inWindow, number, numberOrNull } from './fragments.ts'

const text = z.string()

/** Drift, holds, canaries, returns, freezes and recommendations, newest first. */
export const learningHistory = defineQuery({
  name: 'learning_history',
  meaning:
    'What the learner found (drift, hold) and did (canary, rollback, freeze, unfreeze, recommendation), newest first, at most 500: of which task or target (empty: it concerns all of them, and is there whatever is chosen), what was measured against what (NULL where nothing was), the route table version in force, and a sentence. The level of drift is alarm or mark, empty for the rest.',
  params: filterParams,
  row: z.object({ at: instant, kind: text, level: text, task: text, target: text, metric: text, value: numberOrNull, reference: numberOrNull, version: number, message: text }),
  sql: `SELECT at, kind, if(kind = 'drift', JSONExtractString(body, 'level'), '') AS level, task, target, metric, value, reference, version, message
FROM learning_events
WHERE is_simulated = {simulated:Bool} AND ${inWindow('at')}
  AND (empty({targets:Array(String)}) OR target = '' OR has({targets:Array(String)}, target))
  AND (empty({tasks:Array(String)}) OR task = '' OR has({tasks:Array(String)}, task))
ORDER BY at DESC, event_id
LIMIT 500`,
})
