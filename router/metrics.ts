// The router's own counters in Prometheus' text format (exposition format 0.0.4). In memory, from 0 at every start.

/** All counters and gauges with their help text; a name that is not here cannot be counted. */
export const METRICS = {
  weighbridge_calls_total: ['counter', 'Client calls by task and outcome (ok or error code)'],
  weighbridge_attempts_total: ['counter', 'Provider exchanges by target and outcome (ok or error code)'],
  weighbridge_failovers_total: ['counter', 'Calls that were not answered by their first attempt'],
  weighbridge_schema_checks_total: ['counter', 'Answers held against the JSON schema they were asked for, by target and result (valid, violated, unchecked)'],
  weighbridge_schema_violations_total: ['counter', 'Answers that break the JSON schema they were asked for, by target'],
  weighbridge_key_rests_total: ['counter', 'Times that one of several keys of a provider was limited or refused, by provider'],
  weighbridge_price_changes_total: ['counter', 'Changes of a target price while running, by target'],
  weighbridge_unpriced_attempts_total: ['counter', 'Attempts whose cost is unknown, by target'],
  weighbridge_cost_usd_total: ['counter', 'Known dollars of attempts, by target'],
  weighbridge_requests_refused_total: ['counter', 'Requests refused before they were calls, by error code'],
  weighbridge_limit_refusals_total: ['counter', 'Calls refused by a limit, by error code and budget'],
  weighbridge_budget_spent_usd_total: ['counter', 'Dollars that budgets counted, by whose budget (all, key, user, trace, ...); one call counts in each of its own'],
  weighbridge_budget_held_usd: ['gauge', 'Dollars set aside for calls under way, in the budget that holds the most'],
  weighbridge_budget_used_ratio: ['gauge', 'Largest used share of a limit, by budget and window, set-aside included; traces and sessions left out'],
  weighbridge_budget_slices_alone_total: ['counter', 'Slices of a budget taken while the primary could not be asked'],
  weighbridge_budget_writes_failed_total: ['counter', 'Failed writes of what budgets counted'],
  weighbridge_signals_total: ['counter', 'Signals about earlier calls, by kind and what they rest on'],
  weighbridge_signals_lost_total: ['counter', 'Signals that could not be written to their spool'],
  weighbridge_content_kept_total: ['counter', 'Calls whose prompt or answer is kept, by capture mode'],
  weighbridge_content_lost_total: ['counter', 'Captured texts that could not be written to their spool'],
  weighbridge_content_let_go_total: ['counter', 'Calls held for a signal (capture on_signal) that were let go for want of memory'],
  weighbridge_content_spool_bytes: ['gauge', 'Captured text that waits on disk for the collector'],
  weighbridge_signal_memory_bytes: ['gauge', 'Memory of calls that later ones may say something about'],
  weighbridge_signal_memory_evicted_total: ['counter', 'Calls forgotten for want of that memory'],
  weighbridge_spans_not_durable_total: ['counter', 'Answers that went out before their spans were on disk'],
  weighbridge_spans_lost_total: ['counter', 'Spans that could not be written to the spool'],
  weighbridge_spool_sent_bytes_total: ['counter', 'Bytes of spans the collector took'],
  weighbridge_spool_rejected_bytes_total: ['counter', 'Bytes of spans the collector can never accept, set aside'],
  weighbridge_spool_bytes: ['gauge', 'Bytes of spans waiting on disk'],
  weighbridge_spool_records: ['gauge', 'Span batches waiting on disk'],
  weighbridge_spool_dropped_spans_total: ['counter', 'Dropped at the bound of the spool, by class: optional_attributes (counts attributes), without_signals, with_signals (spans), overrun (batches)'],
  weighbridge_spool_dropped_total: ['counter', 'Span batches dropped at the bound of the spool'],
  weighbridge_calls_under_way: ['gauge', 'Calls under way'],
  weighbridge_route_version: ['gauge', 'Route table version in force, 0 for configured weights'],
  weighbridge_cooling_targets: ['gauge', 'Targets that cool down at the moment'],
} as const satisfies Record<string, readonly ['counter' | 'gauge', string]>
export type MetricName = keyof typeof METRICS

type Labels = Readonly<Record<string, string>>

export class Metrics {
  readonly #values = new Map<MetricName, Map<string, number>>()

  add(name: MetricName, amount = 1, labels: Labels = {}): void {
    const series = this.#values.get(name) ?? new Map<string, number>()
    this.#values.set(name, series)
    const key = labelText(labels)
    series.set(key, (series.get(key) ?? 0) + amount)
  }

  set(name: MetricName, value: number): void {
    this.#values.set(name, new Map([['', value]]))
  }

  /** Replaces every series of a metric. */
  replace(name: MetricName, series: Iterable<readonly [Labels, number]>): void {
    this.#values.set(name, new Map([...series].map(([labels, value]) => [labelText(labels), value])))
  }

  /** One metric's value, 0 when it was never counted. */
  value(name: MetricName, labels: Labels = {}): number {
    return this.#values.get(name)?.get(labelText(labels)) ?? 0
  }

  text(): string {
    const lines: string[] = []
    for (const [name, [type, help]] of Object.entries(METRICS)) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
      // Object.entries widens the keys of METRICS to string.
      const series = this.#values.get(name as MetricName) ?? new Map([['', 0]])
      for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }
}

function labelText(labels: Labels): string {
  let text = ''
  for (const name in labels) {
    const value = labels[name] ?? ''
    // Almost no value needs escaping, and several are counted for every call.
    text += `${text === '' ? '{' : ','}${name}="${/[\\\n"]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value}"`
  }
  return text === '' ? '' : `${text}}`
}
