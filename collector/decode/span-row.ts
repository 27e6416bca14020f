// A span → the bytes of its row of `spans`: hot facts into typed columns by the dialect tables, everything else into the maps. It
// takes the draft that a reader filled and writes straight into a buffer: at forty thousand spans a second an object per attribute is
// what a collector does most. Pure but for the buffer it fills.
import { GEN_AI, WB } from '../../core/attributes.ts'
import type { InsertRow } from '../../core/tables.ts'
import { ByteSink } from '../../store/clickhouse/byte-sink.ts'
import { WRAPPING_SCOPES } from './dialects.ts'
import type { ForeignCost, ForeignUsage } from '../../store/prices/foreign.ts'
import { ROLE_BITS, saidIn, type Role } from './attribute-table.ts'
import { encodeRows, LAYOUTS, type EncodedRows } from './encoded-rows.ts'
import type { Attributes } from './otlp-model.ts'
import { keyValues, object, text, type Leaves, type SpanSink } from './otlp-walk.ts'
import { SPAN_DIGITS, SpanDraft } from './span-draft.ts'
import { nanosOf, nanosText, plausibleBetween } from './times.ts'
import { asText, attributeMap, clean, LIMITS } from './values.ts'

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'] as const
const STATUSES = ['Unset', 'Ok', 'Error'] as const
const KIND_INTERNAL = 1
/** 2^63 − 1 nanoseconds, in milliseconds and the nanoseconds beyond. */
const MOST_DURATION = [9_223_372_036_854, 775_807] as const
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
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

/** Writes a value of a row. */
function put(sink: ByteSink, column: number, value: unknown): void {
  sink.byte(column)
  CODECS[column]?.write(sink, value)
}

/** Collects the spans of one request. */
export class SpanRows implements SpanSink {
  readonly #leaves: Leaves
  readonly #receivedMs: number
  readonly #latestMs: number
  readonly #priceOf: ForeignPrice
  readonly #sink: ByteSink
  readonly #ends: number[] = []
  readonly #hours: number[] = []
  #scope = ''
  #service = ''
  #resource = new Uint8Array([0])
  #resourceSimulated = false
  // Of the span at hand; kept from span to span so that none of them is made anew.
  readonly #values: unknown[] = Array.from({ length: COLUMNS.length })
  readonly #ranks: number[] = Array.from({ length: COLUMNS.length }, () => 0)
  readonly draft = new SpanDraft()
  readonly #rest: string[] = []
  readonly #texts: Record<'prompt' | 'answer', [name: string, text: string][]> = { prompt: [], answer: [] }
  readonly #content: { key: string; row: InsertRow }[] = []
  readonly #keepsText: boolean
  readonly #redact: (text: string) => string
  readonly #enclosing: ReadonlySet<string>
  /** Ids (trace and span) of foreign spans that are marked as an exchange, and of the parents of such. */
  readonly #exchanges: string[] = []
  readonly #parents = new Set<string>()
  /** Start of the span at hand: milliseconds and the nanoseconds beyond. */
  #startMs = 0
  #startNanos = 0
  #isForeign = false
  #leftOut = 0

  /** `receivedMs`: wall time of receipt; `bodyBytes`: length of the body, of which rows take about a third; `enclosing`: what `enclosing()` said of the same request, where it said anything. */
  constructor(leaves: Leaves, receivedMs: number, bodyBytes: number, { priceOf = NO_PRICE, keepsText = false, redact = (text) => text }: ForeignOptions = {}, enclosing: ReadonlySet<string> = NOBODY) {
    this.#leaves = leaves
    this.#sink = new ByteSink(Math.ceil(bodyBytes * 0.4) + 1_024)
    this.#keepsText = keepsText
    this.#redact = redact
    this.#enclosing = enclosing
    this.#receivedMs = Math.round(receivedMs)
    this.#latestMs = this.#receivedMs + DAY_MS
    this.#priceOf = priceOf
  }

  /** Everything taken so far, by table. */
  rows(): readonly EncodedRows[] {
    if (this.#ends.length === 0) return []
    const spans: EncodedRows = { table: 'spans', bytes: this.#sink.copy(), ends: this.#ends, hours: this.#hours, keys: [] }
    return this.#content.length === 0 ? [spans] : [spans, encodeRows('content', this.#content)]
  }

  /**
   * Ids of the spans that were taken for an exchange and enclose one: two libraries that watch the same call (a framework and the
   * client it uses), or one that wraps its exchanges in a span like them. The outer span repeats the inner one's usage, and would count it
   * twice: where there is any, the request is to be read again with these. Few are, and of others nothing need be known before.
   */
  enclosing(): ReadonlySet<string> {
    return this.#parents.size === 0 ? NOBODY : new Set(this.#exchanges.filter((id) => this.#parents.has(id)))
  }

  resource(attributes: Attributes): void {
    const service = attributes.get('service.name')
    this.#service = service === undefined ? '' : clean(asText(service), LIMITS.wordChars)
    this.#resourceSimulated = attributes.get(WB.simulated) === true
    // The same for every span of the resource: encoded once.
    const sink = new ByteSink(1_024)
    CODECS[AT.resource]?.write(sink, attributeMap(attributes))
    this.#resource = new Uint8Array(sink.copy())
  }

  scope(name: string): void {
    this.#scope = clean(name, LIMITS.wordChars)
  }

  span(): boolean {
    const { draft } = this
    if (!draft.hasTrace || !draft.hasSpan) return false
    const sink = this.#sink
    const values = this.#values.fill(undefined)
    const role = this.#role()
    this.#fill(ROLE_BITS[role])
    // First of all, where the writer looks for them.
    this.#id(AT.traceId, SPAN_DIGITS.trace)
    this.#id(AT.spanId, SPAN_DIGITS.span)
    if (draft.hasParent) this.#id(AT.parentSpanId, SPAN_DIGITS.parent)
    this.#place(role)
    if (role === 'attempt') this.#cost()
    if (this.#leftOut > 0) this.#texted()
    for (let column = 0; column < CODECS.length; column += 1) {
      const value = values[column]
      if (value !== undefined) put(sink, column, value)
    }
    this.#ends.push(sink.length)
    return true
  }

  #id(column: number, [start, end]: readonly [number, number]): void {
    this.#sink.byte(column)
    this.#sink.stretch(this.draft.ids, start, end)
  }

  #role(): Role {
    const { draft } = this
    const stated = draft.valueOf(WB.role)
    this.#isForeign = stated === undefined
    if (stated === 'call' || stated === 'attempt' || stated === 'correction' || stated === 'other') return stated
    for (let index = 0; index < draft.names.length; index += 1) {
      if (draft.names[index]?.meaning?.inference?.has(draft.values[index]) !== true) continue
      const id = draft.idWith('span')
      // Ours say what they are, and are never nested.
      if (this.#isForeign) {
        this.#exchanges.push(id)
        if (draft.hasParent) this.#parents.add(draft.idWith('parent'))
      }
      return this.#enclosing.has(id) || this.#isWrapper() ? 'other' : 'attempt'
    }
    return 'other'
  }

  /** Whether a span that is marked as an exchange only wraps some, by the manner of its library; those may come in another request. */
  #isWrapper(): boolean {
    if (!WRAPPING_SCOPES.has(this.#scope) || this.draft.kind !== KIND_INTERNAL) return false
    return !this.draft.names.some(({ meaning }) => meaning?.fillings.some(({ column }) => TOLD_BY_EXCHANGES.has(column)) === true)
  }

  /** Puts every attribute into the columns it counts for; the others are the rest. */
  #fill(role: number): void {
    const values = this.#values
    const ranks = this.#ranks
    const rest = this.#rest
    rest.length = 0
    this.#leftOut = 0
    let dropped = 0
    const { names, values: given } = this.draft
    for (let index = 0; index < names.length; index += 1) {
      const known = names[index]
      if (known === undefined) continue
      const { text: name, meaning } = known
      const value = given[index] ?? null
      let taken = known.isMark
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
      const said = this.#isForeign ? known.said : undefined
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
  #texted(): void {
    const id = this.draft.idWith('span')
    const [traceId, spanId] = [id.slice(0, 32), id.slice(32)]
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
      this.#content.push({ key: `${traceId}:${spanId}:${kind}`, row: { trace_id: traceId, span_id: spanId, at: nanosOf(this.#startMs, this.#startNanos), kind, body, is_simulated: this.#values[AT.simulated] === true, attributes, ingested_at: BigInt(this.#receivedMs) } })
    }
  }

  /** Columns that are not attributes. A start that no clock could have shown is replaced by the time of receipt, and kept as `weighbridge.stated_start`. */
  #place(role: Role): void {
    const { draft } = this
    const values = this.#values
    const sink = this.#sink
    const isPlausible = plausibleBetween(draft.startMs, draft.startNanos, this.#latestMs)
    this.#startMs = isPlausible ? draft.startMs : this.#receivedMs
    this.#startNanos = isPlausible ? draft.startNanos : 0
    sink.byte(AT.startedAt)
    sink.nanos(this.#startMs, this.#startNanos)
    sink.byte(AT.ingestedAt)
    sink.int64(this.#receivedMs)
    if (!isPlausible) this.#rest.push('weighbridge.stated_start', nanosText(draft.startMs, draft.startNanos))
    else this.#duration()
    if (draft.traceState !== '') values[AT.traceState] = clean(draft.traceState, 4096)
    if (draft.statusMessage !== '') values[AT.statusMessage] = clean(draft.statusMessage, 4096)
    values[AT.name] = clean(draft.name, LIMITS.wordChars)
    values[AT.kind] = KINDS[draft.kind] ?? 'Unspecified'
    values[AT.service] = this.#service
    values[AT.scope] = this.#scope
    values[AT.status] = STATUSES[draft.statusCode] ?? 'Unset'
    values[AT.role] = role
    values[AT.purpose] ??= 'production'
    if (this.#resourceSimulated || draft.valueOf(WB.simulated) === true) values[AT.simulated] = true
    values[AT.resource] = this.#resource
    if (draft.events.length > 0) this.#events(draft.events)
    if (draft.links.length > 0) this.#links(draft.links)
    values[AT.attributes] = this.#rest
    this.#hours.push(Math.floor(this.#startMs / HOUR_MS))
  }

  /** The time from start to end; none where the end comes first. */
  #duration(): void {
    const { startMs, startNanos, endMs, endNanos } = this.draft
    const isBorrowed = endNanos < startNanos
    const ms = endMs - startMs - (isBorrowed ? 1 : 0)
    const nanos = endNanos - startNanos + (isBorrowed ? 1_000_000 : 0)
    if (ms < 0 || ms > MOST_DURATION[0] || (ms === MOST_DURATION[0] && nanos > MOST_DURATION[1])) return
    this.#sink.byte(AT.durationNs)
    this.#sink.nanos(ms, nanos)
  }

  #events(all: readonly unknown[]): void {
    if (all.length > LIMITS.events) this.#rest.push('weighbridge.dropped_events', String(all.length - LIMITS.events))
    const events = all.map((entry) => object(entry, 'events')).slice(0, LIMITS.events)
    this.#values[AT.eventsAt] = events.map((event) => {
      const ns = this.#leaves.uint64(event['timeUnixNano'])
      return plausibleBetween(Number(ns / 1_000_000n), Number(ns % 1_000_000n), this.#latestMs) ? ns : nanosOf(this.#startMs, this.#startNanos)
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
    const priced = this.#priceOf({ provider, model, atMs: this.#startMs, inputTotal, cacheRead, cacheWrite, outputTotal })
    if (priced === undefined) return
    values[AT.costUsd] = priced.usd
    values[AT.costSource] = 'priced'
    values[AT.priceVersion] ??= priced.version
    // After the fact, and by whom: the sender stated no cost.
    this.#rest.push(WB.costBy, 'collector')
  }

  #isEmbedding(): boolean {
    return this.draft.names.some(({ meaning }, index) => meaning?.embedding?.has(this.draft.values[index]) === true)
  }
}
