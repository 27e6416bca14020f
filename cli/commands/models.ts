// `weighbridge models`: what each target does at each task, from `model_metrics`; simulated and real are two tables.
import { modelMetrics } from '../../store/queries/models.ts'
import type { z } from 'zod'
import { EXIT, type Command, type Terminal } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { duration, paint, percent, percentInterval, printable, table, usd } from '../output.ts'

type Row = z.output<typeof modelMetrics.row>
type Style = Parameters<typeof paint>[1]

const HEAD = ['target', 'task', 'calls', 'cost/call', 'failed', 'p50', 'p95', 'retried', 'accuracy', 'hallucination', 'pushback', 'proxy'] as const
/** A target that fails this often wants a look. */
const NOTABLE_ERRORS = 0.05
const PROXY_STYLES: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = { low: 'green', medium: 'yellow', high: 'red' }

/** What to look at first: failures, missing prices, and how its answers are taken. Colour never says what the words do not. */
function styleOf(row: Row | undefined, column: (typeof HEAD)[number] | undefined): Style | undefined {
  if (row === undefined) return undefined
  if (column === 'target') return 'bold'
  if (column === 'failed' && (row.error_rate ?? 0) > NOTABLE_ERRORS) return 'red'
  if (column === 'cost/call' && row.unpriced_attempts > 0) return 'yellow'
  return column === 'proxy' ? (PROXY_STYLES[row.hallucination_proxy] ?? 'dim') : undefined
}

function painted(terminal: Terminal, style: Style | undefined, cell: string): string {
  return style === undefined ? cell : paint(terminal, style, cell)
}

export const command: Command = {
  name: 'models',
  summary: 'Show per target and task: cost, latency, failures, retries and eval results of the last 30 days.',
  run: async (terminal, args) => {
    const { clickhouse, close } = openReader(terminal, args)
    try {
      const [real, simulated] = await Promise.all([clickhouse.query(modelMetrics, { simulated: false }), clickhouse.query(modelMetrics, { simulated: true })])
      if (args.flag('json')) {
        terminal.out(`${JSON.stringify({ real, simulated })}\n`)
        return EXIT.ok
      }
      if (real.length === 0 && simulated.length === 0) terminal.out('No calls or evals in the last 30 days. Call the router, or run `weighbridge eval run`.\n')
      for (const [rows, title] of [[real, ''], [simulated, 'SIMULATED']] as const) {
        if (rows.length === 0) continue
        if (title !== '') terminal.out(`${paint(terminal, 'yellow', title)}\n`)
        const cells = rows.map((row) => [
          row.target,
          row.task,
          String(row.calls),
          row.unpriced_attempts > 0 ? `${usd(row.avg_cost_usd)} (${row.unpriced_attempts} unpriced)` : usd(row.avg_cost_usd),
          percent(row.error_rate),
          duration(row.latency_p50_ms),
          duration(row.latency_p95_ms),
          percent(row.retry_rate),
          percent(row.accuracy),
          interval(row.hallucination_rate, row.hallucination_low, row.hallucination_high),
          interval(row.pushback_rate, row.pushback_low, row.pushback_high),
          row.hallucination_proxy,
        ])
        terminal.out(`${table(HEAD, cells.map((row) => row.map(printable)), (cell, row, column) => painted(terminal, styleOf(rows[row], HEAD[column]), cell))}\n`)
      }
      return EXIT.ok
    } finally {
      await close()
    }
  },
}

function interval(value: number | null, low: number | null, high: number | null): string {
  return value === null || low === null || high === null ? '–' : percentInterval({ value, low, high })
}
