// A month of traffic as stored rows, with its own books: every amount is also added up here, in whole picodollars, by key.
// Mixed tasks and teams, two price changes, failures, hang-ups, unpriced and backfilled attempts, reported costs, evals, judges,
// simulated twins, and rows on both sides of either end of the month.

/** What the books say about one key. Amounts in 1e-12 dollars. */
export type Books = { calls: number; attempts: number; failed: number; unpriced: number; unpricedTokens: number; production: bigint; wasted: bigint; aborted: bigint; eval: bigint; judge: bigint; estimated: bigint; backfilled: bigint; provider: bigint; priced: bigint; difference: bigint; input: number; output: number }

export type Month = { readonly month: string; readonly from: number; readonly to: number; readonly rows: readonly Readonly<Record<string, unknown>>[]; /** By `[key, team, task, target]` as JSON. */ readonly books: ReadonlyMap<string, Books>; readonly simulatedUsd: bigint }

const DAY_MS = 86_400_000
const TASKS = ['qa', 'code', 'agents']
const TEAMS = ['core', 'growth', undefined]
const KEYS = ['k1', 'k2', '']
/** Whole dollars per million tokens in the three thirds of the month: input, output. */
const PRICES: Readonly<Record<string, readonly (readonly [bigint, bigint])[]>> = { a: [[3n, 15n], [2n, 15n], [2n, 12n]], b: [[1n, 4n], [1n, 5n], [1n, 5n]] }
const EMPTY = { calls: 0, attempts: 0, failed: 0, unpriced: 0, unpricedTokens: 0, production: 0n, wasted: 0n, aborted: 0n, eval: 0n, judge: 0n, estimated: 0n, backfilled: 0n, provider: 0n, priced: 0n, difference: 0n, input: 0, output: 0 } satisfies Books

/** The month before the one that `nowMs` is in. */
export function generateMonth(nowMs: number, calls: number, seed = 7): Month {
  const now = new Date(nowMs)
  const from = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)
  const to = Date.UTC(now.getUTCFullYear(), now.getUTCMonth())
  const random = mulberry(seed)
  const rows: Record<string, unknown>[] = []
  const books = new Map<string, Books>()
  let simulatedUsd = 0n
  let ids = 0
  const id = (digits: number): string => (ids += 1).toString(16).padStart(digits, '0')
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item

  for (let index = 0; index < calls; index += 1) {
    // The first four stand on the edges: the first and last nanosecond inside, and the ones just outside.
    const at = [BigInt(from) * 1_000_000n, BigInt(to) * 1_000_000n - 1n, BigInt(from) * 1_000_000n - 1n, BigInt(to) * 1_000_000n][index] ?? BigInt(Math.floor(from + random() * (to - from))) * 1_000_000n
    const isInside = at >= BigInt(from) * 1_000_000n && at < BigInt(to) * 1_000_000n
    const third = Math.min(2, Math.floor(Number(at / 1_000_000n - BigInt(from)) / DAY_MS / 10))
    const isSimulated = index % 9 === 8
    const [task, team, key, kind] = [pick(TASKS), pick(TEAMS), pick(KEYS), index < 4 ? 0.9 : random()]
    const purpose = kind < 0.05 ? 'eval' : kind < 0.08 ? 'judge' : 'production'
    const callId = id(16)
    const traceId = id(32)
    const shared = { trace_id: traceId, task, key_id: key, tags: team === undefined ? {} : { team }, purpose, is_simulated: isSimulated, started_at: at.toString(), ingested_at: new Date(nowMs).toISOString(), duration_ns: '1000', user_id: `u${index % 5}`, session_id: `s${index % 50}` }
    const failsFirst = random() < 0.1
    let known: bigint | undefined = 0n
    let delta: bigint | undefined
    let target = ''
    for (let attempt = failsFirst ? 1 : 2; attempt <= 2; attempt += 1) {
      target = pick(['a', 'b'])
      const [input, output] = [100 + Math.floor(random() * 9000), 1 + Math.floor(random() * 900)]
      const [inRate, outRate] = PRICES[target]?.[third < 0 ? 0 : third] ?? [0n, 0n]
      const cost = BigInt(input) * inRate * 1_000_000n + BigInt(output) * outRate * 1_000_000n
      const fate = random()
      const isFailed = attempt === 1
      const source = isFailed || fate < 0.03 ? 'estimated' : fate < 0.07 ? 'unpriced' : fate < 0.12 ? 'late' : fate < 0.25 ? 'provider' : 'priced'
      const isAborted = !isFailed && source === 'estimated'
      // A provider's own figure is a little off ours.
      const charged = source === 'provider' ? cost + 123_456n : cost
      const isUnknown = source === 'unpriced' || source === 'late'
      const spanId = id(16)
      const stored = { ...shared, role: 'attempt', span_id: spanId, parent_span_id: callId, provider: `p${target}`, target, model: `m${target}`, attempt, input_tokens: input, output_tokens: output }
      rows.push({ ...stored, status: isFailed ? 'Error' : 'Ok', error_code: isFailed ? 'provider_stream_cut' : isAborted ? 'client_closed' : '', cost_usd: isUnknown ? null : decimal(charged), cost_source: isUnknown ? 'unpriced' : source, attributes: source === 'provider' ? { 'weighbridge.cost.priced_usd': String(Number(cost) / 1e12) } : {} })
      if (source === 'late') {
        // Priced later, in two steps: half of it first, then the rest.
        for (const [part, replaces] of [[cost / 2n, 'unpriced'], [cost - cost / 2n, 'backfilled']] as const)
          rows.push({ ...shared, role: 'correction', span_id: id(16), parent_span_id: callId, provider: `p${target}`, target, cost_usd: decimal(part), cost_source: replaces, price_version: 'late', attributes: { 'weighbridge.corrects': spanId }, ...(replaces === 'unpriced' ? { call_cost_usd: decimal(cost + (known ?? 0n)) } : {}) })
        delta = (delta ?? 0n) + cost
      }
      if (isUnknown) known = source === 'unpriced' ? undefined : known
      else known = known === undefined ? undefined : known + charged
      if (isSimulated) {
        simulatedUsd += isInside && source !== 'unpriced' ? charged : 0n
        continue
      }
      if (!isInside) continue
      const line = bookOf(books, [key, team ?? '', task, target])
      line.attempts += 1
      line.failed += isFailed ? 1 : 0
      line.input += input
      line.output += output
      if (source === 'unpriced') {
        line.unpriced += 1
        line.unpricedTokens += input + output
        continue
      }
      line[purpose] += charged
      if (purpose === 'production') {
        line.wasted += isFailed ? charged : 0n
        line.aborted += isAborted ? charged : 0n
      }
      line[source === 'late' ? 'backfilled' : source] += charged
      // As stored, our price of it is a float's text: exact to the picodollar at these sizes.
      line.difference += source === 'provider' ? 123_456n : 0n
    }
    rows.push({ ...shared, role: 'call', span_id: callId, provider: `p${target}`, target, model: `m${target}`, attempts: failsFirst ? 2 : 1, status: 'Ok', call_cost_usd: known === undefined || delta !== undefined ? null : decimal(known) })
    if (!isSimulated && isInside) bookOf(books, [key, team ?? '', task, target]).calls += 1
  }
  return { month: new Date(from).toISOString().slice(0, 7), from, to, rows, books, simulatedUsd }
}

/** 1e-12 dollars as the text of a Decimal(18, 12). */
export function decimal(pico: bigint): string {
  const digits = pico.toString().padStart(13, '0')
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`
}

function bookOf(books: Map<string, Books>, key: readonly string[]): Books {
  const id = JSON.stringify(key)
  const found = books.get(id) ?? { ...EMPTY }
  books.set(id, found)
  return found
}

/** Mulberry32: small, seeded, good enough to mix traffic. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
