// `weighbridge models`: what each target does at each task, from `model_metrics`; simulated and real are two tables.
import { modelMetrics } from '../../store/queries/models.ts'
import { EXIT, type Command } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { duration, paint, percent, percentInterval, table, usd } from '../output.ts'

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
        terminal.out(`${table(['target', 'task', 'calls', 'cost/call', 'failed', 'p50', 'p95', 'retried', 'accuracy', 'hallucination', 'pushback', 'proxy'], cells)}\n`)
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
