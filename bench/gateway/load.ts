// The load generator, a process of its own: takes one job at a time over its channel and answers with what it saw. Every answer is
// checked (status, and the provider's own ending), so a contender that fails fast does not look fast.
import { Pool, type Dispatcher } from 'undici'

/** Where a contender listens and what it wants in its headers. */
export type Front = { readonly origin: string; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }
export type Job =
  /** As many calls as `connections` can make for `durationMs`. */
  | { readonly kind: 'throughput'; readonly front: Front; readonly stream: boolean; readonly connections: number; readonly durationMs: number }
  /** One call at a time, by turns to each front in a new order every turn. */
  | { readonly kind: 'turns'; readonly fronts: readonly Front[]; readonly stream: boolean; readonly turns: number }
  /** `connections` slow streams at once, for the delay of each chunk. */
  | { readonly kind: 'paced'; readonly front: Front; readonly connections: number; readonly streams: number }
export type Done =
  | { readonly kind: 'throughput'; readonly calls: number; readonly failed: number; readonly seconds: number; readonly latenciesMs: readonly number[] }
  /** Per front, in the order given: milliseconds of each turn to the first content and to the end. */
  | { readonly kind: 'turns'; readonly failed: number; readonly firstMs: readonly (readonly number[])[]; readonly wholeMs: readonly (readonly number[])[] }
  /** Milliseconds between the sending of a chunk at the provider and its arrival here. */
  | { readonly kind: 'paced'; readonly failed: number; readonly firstMs: readonly number[]; readonly chunkDelaysMs: readonly number[] }

type Seen = { ok: boolean; firstMs: number; wholeMs: number; delays: number[] }

const STAMP = Buffer.from('"content":"@')
const PLAIN_MARK = Buffer.from('"finish_reason":"stop"')
const STREAM_MARK = Buffer.from('[DONE]')

class Call implements Dispatcher.DispatchHandler {
  readonly #started = performance.now()
  readonly #done: (seen: Seen) => void
  readonly #mark: Buffer
  readonly #stamps: boolean
  readonly #seen: Seen = { ok: false, firstMs: Number.NaN, wholeMs: Number.NaN, delays: [] }
  #status = 0
  #marked = false

  constructor(stream: boolean, stamps: boolean, done: (seen: Seen) => void) {
    this.#mark = stream ? STREAM_MARK : PLAIN_MARK
    this.#stamps = stamps
    this.#done = done
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (Number.isNaN(this.#seen.firstMs) && (this.#mark === PLAIN_MARK || bytes.includes(STAMP))) this.#seen.firstMs = performance.now() - this.#started
    if (this.#stamps) this.#readStamps(bytes)
    this.#marked ||= bytes.includes(this.#mark)
  }

  #readStamps(bytes: Buffer): void {
    const nowUs = Number(process.hrtime.bigint() / 1000n)
    for (let at = bytes.indexOf(STAMP); at !== -1; at = bytes.indexOf(STAMP, at + 1)) {
      const from = at + STAMP.length
      this.#seen.delays.push((nowUs - Number(bytes.toString('latin1', from, bytes.indexOf(0x20, from)))) / 1000)
    }
  }

  onResponseEnd(): void {
    this.#finish(this.#status === 200 && this.#marked)
  }

  onResponseError(): void {
    this.#finish(false)
  }

  #finish(ok: boolean): void {
    this.#seen.ok = ok
    this.#seen.wholeMs = performance.now() - this.#started
    this.#done(this.#seen)
  }
}

function call(pool: Pool, front: Front, stream: boolean, stamps: boolean): Promise<Seen> {
  return new Promise((resolve) => {
    pool.dispatch({ path: front.path, method: 'POST', headers: front.headers, body: front.body }, new Call(stream, stamps, resolve))
  })
}

const poolTo = (front: Front, connections: number): Pool => new Pool(front.origin, { connections, pipelining: 1, headersTimeout: 10_000, bodyTimeout: 10_000 })

async function throughput(job: Extract<Job, { kind: 'throughput' }>): Promise<Done> {
  const pool = poolTo(job.front, job.connections)
  const latenciesMs: number[] = []
  let failed = 0
  const started = performance.now()
  const until = started + job.durationMs
  await Promise.all(
    Array.from({ length: job.connections }, async () => {
      while (performance.now() < until) {
        const seen = await call(pool, job.front, job.stream, false)
        if (seen.ok) latenciesMs.push(seen.wholeMs)
        else failed += 1
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  await pool.close()
  return { kind: 'throughput', calls: latenciesMs.length, failed, seconds, latenciesMs }
}

async function turns(job: Extract<Job, { kind: 'turns' }>): Promise<Done> {
  const pools = job.fronts.map((front) => poolTo(front, 1))
  const firstMs: number[][] = job.fronts.map(() => [])
  const wholeMs: number[][] = job.fronts.map(() => [])
  let failed = 0
  for (let turn = 0; turn < job.turns; turn += 1) {
    for (let place = 0; place < job.fronts.length; place += 1) {
      // Every turn begins one further along, so that no contender always follows the same one.
      const index = (place + turn) % job.fronts.length
      const front = job.fronts[index]
      const pool = pools[index]
      if (front === undefined || pool === undefined) continue
      const seen = await call(pool, front, job.stream, false)
      if (!seen.ok) failed += 1
      firstMs[index]?.push(seen.firstMs)
      wholeMs[index]?.push(seen.wholeMs)
    }
  }
  await Promise.all(pools.map((pool) => pool.close()))
  return { kind: 'turns', failed, firstMs, wholeMs }
}

async function paced(job: Extract<Job, { kind: 'paced' }>): Promise<Done> {
  const pool = poolTo(job.front, job.connections)
  let failed = 0
  const firstMs: number[] = []
  const chunkDelaysMs: number[] = []
  let left = job.streams
  await Promise.all(
    Array.from({ length: job.connections }, async () => {
      while (left > 0) {
        left -= 1
        const seen = await call(pool, job.front, true, true)
        if (!seen.ok) failed += 1
        firstMs.push(seen.firstMs)
        // The first chunk is the time to first token's business.
        chunkDelaysMs.push(...seen.delays.slice(1))
      }
    }),
  )
  await pool.close()
  return { kind: 'paced', failed, firstMs, chunkDelaysMs }
}

process.on('message', (message) => {
  // Only bench/gateway.ts talks to this process.
  const job = message as Job
  const done = job.kind === 'throughput' ? throughput(job) : job.kind === 'turns' ? turns(job) : paced(job)
  void done.then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
