// `weighbridge bill`: what a month cost and who spent it, and, with --reconcile, how that compares with what a provider counted.
// Reads as `reader`; changes nothing.
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { billedAttempts, billedCalls, MOST_BILL_GROUPS, reportedCosts, usageByHour } from '../../store/queries/bill.ts'
import { billKey, keyNames, tagNames } from '../bill/dimensions.ts'
import { EXPORT_PROVIDERS, type ExportProvider, type ProviderExport } from '../bill/exports/form.ts'
import { readExport } from '../bill/exports/read-export.ts'
import { billLines, billTotal, type BillLine } from '../../store/bill/lines.ts'
import { parseMoney, shownUsd } from '../../store/bill/money.ts'
import { ourRates } from '../bill/our-rates.ts'
import { billPeriod, type Period } from '../bill/period.ts'
import { billCsv, billJson, billTable } from '../bill/print.ts'
import { reportJson, reportText } from '../bill/print-differences.ts'
import { ACCEPTABLE, isOpen, MOST_SHIFT, reconcile } from '../bill/reconcile.ts'
import { comparedDays, ourProviders } from '../bill/scope.ts'
import { EXIT, type Arguments, type Command, type ExitCode, type Terminal } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { loadConfig, locate } from '../compose/settings.ts'

const HOUR_MS = 3_600_000
const KEPT_MS = 90 * 24 * HOUR_MS
/** A year of single generations; more is another file than a usage export. */
const MOST_EXPORT_BYTES = 256 * 1024 * 1024

export const command: Command = {
  name: 'bill',
  summary: 'Say what a month cost and who spent it; with --reconcile, what differs from a provider’s own export.',
  options: {
    month: { type: 'string', meaning: 'Month in UTC (default the current one)', value: 'YYYY-MM' },
    since: { type: 'string', meaning: 'Instead of a month: from when on (a date, a moment, or 7d)', value: 'WHEN' },
    until: { type: 'string', meaning: 'Until when, that moment not included (default now)', value: 'WHEN' },
    by: { type: 'string', multiple: true, meaning: 'key, task, target, provider, model, effort, user, session, purpose, surface, day, tag.NAME (default target)', value: 'A,B' },
    csv: { type: 'boolean', meaning: 'Answer in CSV, every column, exact dollars' },
    simulated: { type: 'boolean', meaning: 'Bill the simulated traffic of the demo instead; the two are never mixed' },
    reconcile: { type: 'string', multiple: true, meaning: 'Compare with this usage or cost export (several files: --reconcile A --reconcile B)', value: 'FILE' },
    provider: { type: 'string', meaning: 'Whose export it is: openai, anthropic or openrouter (default: told by its columns)', value: 'NAME' },
    ours: { type: 'string', multiple: true, meaning: 'Providers of the configuration that it covers (default: by address)', value: 'NAMES' },
    'tolerance-usd': { type: 'string', meaning: 'Dollars by day and model that count as rounding (default 0.005)', value: 'USD' },
    'tolerance-percent': { type: 'string', meaning: 'Share of tokens, requests and dollars that counts as rounding (default 0)', value: 'N' },
    accept: { type: 'string', multiple: true, meaning: `Causes that are no failure: ${ACCEPTABLE.join(', ')}`, value: 'CAUSES' },
  },
  help: `All times are UTC. Attempts are billed when they started, at the costs that count now: every correction once. What has no price is counted in
calls and tokens, never as 0 dollars. Evals and judges are apart; "wasted" (failed attempts) is part of production.
Reconciling answers 1 while a difference is open: unexplained, another price, usage that only one side has, or attempts without a price
here. --accept takes any of these but the unexplained as settled. See docs/bill.md.`,
  run: async (terminal, args) => {
    if (args.flag('csv') && args.flag('json')) throw new WeighbridgeError('usage', 'Give --csv or --json, not both')
    return args.list('reconcile').length === 0 ? await bill(terminal, args) : await reconcileExports(terminal, args)
  },
}

async function bill(terminal: Terminal, args: Arguments): Promise<ExitCode> {
  const only = ['provider', 'ours', 'tolerance-usd', 'tolerance-percent', 'accept'].find((name) => args.list(name).length > 0)
  if (only !== undefined) throw new WeighbridgeError('usage', `--${only} goes with --reconcile`)
  const nowMs = Date.now()
  const period = billPeriod({ month: args.text('month'), since: args.text('since'), until: args.text('until') }, nowMs)
  const words = args.list('by')
  const by = billKey(words.length === 0 ? ['target'] : words)
  const simulated = args.flag('simulated')
  const { clickhouse, close } = openReader(terminal, args)
  try {
    const params = { simulated, from: period.from, to: period.to, tag_names: tagNames(by) }
    const [attempts, calls, reported] = await Promise.all([clickhouse.query(billedAttempts(by), params), clickhouse.query(billedCalls(by), params), clickhouse.query(reportedCosts(by), params)])
    if (Math.max(attempts.length, calls.length, reported.length) > MOST_BILL_GROUPS)
      throw new WeighbridgeError('usage', `More than ${MOST_BILL_GROUPS} lines`, { remedy: 'Bill a shorter time, or by fewer dimensions.' })
    const names = keyNames(by)
    const lines = billLines({ attempts, calls, reported }, names.includes('day'))
    const total = billTotal(lines)
    const { from, to, label, ongoing } = period
    const whole = { from: from.toISOString(), to: to.toISOString(), label, ongoing, simulated, by: names, lines, total, notes: notesOf(period, total, nowMs) }
    terminal.out(args.flag('json') ? billJson(whole) : args.flag('csv') ? billCsv(whole) : billTable(whole))
    return EXIT.ok
  } finally {
    await close()
  }
}

function notesOf(period: Period, { money, counts }: BillLine, nowMs: number): string[] {
  return [
    ...(counts.unpriced_attempts === 0 ? [] : [`${counts.unpriced_attempts} attempt(s) have no known cost and are in no amount: ${counts.unpriced_input} input and ${counts.unpriced_output} output tokens. Give their models a price, then run \`weighbridge prices backfill\`.`]),
    ...(counts.compared_attempts === 0 || money.difference === 0n ? [] : [`Of ${counts.compared_attempts} attempt(s) providers reported ${shownUsd(money.reported)} where our prices say ${shownUsd(money.expected)}; the bill has what they reported.`]),
    ...(nowMs - period.from.getTime() > KEPT_MS ? ['This reaches back more than 90 days: attempts are only kept that long unless the storage is set otherwise, so that older days may be incomplete.'] : []),
  ]
}

async function reconcileExports(terminal: Terminal, args: Arguments): Promise<ExitCode> {
  const misplaced = (['by', 'csv'] as const).find((name) => (name === 'by' ? args.list('by').length > 0 : args.flag('csv')))
  if (misplaced !== undefined) throw new WeighbridgeError('usage', `--${misplaced} does not go with --reconcile, which compares by day and model`)
  const asked = exportProvider(args.text('provider'))
  const accepted = acceptedCauses(args.list('accept'))
  const nowMs = Date.now()
  const isBounded = ['month', 'since', 'until'].some((name) => args.text(name) !== undefined)
  const period = isBounded ? billPeriod({ month: args.text('month'), since: args.text('since'), until: args.text('until') }, nowMs) : undefined
  const exports = await Promise.all(args.list('reconcile').map(async (name): Promise<ProviderExport> => readExport(await exportText(resolve(terminal.cwd, name), name), asked)))
  const [first] = exports
  if (first === undefined || exports.some((one) => one.provider !== first.provider)) throw new WeighbridgeError('usage', 'The exports are of different providers: compare one provider at a time')
  const settings = locate(terminal, args)
  const book = priceBookIn(settings.dataDir)
  const config = loadConfig(settings.configPath, terminal.env, book)
  const providers = ourProviders(config, first.provider, args.list('ours'))
  const { scope, notes } = comparedDays(exports, period, nowMs)
  const { clickhouse, close } = openReader(terminal, args)
  try {
    const hours = await usageOf(clickhouse, scope, providers, args.flag('simulated'))
    const tolerance = {
      usd: parseMoney(args.text('tolerance-usd') ?? '0.005') ?? badTolerance(),
      share: (args.number('tolerance-percent', { min: 0, max: 100 }) ?? 0) / 100,
      halfUnit: exports.reduce((most, one) => (one.halfUnit > most ? one.halfUnit : most), 0n),
    }
    if (tolerance.usd < 0n) badTolerance()
    const result = reconcile(hours, exports, scope, ourRates(config, book), tolerance)
    const report = { result, exports: exports.map(({ kind, lines, skipped }) => ({ kind, lines: lines.length, skipped })), providers, accepted, notes: [...notes, ...exports.flatMap((one) => one.notes)] }
    terminal.out(args.flag('json') ? reportJson(report) : reportText(report))
    return result.differences.some((one) => isOpen(one, accepted)) ? EXIT.gateFailed : EXIT.ok
  } finally {
    await close()
  }
}

async function usageOf(clickhouse: ClickHouse, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, providers: string[], simulated: boolean): Promise<Awaited<ReturnType<typeof clickhouse.query<typeof usageByHour.params, typeof usageByHour.row>>>> {
  const margin = MOST_SHIFT * HOUR_MS
  return await clickhouse.query(usageByHour, { simulated, from: new Date(fromMs - margin), to: new Date(toMs + margin), providers })
}

async function exportText(path: string, name: string): Promise<string> {
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      if (size > MOST_EXPORT_BYTES) throw new WeighbridgeError('usage', `${name} has ${size} bytes; an export of at most ${MOST_EXPORT_BYTES} is read`)
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof WeighbridgeError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new WeighbridgeError('usage', `Cannot read ${name}: ${code}`)
  }
}

function exportProvider(text: string | undefined): ExportProvider | undefined {
  if (text === undefined) return undefined
  const known = EXPORT_PROVIDERS.find((name) => name === text)
  if (known === undefined) throw new WeighbridgeError('usage', `--provider takes ${EXPORT_PROVIDERS.join(', ')}, not "${text.slice(0, 64)}"`, { remedy: 'It says whose export the file is; --ours names providers of the configuration.' })
  return known
}

function acceptedCauses(words: readonly string[]): ReadonlySet<string> {
  const wrong = words.find((word) => !ACCEPTABLE.some((name) => name === word))
  if (wrong !== undefined) throw new WeighbridgeError('usage', `--accept takes ${ACCEPTABLE.join(', ')}, not "${wrong.slice(0, 64)}"`)
  return new Set(words)
}

function badTolerance(): never {
  throw new WeighbridgeError('usage', '--tolerance-usd takes an amount such as 0.01')
}
