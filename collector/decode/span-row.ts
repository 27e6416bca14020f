// A span → the bytes of its row of `spans`: hot facts into typed columns by the dialect tables, everything else into the maps. It
// reads the message tree as it was parsed and writes straight into a buffer: at forty thousand spans a second an object per
// attribute is what a collector does most. Pure but for the buffer it fills.
import { GEN_AI, WB } from '../../core/attributes.ts'
import { ByteSink } from '../../store/clickhouse/byte-sink.ts'
import type { ForeignCost, ForeignUsage } from '../../store/prices/foreign.ts'
import { ATTRIBUTE_TABLE, ROLE_BITS, type AttributeMeaning, type Role } from './attribute-table.ts'
import { LAYOUTS, type EncodedRows } from './encoded-rows.ts'
import type { AttributeValue } from './otlp-model.ts'
import { anyValue, keyValues, list, object, small, text, valid, type Leaves, type SpanSink, type Tree } from './otlp-walk.ts'
import { hourOf, plausibleBetween } from './times.ts'
import { asText, attributeMap, clean, LIMITS } from './values.ts'

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const
const STATUSES = ['Unset', 'Ok', 'Error'] as const
const MOST_DURATION_NS = 9_223_372_036_854_775_807n
const { columns: COLUMNS, codecs: CODECS, index: INDEX } = LAYOUTS.spans

function at(column: string): number {
  const found = INDEX.get(column)
  if (found === undefined) throw new TypeError(`spans have no column ${column}`)
  return found
}
/** Places of the columns that no dialect table fills, and of those that rules below look at. */
const AT = {
  traceId: at('trace_id'),
  spanId: at('span_id'),
  parentSpanId: at('parent_span_id'),
  traceState: at('trace_state'),
  name: at('name'),
  kind: at('kind'),
  service: at('service'),
  scope: at('scope'),
  startedAt: at('started_at'),
  durationNs: at('duration_ns'),
  status: at('status'),
  statusMessage: at('status_message'),
  role: at('role'),
  provider: at('provider'),
  model: at('model'),
  attempt: at('attempt'),
  inputTokens: at('input_tokens'),
  cacheReadTokens: at('cache_read_tokens'),
  cacheWriteTokens: at('cache_write_tokens'),
  outputTokens: at('output_tokens'),
  costUsd: at('cost_usd'),
  costSource: at('cost_source'),
  priceVersion: at('price_version'),
  purpose: at('purpose'),
  simulated: at('is_simulated'),
  attributes: at('attributes'),
  resource: at('resource'),
  eventsAt: at('events.at'),
  eventsName: at('events.name'),
  eventsAttributes: at('events.attributes'),
  linksTraceId: at('links.trace_id'),
  linksSpanId: at('links.span_id'),
  linksAttributes: at('links.attributes'),
  ingestedAt: at('ingested_at'),
} as const

/** What an exchange that its own sender put no price on cost, by our own price book; `undefined`: the book does not know the model. */
export type ForeignPrice = (usage: ForeignUsage) => ForeignCost | undefined

const NO_PRICE: ForeignPrice = () => undefined
/** Attributes that say what a span is; they fill no column by themselves. */
const KEPT_APART: ReadonlySet<string> = new Set([WB.role, WB.simulated])

/** Collects the spans of one request. */
export class SpanRows implements SpanSink {
  readonly #leaves: Leaves
  readonly #receivedMs: number
  readonly #receivedNs: bigint
  readonly #latestNs: bigint
  readonly #priceOf: ForeignPrice
  readonly #sink = new ByteSink(64 * 1024)
  readonly #ends: number[] = []
  readonly #hours: number[] = []
  #scope = ''
  #service = ''
  #resource = new Uint8Array([0])
  #resourceSimulated = false
  // Of the span at hand; kept from span to span so that none of them is made anew.
  readonly #values: unknown[] = Array.from({ length: COLUMNS.length })
  readonly #ranks: number[] = Array.from({ length: COLUMNS.length }, () => 0)
  readonly #names: string[] = []
  readonly #given: AttributeValue[] = []
  readonly #meanings: (AttributeMeaning | undefined)[] = []
  readonly #places = new Map<string, number>()
  readonly #rest: string[] = []

  /** `receivedMs`: wall time of receipt. */
  constructor(leaves: Leaves, receivedMs: number, priceOf: ForeignPrice = NO_PRICE) {
    this.#leaves = leaves
    this.#receivedMs = Math.round(receivedMs)
    this.#receivedNs = BigInt(this.#receivedMs) * 1_000_000n
    this.#latestNs = this.#receivedNs + 86_400_000_000_000n
    this.#priceOf = priceOf
  }

  /** Everything taken so far. */
  rows(): EncodedRows {
    return { table: 'spans', bytes: this.#sink.copy(), ends: this.#ends, hours: this.#hours, keys: [] }
  }

  resource(tree: Tree): void {
    const attributes = keyValues(tree, 'attributes', this.#leaves)
    const service = attributes.get('service.name')
    this.#service = service === undefined ? '' : clean(asText(service), LIMITS.wordChars)
    this.#resourceSimulated = attributes.get(WB.simulated) === true
    // The same for every span of the resource: encoded once.
    const sink = new ByteSink(1_024)
    CODECS[AT.resource]?.write(sink, attributeMap(attributes))
    this.#resource = new Uint8Array(sink.copy())
  }

  scope(tree: Tree): void {
    this.#scope = clean(text(tree['name']), LIMITS.wordChars)
  }

  span(tree: Tree): boolean {
    const traceId = this.#leaves.id(tree['traceId'], 16)
    const spanId = this.#leaves.id(tree['spanId'], 8)
    if (!valid(traceId) || !valid(spanId)) return false
    const values = this.#values.fill(undefined)
    values[AT.traceId] = traceId
    values[AT.spanId] = spanId
    this.#readAttributes(tree)
    const role = this.#role()
    this.#fill(ROLE_BITS[role])
    this.#place(tree, role)
    if (role === 'attempt') this.#cost()
    for (const [column, codec] of CODECS.entries()) codec.write(this.#sink, values[column])
    this.#ends.push(this.#sink.length)
    return true
  }

  /** The attributes side by side, of a name given twice the last value, with what each may mean. */
  #readAttributes(tree: Tree): void {
    const leaves = this.#leaves
    const [names, given, meanings, places] = [this.#names, this.#given, this.#meanings, this.#places]
    names.length = 0
    given.length = 0
    meanings.length = 0
    places.clear()
    for (const entry of list(tree, 'attributes')) {
      const pair = object(entry, 'attributes')
      const name = text(pair['key'])
      const value = anyValue(pair['value'], leaves)
      if (name === '' || value === null) continue
      const known = places.get(name)
      if (known !== undefined) {
        given[known] = value
        continue
      }
      places.set(name, names.length)
      names.push(name)
      given.push(value)
      meanings.push(ATTRIBUTE_TABLE.get(name))
    }
  }

  #role(): Role {
    const place = this.#places.get(WB.role)
    const stated = place === undefined ? undefined : this.#given[place]
    if (stated === 'call' || stated === 'attempt' || stated === 'correction' || stated === 'other') return stated
    for (const [index, meaning] of this.#meanings.entries()) if (meaning?.inference?.has(this.#given[index]) === true) return 'attempt'
    return 'other'
  }

  /** Puts every attribute into the columns it counts for; the others are the rest. */
  #fill(role: number): void {
    const values = this.#values
    const ranks = this.#ranks
    const rest = this.#rest
    rest.length = 0
    let dropped = 0
    for (let index = 0; index < this.#names.length; index += 1) {
      const name = this.#names[index] ?? ''
      const value = this.#given[index] ?? null
      let taken = KEPT_APART.has(name)
      const meaning = this.#meanings[index]
      if (meaning !== undefined) {
        for (const filling of meaning.fillings) {
          if ((filling.roles & role) === 0) continue
          const found = filling.read(value)
          if (found === undefined) continue
          // Another spelling of a fact that is stored already is not stored twice.
          taken = true
          const { column } = filling
          if (values[column] !== undefined && (ranks[column] ?? 0) <= filling.rank) continue
          values[column] = found
          ranks[column] = filling.rank
        }
      }
      // The GenAI operation stays visible beside the columns.
      if (taken && name !== GEN_AI.operationName) continue
      if (rest.length >= LIMITS.attributes * 2 || name.length > LIMITS.keyChars) dropped += 1
      else rest.push(name, clean(asText(value), LIMITS.valueChars))
    }
    if (dropped > 0) rest.push('weighbridge.dropped_attributes', String(dropped))
  }

  /** Columns that are not attributes. A start that no clock could have shown is replaced by the time of receipt, and kept as `weighbridge.stated_start`. */
  #place(tree: Tree, role: Role): void {
    const values = this.#values
    const leaves = this.#leaves
    const stated = leaves.uint64(tree['startTimeUnixNano'])
    const endNs = leaves.uint64(tree['endTimeUnixNano'])
    const isPlausible = plausibleBetween(stated, this.#latestNs)
    const startNs = isPlausible ? stated : this.#receivedNs
    const duration = isPlausible && endNs > stated ? endNs - stated : 0n
    if (!isPlausible) this.#rest.push('weighbridge.stated_start', String(stated))
    const parent = leaves.id(tree['parentSpanId'], 8)
    const status = object(tree['status'], 'status')
    const state = text(tree['traceState'])
    const message = text(status['message'])
    if (valid(parent)) values[AT.parentSpanId] = parent
    if (state !== '') values[AT.traceState] = clean(state, 4096)
    if (message !== '') values[AT.statusMessage] = clean(message, 4096)
    values[AT.name] = clean(text(tree['name']), LIMITS.wordChars)
    values[AT.kind] = KINDS[small(tree['kind'])] ?? 'Unspecified'
    values[AT.service] = this.#service
    values[AT.scope] = this.#scope
    values[AT.startedAt] = startNs
    values[AT.durationNs] = duration > MOST_DURATION_NS ? 0n : duration
    values[AT.status] = STATUSES[small(status['code'])] ?? 'Unset'
    values[AT.role] = role
    values[AT.purpose] ??= 'production'
    values[AT.simulated] = this.#resourceSimulated || this.#given[this.#places.get(WB.simulated) ?? -1] === true
    values[AT.ingestedAt] = BigInt(this.#receivedMs)
    values[AT.resource] = this.#resource
    this.#events(list(tree, 'events'), startNs)
    this.#links(list(tree, 'links'))
    values[AT.attributes] = this.#rest
    this.#hours.push(hourOf(startNs))
  }

  #events(all: readonly unknown[], startNs: bigint): void {
    if (all.length === 0) return
    if (all.length > LIMITS.events) this.#rest.push('weighbridge.dropped_events', String(all.length - LIMITS.events))
    const events = all.map((entry) => object(entry, 'events')).slice(0, LIMITS.events)
    this.#values[AT.eventsAt] = events.map((event) => {
      const ns = this.#leaves.uint64(event['timeUnixNano'])
      return plausibleBetween(ns, this.#latestNs) ? ns : startNs
    })
    this.#values[AT.eventsName] = events.map((event) => clean(text(event['name']), LIMITS.wordChars))
    this.#values[AT.eventsAttributes] = events.map((event) => attributeMap(keyValues(event, 'attributes', this.#leaves)))
  }

  #links(all: readonly unknown[]): void {
    if (all.length === 0) return
    if (all.length > LIMITS.links) this.#rest.push('weighbridge.dropped_links', String(all.length - LIMITS.links))
    const links = all.map((entry) => object(entry, 'links')).slice(0, LIMITS.links)
    this.#values[AT.linksTraceId] = links.map((link) => this.#leaves.id(link['traceId'], 16) ?? '')
    this.#values[AT.linksSpanId] = links.map((link) => this.#leaves.id(link['spanId'], 8) ?? '')
    this.#values[AT.linksAttributes] = links.map((link) => attributeMap(keyValues(link, 'attributes', this.#leaves)))
  }

  /** What is known of an attempt's cost: stated by its sender, by our book for a sender without prices, or nothing. */
  #cost(): void {
    const values = this.#values
    if (values[AT.attempt] === undefined || values[AT.attempt] === 0) values[AT.attempt] = 1
    if (values[AT.costSource] !== undefined) return
    if (values[AT.costUsd] !== undefined) {
      // A library's own sum is an estimate to us.
      values[AT.costSource] = 'estimated'
      return
    }
    values[AT.costSource] = 'unpriced'
    const [provider, model] = [values[AT.provider], values[AT.model]]
    if (this.#places.has(WB.role) || typeof provider !== 'string' || typeof model !== 'string') return
    const tokens = (column: number): number | undefined => (typeof values[column] === 'number' ? values[column] : undefined)
    const [inputTotal, outputTotal] = [tokens(AT.inputTokens), tokens(AT.outputTokens)]
    if (inputTotal === undefined && outputTotal === undefined) return
    const atMs = Number((values[AT.startedAt] as bigint) / 1_000_000n) // put there by #place
    const priced = this.#priceOf({ provider, model, atMs, inputTotal, cacheRead: tokens(AT.cacheReadTokens), cacheWrite: tokens(AT.cacheWriteTokens), outputTotal })
    if (priced === undefined) return
    values[AT.costUsd] = priced.usd
    values[AT.costSource] = 'priced'
    values[AT.priceVersion] ??= priced.version
    // After the fact, and by whom: the sender stated no cost.
    this.#rest.push(WB.costBy, 'collector')
  }
}
