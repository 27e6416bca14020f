// Two indexes that pages look through: what was said by a trace, and what has no price.
import { addIndex, type Migration } from '../define.ts'

export const indexes: Migration = {
  number: 10,
  name: 'indexes',
  statements: (form) => [
    ...addIndex('signals', 'by_trace_id_bloom', 'by_trace_id TYPE bloom_filter(0.001) GRANULARITY 1', form),
    ...addIndex('spans', 'cost_source_set', 'cost_source TYPE set(8) GRANULARITY 1', form),
  ],
}
