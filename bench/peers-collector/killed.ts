// A round in which the collector is killed. Senders do as OTLP exporters do: a body that got no answer is sent again until one comes.
// Every span id is known here, so that what is in the table afterwards can be compared with what was answered.
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { makeTemplate, renew, type Shape, type Template } from '../collector/bodies.ts'
import type { Contender, Live } from './contenders.ts'

/** All in spans. */
export type Killed = {
  readonly issued: number
  readonly acknowledgedBefore: number
  /** Answered 200 before the kill, and never in the table. */
  readonly lost: number
  /** Answered 200 after the restart, and never in the table. */
  readonly lostAfter: number
  /** Surplus rows of spans that were sent once. */
  readonly doubled: number
  /** Surplus rows of spans that had to be sent again because the kill took their answer. */
  readonly doubledResent: number
}

type Body = { readonly spanIds: readonly string[]; /** Answered by the process that was killed. */ readonly beforeKill: boolean; readonly attempts: number }

const STILL_MS = 15_000
const MOST_MS = 180_000

export type KillJob = {
  readonly shape: Shape
  readonly connections: number
  readonly spans: number
  /** Acknowledged spans at which it is killed. */
  readonly killAt: number
  /** Spans a second, at most; `undefined`: as fast as they are taken. */
  readonly perSecond: number | undefined
}

/** Sends so many spans, kills the collector on the way, and waits until nothing more arrives. */
export async function killedRound(contender: Contender, live: Live, { shape, connections, spans, killAt, perSecond }: KillJob): Promise<Killed> {
  const bodies: Body[] = []
  let [sent, acknowledged] = [0, 0]
  let killed: Promise<void> | undefined
  const before = await rowsOf(contender, live)
  const templates = Array.from({ length: connections }, (_, seed) => makeTemplate(shape, seed))
  const started = performance.now()

  const worker = async (template: Template): Promise<void> => {
    let pool = new Pool(live.url, { connections: 1, pipelining: 1 })
    while (sent < spans) {
      const wait = perSecond === undefined ? 0 : started + (sent / perSecond) * 1000 - performance.now()
      sent += shape.spans
      if (wait > 1) await delay(wait)
      const body = renew(template, Date.now(), () => 200_000_000n)
      const spanIds = idsOf(template)
      for (let attempts = 1; ; attempts += 1) {
        const beforeKill = killed === undefined
        const status = await pool.request({ method: 'POST', path: '/v1/traces', headers: { 'content-type': shape.encoding === 'json' ? 'application/json' : 'application/x-protobuf' }, body }).then(
          async (answer) => {
            await answer.body.dump()
            return answer.statusCode
          },
          () => undefined,
        )
        if (status === 200) {
          bodies.push({ spanIds, beforeKill, attempts })
          break
        }
        if (status === undefined && killed !== undefined) {
          await killed
          await pool.destroy()
          pool = new Pool(live.url, { connections: 1, pipelining: 1 })
        } else await delay(100)
      }
      acknowledged += shape.spans
      if (acknowledged >= killAt) killed ??= live.killAndRestart()
    }
    await pool.close()
  }
  await Promise.all(templates.map(worker))
  await killed
  await untilStill(contender, live, before + sent)
  return compare(contender, live, bodies)
}

/** The ids that `renew` just wrote, as text. */
function idsOf({ bytes, encoding, spans }: Template): string[] {
  return spans.map(([at = 0]) => (encoding === 'json' ? bytes.toString('latin1', at, at + 16) : bytes.toString('hex', at, at + 8)))
}

async function rowsOf({ table }: Contender, live: Live): Promise<number> {
  const [row] = await live.clickhouse.rows(`SELECT count() AS n FROM ${table}`)
  return Number(row?.['n'])
}

/** Until the expected number is there and a second more brings nothing (doubles come late), or nothing came for a good while. */
async function untilStill(contender: Contender, live: Live, expected: number): Promise<void> {
  const started = performance.now()
  let [rows, changed] = [await rowsOf(contender, live), started]
  for (;;) {
    await delay(250)
    const now = await rowsOf(contender, live)
    if (now !== rows) [rows, changed] = [now, performance.now()]
    const still = performance.now() - changed
    if (still > STILL_MS || (rows >= expected && still > STILL_MS / 3) || performance.now() - started > MOST_MS) return
  }
}

async function compare({ table, spanId }: Contender, live: Live, bodies: readonly Body[]): Promise<Killed> {
  const stored = new Map<string, number>()
  for await (const row of live.clickhouse.stream(`SELECT ${spanId} AS id, count() AS n FROM ${table} GROUP BY id`)) stored.set(String(row['id']), Number(row['n']))
  const sum = (which: readonly Body[], of: (count: number) => number): number => which.reduce((total, { spanIds }) => total + spanIds.reduce((some, id) => some + of(stored.get(id) ?? 0), 0), 0)
  const missing = (count: number): number => (count === 0 ? 1 : 0)
  const surplus = (count: number): number => Math.max(0, count - 1)
  const issued = sum(bodies, () => 1)
  return {
    issued,
    acknowledgedBefore: sum(bodies.filter(({ beforeKill }) => beforeKill), () => 1),
    lost: sum(bodies.filter(({ beforeKill }) => beforeKill), missing),
    lostAfter: sum(bodies.filter(({ beforeKill }) => !beforeKill), missing),
    doubled: sum(bodies.filter(({ attempts }) => attempts === 1), surplus),
    doubledResent: sum(bodies.filter(({ attempts }) => attempts > 1), surplus),
  }
}
