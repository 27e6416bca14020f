// `weighbridge whatif`: your own traffic at another target, effort or price; or what the chains would do without a provider. Reads
// ClickHouse as reader; changes nothing.
import { resolve } from 'node:path'
import { parseConfig, type Config, type Target } from '../../core/config.ts'
import { EFFORTS } from '../../core/config-schema.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { PriceBook } from '../../core/prices.ts'
import { systemClock } from '../../core/seams.ts'
import { askWhatIf, type WhatIfAnswer } from '../../evals/learn/whatif/ask.ts'
import type { RepricedBucket } from '../../evals/learn/whatif/reprice.ts'
import { parseVerbosity } from '../../evals/learn/whatif/verbosity.ts'
import { parseLength } from '../../router/admin/subjects.ts'
import { withEffort } from '../../router/decide/candidates.ts'
import { namedTarget } from '../../router/decide/resolve-model.ts'
import { genaiPriceBook } from '../../store/prices/genai.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { layered, listPriceBook, parsePriceList } from '../../store/prices/price-file.ts'
import { readPrices } from '../../store/prices/read-prices.ts'
import { EXIT, type Arguments, type Command, type ExitCode, type Terminal } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { loadConfig, locate, readConfigText } from '../compose/settings.ts'
import { outage } from '../learn/outage.ts'
import { paint, percent, table, usd } from '../output.ts'

const SINCE_MS = 30 * 86_400_000

export const command: Command = {
  name: 'whatif',
  summary: 'Price your own traffic under another target, effort or price list, or see what an outage would do.',
  help: `With --from and --to: every production call that FROM answered, priced at TO: at TO's list price, its answer lengths (from your traffic at both, else
from probes that both answered, else taken as equal), its use of cache and its retries, each as far as it is known. FROM and TO are
targets, or provider/model of a configured provider; the same name twice with --prices asks what a price list changes.
With --outage: where each task's calls would go without a provider, what that costs, and which would be refused (exit 1).`,
  options: {
    from: { type: 'string', meaning: 'The target whose traffic it is about', value: 'TARGET' },
    to: { type: 'string', meaning: 'The target that would get it', value: 'TARGET' },
    effort: { type: 'string', meaning: `Reasoning effort of TO: ${EFFORTS.join(', ')}`, value: 'EFFORT' },
    prices: { type: 'string', meaning: 'Price TO by this price file or address instead of the prices in force', value: 'FILE|URL' },
    verbosity: { type: 'string', meaning: 'Answer lengths of TO relative to FROM by input size, where you know better: "<2k=1,2-10k=1.52,10-128k=.75,>128k=.66"', value: 'RATIOS' },
    outage: { type: 'string', meaning: 'What the chains would do without this provider', value: 'PROVIDER' },
    since: { type: 'string', meaning: 'How far back the traffic is taken (default 30d)', value: 'TIME' },
  },
  run: async (terminal, args) => {
    const given = args.text('since')
    const sinceMs = given === undefined ? SINCE_MS : parseLength(given)
    if (sinceMs === undefined) throw new WeighbridgeError('usage', `--since takes a length of time such as 30d or 12h, not "${given}"`)
    const settings = locate(terminal, args)
    const book = priceBookIn(settings.dataDir)
    const config = loadConfig(settings.configPath, terminal.env, book)
    const { clickhouse, close } = openReader(terminal, args)
    const nowMs = systemClock.nowMs()
    try {
      const provider = args.text('outage')
      if (provider !== undefined) return await outage(terminal, args, { clickhouse, config, provider, sinceMs: nowMs - sinceMs, nowMs })
      const [from, to] = await targetsOf(terminal, args, config, book)
      const answer = await askWhatIf(clickhouse, config, { from, to, sinceMs: nowMs - sinceMs, nowMs, verbosity: parseVerbosity(args.text('verbosity')) })
      return answered(terminal, args, answer)
    } finally {
      await close()
    }
  },
}

async function targetsOf(terminal: Terminal, args: Arguments, config: Config, book: PriceBook): Promise<readonly [Target, Target]> {
  const [fromName, toName] = [args.text('from'), args.text('to')]
  if (fromName === undefined || toName === undefined) throw new WeighbridgeError('usage', 'Say --from TARGET and --to TARGET, or --outage PROVIDER')
  const effort = args.text('effort')
  if (effort !== undefined && !EFFORTS.some((one) => one === effort)) throw new WeighbridgeError('usage', `--effort takes ${EFFORTS.join(', ')}, not "${effort}"`)
  const from = named(config, fromName, book)
  const source = args.text('prices')
  if (source === undefined) return [from, withEffort(named(config, toName, book), effort, config)]
  // The same configuration under the other list: overrides and discounts of one's own hold there as well.
  const list = listPriceBook(parsePriceList(await readPrices(/^https?:\/\//i.test(source) ? source : resolve(terminal.cwd, source))), () => systemClock.nowMs())
  const other = layered([list, genaiPriceBook()])
  const then = parseConfig(readConfigText(locate(terminal, args).configPath), terminal.env, other)
  return [from, withEffort(named(then, toName, other), effort, then)]
}

/** A target by its name, by `provider/model`, or by its model where only one target has it. */
function named(config: Config, name: string, book: PriceBook): Target {
  const found = namedTarget(config, name, book)
  if (found !== undefined) return found
  const [only, ...others] = [...config.targets.values()].filter(({ model }) => model === name)
  if (only !== undefined && others.length === 0) return only
  const known = only === undefined ? [...config.targets.keys()] : [only, ...others].map((target) => target.name)
  throw new WeighbridgeError('unknown_target', only === undefined ? `There is no target "${name}"` : `"${name}" is the model of several targets`, { remedy: `Name one of ${known.join(', ')}.` })
}

function answered(terminal: Terminal, args: Arguments, answer: WhatIfAnswer): ExitCode {
  if (args.flag('json')) {
    terminal.out(`${JSON.stringify(answer)}\n`)
    return EXIT.ok
  }
  const { now_usd: now, then_usd: then, change, causes } = answer
  const title = answer.from === answer.to ? `${answer.from} at other prices` : `${answer.from} → ${answer.to}`
  terminal.out(`${paint(terminal, 'bold', title)}${answer.simulated ? ' (SIMULATED)' : ''}: ${answer.calls} calls since ${answer.since.slice(0, 10)}${answer.sampled < answer.calls ? `, ${answer.sampled} of them looked at one by one` : ''}\n`)
  terminal.out(`  ${usd(now)} at the prices in force → ${usd(then.value)} (${usd(then.low)}…${usd(then.high)}): ${signedPercent(change.value)} (${signedPercent(change.low)}…${signedPercent(change.high)})\n`)
  terminal.out(`  of which list price ${signedUsd(causes.list_price)}, answer length ${signedUsd(causes.verbosity)}, cache ${signedUsd(causes.cache)}, retries ${signedUsd(causes.retries)}\n\n`)
  terminal.out(table(['input', 'calls', 'now', 'then', 'change (95%)', 'list price', 'length', 'cache', 'retries', 'answers', 'from', 'cached'], answer.buckets.map(row)))
  if (answer.charged_usd !== null && Math.abs(answer.charged_usd - now) > 0.01 * now) terminal.out(`\nThese calls were charged ${usd(answer.charged_usd)}; the rest is failed attempts, repeats and prices that have changed since.\n`)
  for (const { chain, target, ceiling, over_now, over_then } of answer.ceilings) terminal.out(`\n${paint(terminal, 'yellow', '!')} chain ${chain}: the ceiling of ${target}, ${usd(ceiling)} per 1,000 tokens, is passed by ${percent(over_now)} of these calls and would be by ${percent(over_then)}\n`)
  if (answer.ceilings.length === 0) terminal.out('\nNo ceiling of a link of it would start to bite.\n')
  const { now: own, after: other } = answer.repeats
  terminal.out(`Failed attempts add ${rate(own.failed_share)} now, ${rate(other.failed_share)} then; users ask again ${rate(own.repeat_rate)} now, ${rate(other.repeat_rate)} then.\n`)
  return EXIT.ok
}

function row(bucket: RepricedBucket): string[] {
  const { change, causes, verbosity, cache_share: cache, now_usd: now } = bucket
  const part = (value: number): string => (now > 0 ? signedPercent(value / now) : '–')
  return [
    bucket.bucket, String(bucket.calls), usd(now), usd(bucket.then_usd.value), `${signedPercent(change.value)} (${signedPercent(change.low)}…${signedPercent(change.high)})`,
    part(causes.list_price), part(causes.verbosity), part(causes.cache), part(causes.retries),
    `×${verbosity.ratio.toFixed(2)}`, verbosity.n > 0 ? `${verbosity.source} (${verbosity.n})` : verbosity.source, `${percent(cache.now)} → ${percent(cache.after)}${cache.learned ? '' : ' (as now)'}`,
  ]
}

function signedPercent(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(1)}%`
}

function signedUsd(value: number): string {
  return `${value < 0 ? '−' : '+'}${usd(Math.abs(value))}`
}

function rate(value: number | undefined): string {
  return value === undefined ? 'an unknown share' : percent(value)
}
