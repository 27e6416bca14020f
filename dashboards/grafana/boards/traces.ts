// The dashboard *Traces*: calls that the variables choose, and the one of them that is looked at. The strict search language is spoken
// by the pages and the command line; Grafana has variables.
import { recentCalls } from '../../../store/queries/overview.ts'
import { tracePanel } from '../../../store/queries/traces.ts'
import { panelSql, pick } from '../macros.ts'
import { called, table, traceLinks, traceView, withUnits, type Row } from '../pieces.ts'

const calls = pick(
  "started_at, status, task, arrayStringConcat(path_targets, ' → ') AS path, arrayStringConcat(arrayFilter(e -> e != '', path_errors), ', ') AS errors, attempts, reason, key_id, cost_usd, wasted_usd, ttft_ms, duration_ms, route_version, trace_id",
  recentCalls,
  { limit: 200 },
  'ORDER BY started_at DESC',
)

/** All rows, top to bottom. */
export function tracesRows(): readonly Row[] {
  return [
    { title: '${simulated:text} calls, the newest 200 that the choices above leave', height: 12, panels: [{ panel: withUnits(table('Calls found', calls, recentCalls.meaning).overrideByName('started_at', [called('started')]).overrideByName('trace_id', [traceLinks()])), width: 24 }] },
    { title: 'One call', height: 20, panels: [{ panel: traceView('Trace ${trace_id}', panelSql(tracePanel), tracePanel.meaning), width: 24 }] },
  ]
}
