// What single calls cost, by trace, for a run that was killed under them.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { numberOrNull } from './fragments.ts'

/** Dollars of traces. */
export const costOfTraces = defineQuery({
  name: 'cost_of_traces',
  meaning: 'Per trace: USD of all its attempts, NULL where one of them is unpriced. Traces whose spans have not arrived are absent.',
  params: z.object({ trace_ids: z.array(z.string()) }),
  row: z.object({ trace_id: z.string(), cost_usd: numberOrNull }),
  sql: `SELECT trace_id, if(countIf(cost_usd IS NULL AND status != 'Error') > 0, NULL, ifNull(sum(cost_usd), 0)) AS cost_usd
FROM model_calls
WHERE has({trace_ids:Array(String)}, trace_id)
GROUP BY trace_id`,
})
