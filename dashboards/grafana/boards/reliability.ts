// The dashboard *Reliability*: whether answers come, how fast, which targets are out and why, and whether what is seen here is fresh.
import { callsOverTime, latencyOverTime } from '../../../store/queries/dashboards.ts'
import { errorRates, errorsOverTime, ingestLagOverTime, routersNow, spoolsOverTime, targetStates } from '../../../store/queries/reliability.ts'
import { intervalDrawing, pick } from '../macros.ts'
import { callsLink, series, stacked, states, table, withUnits, type Placed, type Row } from '../pieces.ts'

const perTarget = (title: string, column: string): Placed => ({
  panel: series(title, pick(`at AS time, target, ${column}`, latencyOverTime, {}, 'ORDER BY time'), 'ms', latencyOverTime.meaning, '${__field.labels.target}').dataLinks([callsLink('var-target=${__field.labels.target}')]),
  width: 12,
})

/** Colours that are told apart without red and green. */
const STATES = {
  0: { text: 'ok', color: '#9ecae1' },
  1: { text: 'half open', color: '#fdd835' },
  2: { text: 'limited', color: '#fb8c00' },
  3: { text: 'cooling', color: '#8e24aa' },
  4: { text: 'drained', color: '#455a64' },
}

/** All rows, top to bottom. */
export function reliabilityRows(): readonly Row[] {
  return [
    {
      title: '${simulated:text} calls only',
      height: 9,
      panels: [
        { panel: series('Calls, failovers and failures', pick('at AS time, calls, failovers, failed', callsOverTime, {}, 'ORDER BY time'), 'short', callsOverTime.meaning, '${__field.name}').dataLinks([callsLink('var-only=errors')]), width: 12 },
        { panel: stacked(series('Failed attempts by error', pick("at AS time, if(error_code = '', 'unknown', error_code) AS code, attempts", errorsOverTime, {}, 'ORDER BY time'), 'short', errorsOverTime.meaning, '${__field.labels.code}')).dataLinks([callsLink('var-error=${__field.labels.code}')]), width: 12 },
        { panel: withUnits(table('Failure rate by target', pick(`target, attempts, failed, ${intervalDrawing('error_rate', 'error_low', 'error_high')} AS "0 failed 100%", error_rate, error_low, error_high, top_error`, errorRates), errorRates.meaning)), width: 24 },
      ],
    },
    { title: 'Speed', height: 9, panels: [perTarget('Whole answer, p50', 'p50_ms'), perTarget('Whole answer, p95', 'p95_ms'), perTarget('First token, p50', 'ttft_p50_ms'), perTarget('First token, p95', 'ttft_p95_ms')] },
    {
      title: 'Targets that are out',
      height: 9,
      panels: [
        { panel: states('State of each target, the worst over all routers', pick('at AS time, target, state', targetStates, {}, 'ORDER BY time'), targetStates.meaning, STATES), width: 14 },
        { panel: withUnits(table('Routers now', pick("router, last_at, route_version, in_flight, spool_bytes, spool_share, oldest_s, dropped, arrayStringConcat(out, '; ') AS \"not ok\"", routersNow), routersNow.meaning)), width: 10 },
      ],
    },
    {
      title: 'Is this fresh?',
      height: 8,
      panels: [
        { panel: series('Spool, share of its bound', pick('at AS time, router, spool_share', spoolsOverTime, {}, 'ORDER BY time'), 'percentunit', spoolsOverTime.meaning, '${__field.labels.router}').max(1), width: 8 },
        { panel: series('Oldest span that waits', pick('at AS time, router, oldest_s', spoolsOverTime, {}, 'ORDER BY time'), 's', spoolsOverTime.meaning, '${__field.labels.router}'), width: 8 },
        { panel: series('From the end of a span until it is stored', pick('at AS time, p50_s, p95_s, most_s', ingestLagOverTime, {}, 'ORDER BY time'), 's', ingestLagOverTime.meaning, '${__field.name}'), width: 8 },
      ],
    },
  ]
}
