// Captured text of one trace. Only an account with a right to `content` can ask; the reading account has none.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { flag } from './fragments.ts'

const text = z.string()

/** What was kept of a trace's calls, prompts before answers. */
export const traceContent = defineQuery({
  name: 'trace_content',
  meaning: 'Captured prompts and answers of a trace, by call: JSON of the common form (cut and redacted as configured), when the call ended (ms since the epoch), and attributes that say what was cut, partial or forgotten.',
  params: z.object({ trace_id: z.string().regex(/^[0-9a-f]{32}$/) }),
  row: z.object({ span_id: text, kind: z.enum(['prompt', 'answer']), at_ms: z.coerce.number(), body: text, is_simulated: flag, attributes: z.record(z.string(), z.string()) }),
  sql: `SELECT span_id, kind, toUnixTimestamp64Milli(at) AS at_ms, body, is_simulated, attributes
FROM content
WHERE trace_id = {trace_id:String}
ORDER BY min(at) OVER (PARTITION BY span_id), span_id, kind DESC
LIMIT 200`,
})
