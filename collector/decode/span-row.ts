// A span → the bytes of its row of `spans`: hot facts into typed columns by the dialect tables, everything else into the maps. It
// reads the message tree as it was parsed and writes straight into a buffer: at forty thousand spans a second an object per
// attribute is what a collector does most. Pure but for the buffer it fills.
import { GEN_AI, WB } from '../../core/attributes.ts'
import type { InsertRow } from '../../core/tables.ts'
import { ByteSink } from '../../store/clickhouse/byte-sink.ts'
import { WRAPPING_SCOPES } from './dialects.ts'
import type { ForeignCost, ForeignUsage } from '../../store/prices/foreign.ts'
import { ATTRIBUTE_TABLE, ROLE_BITS, saidIn, type AttributeMeaning, type Role } from './attribute-table.ts'
import { encodeRows, LAYOUTS, type EncodedRows } from './encoded-rows.ts'
import type { Attributes, AttributeValue } from './otlp-model.ts'
import { anyValue, keyValues, list, object, small, text, valid, type Leaves, type SpanSink, type Tree } from './otlp-walk.ts'
import { hourOf, plausibleBetween } from './times.ts'
import { asText, attributeMap, clean, LIMITS } from './values.ts'

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const
const STATUSES = ['Unset', 'Ok', 'Error'] as const
const KIND_INTERNAL = 1
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

/** What the collector adds to spans that are not ours. */
export type ForeignOptions = {
  readonly priceOf?: ForeignPrice | undefined
  /** Texts that libraries put on their spans go to `content`; without it they are left out. */
  readonly keepsText?: boolean | undefined
  /** Blots out of such a text what must not be kept. */
  readonly redact?: ((text: string) => string) | undefined
}

const NO_PRICE: ForeignPrice = () => undefined
const NOBODY: ReadonlySet<string> = new Set()
/** The most of one span's texts that is kept, in characters. */
const MOST_TEXT = 262_144
/** What captured text says of its call, and the columns that know it. */
const CONTENT_FACTS: readonly (readonly [name: string, column: number])[] = [[WB.task, at('task')], [WB.sessionId, at('session_id')], [GEN_AI.userId, at('user_id')], [WB.keyId, at('key_id')]]
/** Facts that only an answer brings. */
const TOLD_BY_EXCHANGES: ReadonlySet<number> = new Set(['input_tokens', 'output_tokens', 'finish_reason', 'response_id', 'served_model', 'http_status', 'cost_usd'].map(at))
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
  readonly #texts: Record<'prompt' | 'answer', [name: string, text: string][]> = { prompt: [], answer: [] }
  readonly #content: { key: string; row: InsertRow }[] = []
  readonly #keepsText: boolean
  readonly #redact: (text: string) => string
  /** Spans that enclose an exchange of their own. */
  readonly #enclosing: ReadonlySet<string>
  #isForeign = false
  #leftOut = 0

  /** `receivedMs`: wall time of receipt; `enclosing`: see nested-exchanges.ts. */
  constructor(leaves: Leaves, receivedMs: number, { priceOf = NO_PRICE, keepsText = false, redact = (text) => text }: ForeignOptions = {}, enclosing: ReadonlySet<string> = NOBODY) {
    this.#leaves = leaves
    this.#keepsText = keepsText
    this.#redact = redact
    this.#enclosing = enclosing
    this.#receivedMs = Math.round(receivedMs)
    this.#receivedNs = BigInt(this.#receivedMs) * 1_000_000n
    this.#latestNs = this.#receivedNs + 86_400_000_000_000n
    this.#priceOf = priceOf
  }

  /** Everything taken so far, by table. */
  rows(): readonly EncodedRows[] {
    if (this.#ends.length === 0) return []
    const spans: EncodedRows = { table: 'spans', bytes: this.#sink.copy(), ends: this.#ends, hours: this.#hours, keys: [] }
    return this.#content.length === 0 ? [spans] : [spans, encodeRows('content', this.#content)]
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
    const role = this.#role(`${traceId}${spanId}`, tree)
    this.#fill(ROLE_BITS[role])
    this.#place(tree, role)
    if (role === 'attempt') this.#cost()
    if (this.#leftOut > 0) this.#texted(traceId, spanId)
    for (let column = 0; column < CODECS.length; column += 1) {
      const value = values[column]
      if (value === undefined) continue
      this.#sink.byte(column)
      CODECS[column]?.write(this.#sink, value)
    }
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

  #role(id: string, tree: Tree): Role {
    const place = this.#places.get(WB.role)
    const stated = place === undefined ? undefined : this.#given[place]
    this.#isForeign = place === undefined
    if (stated === 'call' || stated === 'attempt' || stated === 'correction' || stated === 'other') return stated
    for (const [index, meaning] of this.#meanings.entries()) {
      if (meaning?.inference?.has(this.#given[index]) === true) return this.#enclosing.has(id) || this.#isWrapper(tree) ? 'other' : 'attempt'
    }
    return 'other'
  }

  /** Whether a span that is marked as an exchange only wraps some, by the manner of its library; those may come in another request. */
  #isWrapper(tree: Tree): boolean {
    if (!WRAPPING_SCOPES.has(this.#scope) || small(tree['kind']) !== KIND_INTERNAL) return false
    return !this.#meanings.some((meaning) => meaning?.fillings.some(({ column }) => TOLD_BY_EXCHANGES.has(column)) === true)
  }

  /** Puts every attribute into the columns it counts for; the others are the rest. */
  #fill(role: number): void {
    const values = this.#values
    const ranks = this.#ranks
    const rest = this.#rest
    rest.length = 0
    this.#leftOut = 0
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
      const said = this.#isForeign && meaning === undefined ? saidIn(name) : undefined
      if (said !== undefined) {
        this.#leftOut += 1
        if (this.#keepsText) this.#texts[said].push([name, this.#redact(asText(value))])
        continue
      }
      if (rest.length >= LIMITS.attributes * 2 || name.length > LIMITS.keyChars) dropped += 1
      else rest.push(name, clean(asText(value), LIMITS.valueChars))
    }
    if (dropped > 0) rest.push('weighbridge.dropped_attributes', String(dropped))
    if (this.#leftOut > 0) rest.push(WB.contentLeftOut, String(this.#leftOut))
  }

  /** Texts of a foreign span as rows of `content`, where they are kept. */
  #texted(traceId: string, spanId: string): void {
    for (const kind of ['prompt', 'answer'] as const) {
      const texts = this.#texts[kind].splice(0)
      if (texts.length === 0) continue
      const whole = JSON.stringify({ attributes: Object.fromEntries(texts) })
      const isCut = whole.length > MOST_TEXT
      // Cut text by text, so that what is kept is still JSON.
      const each = Math.max(64, Math.floor(MOST_TEXT / 2 / texts.length))
      const body = isCut ? JSON.stringify({ attributes: Object.fromEntries(texts.map(([name, value]) => [name, value.slice(0, each)])) }) : whole
      const attributes: Record<string, string> = { [WB.contentForm]: 'foreign', ...(isCut ? { [WB.contentTruncated]: 'true', [WB.contentBytes]: String(Buffer.byteLength(whole)) } : {}) }
      for (const [name, column] of CONTENT_FACTS) {
        const value = this.#values[column]
        if (typeof value === 'string' && value !== '') attributes[name] = value
      }
      const startNs = this.#values[AT.startedAt] as bigint // put there by #place
      this.#content.push({ key: `${traceId}:${spanId}:${kind}`, row: { trace_id: traceId, span_id: spanId, at: startNs, kind, body, is_simulated: this.#values[AT.simulated], attributes, ingested_at: BigInt(this.#receivedMs) } })
    }
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
    this.#values[AT.eventsAttributes] = events.map((event) => attributeMap(this.#withoutTexts(keyValues(event, 'attributes', this.#leaves))))
  }

  /** Attributes of an event without what was said in it. */
  #withoutTexts(attributes: Attributes): Attributes {
    if (!this.#isForeign) return attributes
    const left = new Map([...attributes].filter(([name]) => saidIn(name) === undefined))
    if (left.size === attributes.size) return attributes
    if (this.#keepsText) for (const [name, value] of attributes) if (!left.has(name)) this.#texts[saidIn(name) ?? 'prompt'].push([name, this.#redact(asText(value))])
    this.#leftOut += attributes.size - left.size
    return left
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
    const tokens = (column: number): number | undefined => (typeof values[column] === 'number' ? values[column] : undefined)
    const [cacheRead, cacheWrite, isEmbedding] = [tokens(AT.cacheReadTokens), tokens(AT.cacheWriteTokens), this.#isEmbedding()]
    let inputTotal = tokens(AT.inputTokens)
    if (this.#isForeign && inputTotal !== undefined && (cacheRead ?? 0) + (cacheWrite ?? 0) > inputTotal) {
      // As Anthropic counts: what came from and went to the cache stands beside the input, not in it.
      inputTotal += (cacheRead ?? 0) + (cacheWrite ?? 0)
      values[AT.inputTokens] = inputTotal
    }
    const outputTotal = tokens(AT.outputTokens) ?? (isEmbedding ? 0 : undefined)
    const stated = values[AT.costUsd]
    // Libraries that know no price say 0: with tokens used, that is not known, not free.
    const isUnknown = this.#isForeign && stated !== undefined && Number(stated) === 0 && (inputTotal ?? 0) + (outputTotal ?? 0) > 0
    if (stated !== undefined && !isUnknown) {
      // A library's own sum is an estimate to us.
      values[AT.costSource] = 'estimated'
      return
    }
    values[AT.costUsd] = undefined
    values[AT.costSource] = 'unpriced'
    const [provider, model] = [values[AT.provider], values[AT.model]]
    if (!this.#isForeign || typeof provider !== 'string' || typeof model !== 'string' || inputTotal === undefined) return
    const atMs = Number((values[AT.startedAt] as bigint) / 1_000_000n) // put there by #place
    const priced = this.#priceOf({ provider, model, atMs, inputTotal, cacheRead, cacheWrite, outputTotal })
    if (priced === undefined) return
    values[AT.costUsd] = priced.usd
    values[AT.costSource] = 'priced'
    values[AT.priceVersion] ??= priced.version
    // After the fact, and by whom: the sender stated no cost.
    this.#rest.push(WB.costBy, 'collector')
  }

  #isEmbedding(): boolean {
    return this.#meanings.some((meaning, index) => meaning?.embedding?.has(this.#given[index]) === true)
  }
}
