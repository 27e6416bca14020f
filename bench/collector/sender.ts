// A sender in a process of its own: posts renewed bodies over so many connections, as fast as they are taken or at a rate, and
// answers what was acknowledged and how long each took. Asked over the channel to its parent; one job at a time.
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { seededRandom } from '../../core/seams.ts'
import { makeTemplate, renew, type Shape, type Template } from './bodies.ts'

/** `perSecond`: spans a second to hold; `undefined`: as fast as they are taken. */
export type SendJob = { readonly url: string; readonly shape: Shape; readonly connections: number; readonly spans: number; readonly perSecond?: number }
export type Sent = { readonly spans: number; readonly refused: number; readonly seconds: number; readonly bytes: number; readonly ackMs: readonly number[] }

const TEMPLATES = 48

const made = new Map<string, readonly Template[]>()

/** The bodies of a shape, made with the first job that asks: making them takes longer than sending them. */
function templatesOf(shape: Shape, count: number): readonly Template[] {
  const name = JSON.stringify([shape, count])
  const known = made.get(name) ?? Array.from({ length: count }, (_, seed) => makeTemplate(shape, seed))
  made.set(name, known)
  return known
}

async function send({ url, shape, connections, spans, perSecond }: SendJob): Promise<Sent> {
  const random = seededRandom('durations')
  const free = [...templatesOf(shape, Math.max(connections, TEMPLATES))]
  const pool = new Pool(new URL(url).origin, { connections, pipelining: 1 })
  const headers = { 'content-type': shape.encoding === 'json' ? 'application/json' : 'application/x-protobuf' }
  const ackMs: number[] = []
  let [sent, acknowledged, refused, bytes] = [0, 0, 0, 0]
  const durationNs = (): bigint => BigInt(Math.floor(200e6 * 100 ** random.next()))
  const started = performance.now()

  const one = async (template: Template): Promise<void> => {
    const body = renew(template, Date.now(), durationNs)
    for (;;) {
      const at = performance.now()
      const answer = await pool.request({ method: 'POST', path: '/v1/traces', headers, body })
      await answer.body.dump()
      if (answer.statusCode === 200) {
        ackMs.push(performance.now() - at)
        acknowledged += shape.spans
        bytes += body.length
        return
      }
      refused += 1
      await delay(Number(answer.headers['retry-after'] ?? 1) * 100)
    }
  }
  const worker = async (): Promise<void> => {
    while (sent < spans) {
      sent += shape.spans
      const template = free.pop()
      if (template === undefined) throw new Error('more connections than templates')
      await one(template)
      free.unshift(template)
    }
  }
  if (perSecond === undefined) await Promise.all(Array.from({ length: connections }, worker))
  else {
    // Sent by the clock, whatever the answers take: a slow answer must not slow the load that it is measured under.
    const under = new Set<Promise<void>>()
    const gapMs = (shape.spans / perSecond) * 1000
    for (let n = 0; sent < spans; n += 1) {
      const wait = started + n * gapMs - performance.now()
      if (wait > 1) await delay(wait)
      const template = free.pop()
      if (template === undefined) continue
      sent += shape.spans
      const running = one(template).finally(() => {
        free.unshift(template)
        under.delete(running)
      })
      under.add(running)
    }
    await Promise.all(under)
  }
  const seconds = (performance.now() - started) / 1000
  await pool.close()
  return { spans: acknowledged, refused, seconds, bytes, ackMs }
}

process.on('message', (job: SendJob) => {
  send(job).then(
    (sent) => process.send?.(sent),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))
