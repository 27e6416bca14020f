// `weighbridge prices show|diff|update`: what targets cost and why, what another price list would change, and taking one up.
import { join, resolve } from 'node:path'
import { parseConfig, priceOfModel, type Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { nextChangeMs } from '../../core/price-schedule.ts'
import { ceilingCheck, newlyOver, overText, type LinkOver } from '../../core/price-shapes.ts'
import { priceChanges, priceText, type PriceChange } from '../../core/price-watch.ts'
import { tierFor, type PriceBook, type PriceTier, type TargetPrice } from '../../core/prices.ts'
import { genaiPriceBook, GENAI_PRICES_VERSION } from '../../store/prices/genai.ts'
import { forgetPrices, keepPrices, priceBookIn, type KeptPrices } from '../../store/prices/kept-prices.ts'
import { layered, listPriceBook, parsePriceList } from '../../store/prices/price-file.ts'
import { PUBLISHED_PRICES, readPrices, shown } from '../../store/prices/read-prices.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { locate, makeDataDir, readConfigText, type Settings } from '../compose/settings.ts'
import { paint, table, usd } from '../output.ts'

const SOURCES = `Prices come from, in this order: a target's own price, prices.overrides, the price list of the data directory, the packaged
data (${GENAI_PRICES_VERSION}). A target that none of them knows is unpriced: its cost is unknown, never 0.`
/** The word that means the data that came with this program. */
const PACKAGED = 'packaged'

export const show: Command = {
  name: 'prices show',
  summary: 'Show what targets cost, from which source, until when, and which chain links exceed their ceilings.',
  usage: '[TARGET | PROVIDER/MODEL]',
  help: SOURCES,
  run: async (terminal, args) => {
    const { settings, text } = configured(terminal, args)
    const book = priceBookIn(settings.dataDir)
    const config = parseConfig(text, terminal.env, book)
    const rows = args.positionals.length === 0 ? targetsOf(config) : [oneOf(config, book, args.one('target or provider/model'))]
    const now = book.nowMs?.() ?? Date.now()
    const over = newlyOver([], ceilingCheck(config))
    if (args.flag('json')) {
      const prices = rows.map(({ name, is, price }) => ({ target: name, is, price: priceFacts(price), next_change: price === undefined ? null : isoOrNull(nextChangeMs(price, now)) }))
      terminal.out(`${JSON.stringify({ list: keptFacts(book.kept()), fault: book.fault() ?? null, prices, over: over.map(overFacts) })}\n`)
      return EXIT.ok
    }
    terminal.out(`${listText(book.kept())}\n\n`)
    terminal.out(table(['target', 'is', 'in /1M', 'cached', 'out /1M', 'besides', 'price from', 'changes'], rows.map(({ name, is, price }) => [name, is, ...cells(price), price?.version ?? 'unpriced', price === undefined ? '' : momentText(nextChangeMs(price, now))])))
    const fault = book.fault()
    if (fault !== undefined) terminal.err(`weighbridge: the kept price list is not in force: ${fault}\n  → \`weighbridge prices update\` replaces it.\n`)
    for (const link of over) terminal.out(`${paint(terminal, 'yellow', '!')} ${overText(link)}\n`)
    return EXIT.ok
  },
}

export const diff: Command = {
  name: 'prices diff',
  summary: 'Show what another price list would change, without taking it up.',
  usage: '[FILE | URL | packaged]',
  help: `Without an argument: prices.source of the configuration, else what genai-prices publishes. ${SOURCES}`,
  run: async (terminal, args) => {
    const found = await compared(terminal, args, args.positionals.length === 0 ? undefined : args.one('file or address'))
    report(terminal, args, found, 'would change')
    return EXIT.ok
  },
}

export const update: Command = {
  name: 'prices update',
  summary: 'Fetch a price list, check it, and put it in force for every router on the data directory.',
  options: { from: { type: 'string', meaning: 'Where from: a file, an http(s) address, or `packaged` for the data that came with this program', value: 'FILE|URL' } },
  help: `Without --from: prices.source of the configuration, else what genai-prices publishes. A list that cannot be read or is faulty changes
nothing. Running routers take the new prices up within a second. ${SOURCES}`,
  run: async (terminal, args) => {
    const found = await compared(terminal, args, args.text('from'))
    makeDataDir(found.settings.dataDir)
    if (found.kept === undefined) forgetPrices(found.settings.dataDir)
    else keepPrices(found.settings.dataDir, found.kept)
    report(terminal, args, found, 'changed')
    return EXIT.ok
  },
}

type Compared = { readonly settings: Settings; readonly source: string; readonly kept: KeptPrices | undefined; readonly changes: readonly PriceChange[]; readonly over: readonly LinkOver[]; readonly targets: number; readonly unpriced: readonly string[] }

/** Fetches and checks a list and compares the configuration under it with the one in force. Throws `prices_unreachable`, `prices_invalid`. */
async function compared(terminal: Terminal, args: Arguments, given: string | undefined): Promise<Compared> {
  const { settings, text } = configured(terminal, args)
  const present = priceBookIn(settings.dataDir)
  const before = parseConfig(text, terminal.env, present)
  const source = sourceOf(terminal, settings, before, given)
  const kept = source === PACKAGED ? undefined : { list: parsePriceList(await readPrices(source)), from: shown(source), fetchedAt: new Date().toISOString() }
  const packaged = genaiPriceBook()
  const after = parseConfig(text, terminal.env, kept === undefined ? packaged : layered([listPriceBook(kept.list, () => packaged.nowMs?.() ?? Date.now()), packaged]))
  return {
    settings,
    source: kept?.from ?? PACKAGED,
    kept,
    changes: priceChanges(before, after),
    over: newlyOver(ceilingCheck(before), ceilingCheck(after)),
    targets: after.targets.size,
    unpriced: [...after.targets.values()].filter((target) => target.price === undefined).map((target) => target.name),
  }
}

function sourceOf(terminal: Terminal, settings: Settings, config: Config, given: string | undefined): string {
  if (given === PACKAGED) return PACKAGED
  if (given !== undefined) return isUrl(given) ? given : resolve(terminal.cwd, given)
  const configuredSource = config.settings.prices.source
  if (configuredSource === undefined) return PUBLISHED_PRICES
  return isUrl(configuredSource) ? configuredSource : join(settings.configDir, configuredSource)
}

function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source)
}

function report(terminal: Terminal, args: Arguments, found: Compared, verb: string): void {
  const { source, kept, changes, over, targets, unpriced } = found
  if (args.flag('json')) {
    const list = changes.map((change) => ({ target: change.target, before: priceFacts(change.before), after: priceFacts(change.after) }))
    terminal.out(`${JSON.stringify({ source, list: keptFacts(kept), targets, changes: list, over: over.map(overFacts), unpriced })}\n`)
    return
  }
  terminal.out(`${source}: ${kept === undefined ? GENAI_PRICES_VERSION : kept.list.version}\n`)
  if (changes.length === 0) terminal.out(`No price of the ${targets} target(s) ${verb}.\n`)
  else terminal.out(`\n${table(['target', 'before', 'after', 'chat turn'], changes.map((change) => [change.target, priceText(change.before), priceText(change.after), ratioText(change)]))}`)
  for (const link of over) terminal.out(`${paint(terminal, 'yellow', '!')} ${overText(link)}\n`)
  if (unpriced.length > 0) terminal.out(`! unpriced: ${unpriced.join(', ')}\n`)
}

/** How much dearer a typical chat turn (2,000 in, 500 out) becomes. */
function ratioText({ before, after }: PriceChange): string {
  if (before === undefined || after === undefined) return ''
  const sum = (price: TargetPrice): number => 2_000 * tierFor(price, 2_000).input + 500 * tierFor(price, 2_000).output
  const was = sum(before)
  return was === 0 ? '' : `×${Number((sum(after) / was).toPrecision(3))}`
}

type Row = { readonly name: string; readonly is: string; readonly price: TargetPrice | undefined }

function targetsOf(config: Config): Row[] {
  return [...config.targets.values()].map((target) => ({ name: target.name, is: target.evidenceKey, price: target.price }))
}

/** A target, or a provider/model that needs no target. Throws `unknown_target`. */
function oneOf(config: Config, book: PriceBook, name: string): Row {
  const target = config.targets.get(name)
  if (target !== undefined) return { name, is: target.evidenceKey, price: target.price }
  const slash = name.indexOf('/')
  const provider = config.providers.get(name.slice(0, slash))
  if (slash > 0 && provider !== undefined) return { name, is: name, price: priceOfModel(config.settings.prices, provider, name.slice(slash + 1), book) }
  throw new WeighbridgeError('unknown_target', `There is no target "${name}", and no provider of that name`, { remedy: 'Name a target of the configuration, or PROVIDER/MODEL with a configured provider.' })
}

function cells(price: TargetPrice | undefined): string[] {
  if (price === undefined) return ['–', '–', '–', '']
  const tier = tierFor(price, 0)
  const besides = [
    ...price.tiers.slice(1).map((other) => `≥${other.fromInputTokens}: ${usd(other.input)}/${usd(other.output)}`),
    ...(tier.cacheWrite === undefined ? [] : [`write ${usd(tier.cacheWrite)}`]),
    ...(tier.cacheWrite1h === undefined ? [] : [`1h ${usd(tier.cacheWrite1h)}`]),
    ...(price.perRequest === 0 ? [] : [`request ${usd(price.perRequest)}`]),
    ...(price.perWebSearch === undefined ? [] : [`search ${usd(price.perWebSearch)}`]),
    ...Object.entries(price.serviceTiers ?? {}).map(([name, special]) => (typeof special === 'number' ? `${name} ×${Number(special.toPrecision(3))}` : name)),
    ...(price.marks ?? []).map((mark) => `${mark.member}=${mark.value} ×${mark.factor}`),
  ]
  return [usd(tier.input), usd(tier.cacheRead ?? tier.input), usd(tier.output), besides.join(', ')]
}

function listText(kept: KeptPrices | undefined): string {
  if (kept === undefined) return `Price data: ${GENAI_PRICES_VERSION} (packaged)`
  return `Price data: ${kept.list.version} from ${kept.from}${kept.fetchedAt === '' ? '' : `, fetched ${kept.fetchedAt}`}; ${GENAI_PRICES_VERSION} for what it does not know`
}

function keptFacts(kept: KeptPrices | undefined): Readonly<Record<string, unknown>> {
  return kept === undefined ? { version: GENAI_PRICES_VERSION, from: PACKAGED, fetched_at: null, hash: null } : { version: kept.list.version, from: kept.from, fetched_at: kept.fetchedAt || null, hash: kept.list.hash }
}

function overFacts({ chain, target, ceiling, newly, over, shapes }: LinkOver): Readonly<Record<string, unknown>> {
  const facts = (costs: LinkOver['over']): unknown => costs.map((cost) => ({ shape: cost.shape.name, per_1k_usd: cost.per1kUsd ?? null }))
  return { chain, target, max_cost_per_1k: ceiling, request_shapes: shapes, newly: facts(newly), over: facts(over) }
}

/** A price in the words of a price file, as in force; `null`: unpriced. */
function priceFacts(price: TargetPrice | undefined): Readonly<Record<string, unknown>> | null {
  if (price === undefined) return null
  const { tiers, serviceTiers } = price
  const [base, ...more] = tiers
  const special = Object.entries(serviceTiers ?? {}).map(([name, value]) => [name, typeof value === 'number' ? value : rateFacts(value[0])] as const)
  return {
    ...rateFacts(base),
    per_request: price.perRequest,
    ...(price.perWebSearch === undefined ? {} : { per_web_search: price.perWebSearch }),
    ...(more.length === 0 ? {} : { tiers: more.map((tier) => ({ from_input_tokens: tier.fromInputTokens, ...rateFacts(tier) })) }),
    ...(special.length === 0 ? {} : { service_tiers: Object.fromEntries(special) }),
    ...(price.marks === undefined ? {} : { marks: price.marks }),
    version: price.version,
  }
}

function rateFacts({ input, output, cacheRead, cacheWrite, cacheWrite1h, media }: PriceTier): Readonly<Record<string, number>> {
  const rates = { input, output, cache_read: cacheRead, cache_write: cacheWrite, cache_write_1h: cacheWrite1h, input_audio: media?.inputAudio, cache_read_audio: media?.cacheReadAudio, output_audio: media?.outputAudio, input_image: media?.inputImage, output_image: media?.outputImage }
  return Object.fromEntries(Object.entries(rates).flatMap(([name, rate]) => (rate === undefined ? [] : [[name, rate]])))
}

function isoOrNull(ms: number): string | null {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null
}

function momentText(ms: number): string {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC` : ''
}

function configured(terminal: Terminal, args: Arguments): { settings: Settings; text: string } {
  const settings = locate(terminal, args)
  return { settings, text: readConfigText(settings.configPath) }
}
