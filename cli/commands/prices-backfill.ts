// `weighbridge prices backfill`: prices stored attempts again whose cost was unknown or estimated, and stores what changes as
// corrections. It reads as `reader` and writes like everybody else: OTLP to the collector. What was stored stays as it was.
import { GEN_AI, WB } from '../../core/attributes.ts'
import { parseConfig, priceOfModel } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { correctionsOf, type Correction } from '../../core/price-backfill.ts'
import type { TargetPrice } from '../../core/prices.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { encodeSpans, type SpanRecord } from '../../store/otlp/spans.ts'
import { sendOtlp } from '../../store/otlp/send.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { repricable } from '../../store/queries/backfill.ts'
import type { z } from 'zod'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { secret } from '../compose/clickhouse-server.ts'
import { openReader } from '../compose/reader.ts'
import { readRunning } from '../compose/running.ts'
import { locate, readConfigText } from '../compose/settings.ts'
import { momentOf } from '../moments.ts'
import { table, usd } from '../output.ts'

type Row = z.output<typeof repricable.row>

const CALLS_A_PAGE = 1_000
/** Some 250 KB before compression: a collector may be set to take little at once. */
const SPANS_AT_ONCE = 250

export const backfill: Command = {
  name: 'prices backfill',
  summary: 'Price stored attempts again whose cost was unknown or estimated, and store the corrections.',
  options: {
    since: { type: 'string', meaning: 'From when on: a date, a moment, or days ago such as 7d (default 30d)', value: 'WHEN' },
    until: { type: 'string', meaning: 'Until when (default now)', value: 'WHEN' },
    changed: { type: 'boolean', meaning: 'Also attempts that had a price, where today’s price list says something else about their time' },
    'dry-run': { type: 'boolean', meaning: 'Only show what would change' },
  },
  help: `Each attempt costs what the prices in force at its own time make of its tokens. What a provider reported is never changed, nor is
the cost of an answer that was cut. A price of yours without a \`from\` date counts for all times: give it one before --changed.
Corrections are stored beside the attempts (cost_source backfilled in model_calls), once however often this runs.`,
  run: async (terminal, args) => {
    const now = Date.now()
    const from = new Date(momentOf(args.text('since') ?? '30d', now, 'since'))
    const to = new Date(args.text('until') === undefined ? now : momentOf(args.text('until') ?? '', now, 'until'))
    if (from >= to) throw new WeighbridgeError('usage', '--since must lie before --until')
    const { clickhouse, close } = openReader(terminal, args)
    try {
      const sources = ['unpriced', 'estimated', ...(args.flag('changed') ? ['priced', 'backfilled'] : [])]
      const totals = new Map<string, Total>()
      const send = args.flag('dry-run') ? undefined : sender(terminal, args)
      let looked = 0
      for await (const { attempts, corrections } of pages(terminal, args, clickhouse, { from, to, sources })) {
        looked += attempts
        for (const correction of corrections) count(totals, correction)
        if (corrections.length > 0) await send?.(corrections.map(spanOf))
      }
      report(terminal, args, { from, to, looked, totals: [...totals.values()], dryRun: send === undefined })
      return EXIT.ok
    } finally {
      await close()
    }
  },
}

type Window = { readonly from: Date; readonly to: Date; readonly sources: readonly string[] }

/** The corrections of the window, a page of calls at a time. */
async function* pages(terminal: Terminal, args: Arguments, clickhouse: ClickHouse, window: Window): AsyncGenerator<{ readonly attempts: number; readonly corrections: readonly Correction<Row>[] }, void, void> {
  const priceOf = pricing(terminal, args)
  const sources = new Set(window.sources)
  let after = { ns: '0', trace: '' }
  for (;;) {
    const rows = await clickhouse.query(repricable, { ...window, sources: [...window.sources], after_ns: after.ns, after_trace: after.trace, limit: CALLS_A_PAGE })
    const last = rows.at(-1)
    if (last === undefined) return
    const calls = Map.groupBy(rows, (row) => `${row.trace_id}${row.parent_span_id}`)
    yield { attempts: rows.length, corrections: [...calls.values()].flatMap((attempts) => correctionsOf(attempts, sources, priceOf)) }
    after = { ns: last.first_ns, trace: last.trace_id }
  }
}

/** The price of a stored attempt's target as configured now, else that of its model; `undefined` for a provider that is gone. */
function pricing(terminal: Terminal, args: Arguments): (attempt: Row) => TargetPrice | undefined {
  const settings = locate(terminal, args)
  const book = priceBookIn(settings.dataDir)
  const config = parseConfig(readConfigText(settings.configPath), terminal.env, book)
  const known = new Map<string, TargetPrice | undefined>()
  return ({ provider: name, model, effort, target }) => {
    const key = `${target}\n${name}/${model}@${effort}`
    if (!known.has(key)) {
      const configured = config.targets.get(target)
      const provider = config.providers.get(name)
      const isSame = configured !== undefined && configured.provider.name === name && configured.model === model
      known.set(key, isSame ? configured.price : provider === undefined ? undefined : priceOfModel(config.settings.prices, provider, model, book))
    }
    return known.get(key)
  }
}

function sender(terminal: Terminal, args: Arguments): (spans: readonly SpanRecord[]) => Promise<void> {
  const settings = locate(terminal, args)
  const config = parseConfig(readConfigText(settings.configPath), terminal.env, priceBookIn(settings.dataDir))
  const { collector } = config.settings
  const url = readRunning(settings.dataDir)?.collector ?? collector.url ?? `http://127.0.0.1:${collector.port}`
  const token = secret(terminal.env, 'WEIGHBRIDGE_COLLECTOR_TOKEN')
  return async (spans) => {
    for (let at = 0; at < spans.length; at += SPANS_AT_ONCE) {
      const body = encodeSpans({ 'service.name': 'weighbridge' }, spans.slice(at, at + SPANS_AT_ONCE))
      const { rejected, reason } = await sendOtlp({ url, signal: 'traces', body, gzip: true, timeoutMs: 30_000, ...(token === undefined ? {} : { token }) })
      if (rejected > 0) throw new WeighbridgeError('internal', `The collector rejected ${rejected} correction(s): ${reason}`)
    }
  }
}

function spanOf({ attempt, id, deltaUsd, replaces, version, callDeltaUsd, callWastedDeltaUsd }: Correction<Row>): SpanRecord {
  return {
    traceId: attempt.trace_id,
    spanId: id,
    parentSpanId: attempt.parent_span_id,
    name: 'cost correction',
    startNs: attempt.started_ns,
    failed: attempt.status === 'Error',
    attributes: {
      [WB.role]: 'correction',
      [WB.corrects]: attempt.span_id,
      [WB.task]: attempt.task,
      [WB.target]: attempt.target,
      [GEN_AI.providerName]: attempt.provider,
      [GEN_AI.requestModel]: attempt.model,
      [WB.effort]: attempt.effort === '' ? undefined : attempt.effort,
      [WB.attempt]: attempt.attempt,
      [WB.purpose]: attempt.purpose,
      [WB.simulated]: attempt.is_simulated,
      [WB.costUsd]: deltaUsd,
      [WB.costSource]: replaces,
      [WB.priceVersion]: version,
      [WB.callCostUsd]: callDeltaUsd,
      [WB.callWastedUsd]: callWastedDeltaUsd,
    },
  }
}

type Total = { readonly target: string; readonly replaces: string; attempts: number; beforeUsd: number; afterUsd: number }

function count(totals: Map<string, Total>, { attempt, replaces, newUsd }: Correction<Row>): void {
  const key = `${attempt.target}\n${replaces}`
  const total = totals.get(key) ?? { target: attempt.target, replaces, attempts: 0, beforeUsd: 0, afterUsd: 0 }
  totals.set(key, { ...total, attempts: total.attempts + 1, beforeUsd: total.beforeUsd + (attempt.cost_usd ?? 0), afterUsd: total.afterUsd + newUsd })
}

function report(terminal: Terminal, args: Arguments, facts: { readonly from: Date; readonly to: Date; readonly looked: number; readonly totals: readonly Total[]; readonly dryRun: boolean }): void {
  const { from, to, looked, totals, dryRun } = facts
  const corrected = totals.reduce((sum, total) => sum + total.attempts, 0)
  if (args.flag('json')) {
    const rows = totals.map((total) => ({ target: total.target, replaces: total.replaces, attempts: total.attempts, before_usd: total.replaces === 'unpriced' ? null : total.beforeUsd, after_usd: total.afterUsd }))
    terminal.out(`${JSON.stringify({ from: from.toISOString(), to: to.toISOString(), looked_at: looked, corrected, dry_run: dryRun, targets: rows })}\n`)
    return
  }
  terminal.out(`${from.toISOString().slice(0, 16)} to ${to.toISOString().slice(0, 16)} UTC: ${looked} attempt(s) looked at, ${corrected} ${dryRun ? 'would be' : ''} corrected.\n`.replace('  ', ' '))
  if (totals.length > 0) terminal.out(`\n${table(['target', 'was', 'attempts', 'before', 'after'], totals.map((total) => [total.target, total.replaces, String(total.attempts), total.replaces === 'unpriced' ? '–' : usd(total.beforeUsd), usd(total.afterUsd)]))}`)
}

