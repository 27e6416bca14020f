// The pace of a provider in scripted time, against providers that limit in the ways real ones do.
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../core/seams.ts'
import type { Reply } from '../../../evals/replay/ask.ts'
import { Lane, MOST_FAILURES, PATIENCE_MS } from '../../../evals/replay/lane.ts'
import type { PaceSettings } from '../../../evals/replay/pace.ts'
import { ScriptedTime } from './scripted-time.ts'

const NOTHING: Reply = {
  text: '', finishReason: 'stop', servedModel: '', servedTarget: '', traceId: '', spanId: '', latencyMs: 0, inputTokens: undefined, outputTokens: undefined, costUsd: undefined,
  error: undefined, code: undefined, retryAfterMs: undefined, asked: true,
}
const refused = (code: string, retryAfterMs?: number): Reply => ({ ...NOTHING, error: code, code, retryAfterMs })

/** What a provider says to a call at a moment: undefined lets it through, a number is the retry-after. */
type Limit = (nowMs: number) => number | 'no header' | undefined

/** So many calls a second with so many saved up, as most hosted APIs count. */
function bucket(perSecond: number, burst: number, header: 'exact' | 'whole seconds' | 'none'): Limit {
  let tokens = burst
  let at = 0
  return (nowMs) => {
    tokens = Math.min(burst, tokens + ((nowMs - at) * perSecond) / 1_000)
    at = nowMs
    if (tokens >= 1) {
      tokens -= 1
      return undefined
    }
    const needMs = ((1 - tokens) / perSecond) * 1_000
    return header === 'none' ? 'no header' : header === 'exact' ? needMs : Math.max(1_000, Math.ceil(needMs / 1_000) * 1_000)
  }
}

/** So many calls in each minute. */
function minutes(perMinute: number): Limit {
  let window = 0
  let used = 0
  return (nowMs) => {
    const current = Math.floor(nowMs / 60_000)
    if (current !== window) [window, used] = [current, 0]
    used += 1
    return used <= perMinute ? undefined : (current + 1) * 60_000 - nowMs
  }
}

type Outcome = { readonly seconds: number; readonly limited: number; readonly answered: number }

async function drive(calls: number, workers: number, latencyMs: number, limit: Limit, settings: Partial<PaceSettings> = {}, tokens = 100, stallMs = 0): Promise<Outcome> {
  const time = new ScriptedTime()
  const random = seededRandom(1)
  // Nothing runs in the last `stallMs` of each second, and what is due then is late.
  const sleep = (ms: number): Promise<void> => {
    const phase = (time.monotonicMs() + ms) % 1_000
    return time.sleep(phase > 1_000 - stallMs ? ms + 1_000 - phase : ms)
  }
  const lane = new Lane({ maxInFlight: workers, callsPerSecond: Infinity, tokensPerSecond: Infinity, ...settings }, { clock: time, sleeper: { sleep }, random, signal: new AbortController().signal })
  let left = calls
  let answered = 0
  const call = async (): Promise<Reply> => {
    const wait = limit(time.monotonicMs())
    if (wait === undefined) {
      await sleep(latencyMs * (0.8 + 0.4 * random.next()))
      return NOTHING
    }
    await sleep(30)
    return refused('provider_rate_limited', wait === 'no header' ? undefined : wait)
  }
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      if ((await lane.run(tokens, call))?.error === undefined) answered += 1
    }
  }
  await time.until(Promise.all(Array.from({ length: workers }, work)))
  return { seconds: time.monotonicMs() / 1_000, limited: lane.facts().limited, answered }
}

describe('the calls to one provider', () => {
  it('take latency × n / concurrency where nothing limits them', async () => {
    const { seconds, limited, answered } = await drive(1_000, 8, 200, () => undefined)
    expect(seconds / ((1_000 * 0.2) / 8)).toBeLessThan(1.05)
    expect({ limited, answered }).toEqual({ limited: 0, answered: 1_000 })
  })

  it.each([
    ['20 a second, exact pauses', bucket(20, 20, 'exact'), 1_000, (1_000 - 20) / 20],
    ['20 a second, pauses in whole seconds', bucket(20, 20, 'whole seconds'), 1_000, (1_000 - 20) / 20],
    ['20 a second, no word about pauses', bucket(20, 20, 'none'), 1_000, (1_000 - 20) / 20],
    ['20 a second and nothing saved up', bucket(20, 1, 'exact'), 1_000, 1_000 / 20],
    ['60 a minute', bucket(1, 60, 'whole seconds'), 300, 300 - 60],
    ['600 in each minute', minutes(600), 2_000, 180],
  ] as const)('finish within 1.3 × the ideal time under a limit of %s, every one answered', async (_name, limit, calls, idealSeconds) => {
    const { seconds, limited, answered } = await drive(calls, 32, 200, limit)
    expect(answered).toBe(calls)
    expect(limited).toBeGreaterThan(0)
    // The limit is learned: what is refused stays a small part of what is asked.
    expect(limited).toBeLessThan(0.5 * calls)
    expect(seconds / idealSeconds).toBeLessThan(1.3)
  })

  it.each([
    ['exact pauses', 'exact'],
    ['no word about pauses', 'none'],
  ] as const)('do so on a machine that stands still for half of each second, with %s', async (_name, header) => {
    const { seconds, answered } = await drive(600, 32, 200, bucket(20, 20, header), {}, 100, 500)
    expect(answered).toBe(600)
    expect(seconds / ((600 - 20) / 20)).toBeLessThan(1.3)
  })

  it('keep to the share of a known limit, so that it is never met', async () => {
    const { seconds, limited } = await drive(200, 8, 50, bucket(20, 20, 'exact'), { callsPerSecond: 4 })
    expect(limited).toBe(0)
    expect(seconds).toBeGreaterThan(200 / 4 - 1)
    expect(seconds / (200 / 4)).toBeLessThan(1.05)
  })

  it('keep to a known limit of tokens', async () => {
    const { seconds } = await drive(100, 8, 50, () => undefined, { tokensPerSecond: 1_000 }, 500)
    expect(seconds).toBeGreaterThan((100 * 500) / 1_000 - 1)
    expect(seconds / ((100 * 500) / 1_000)).toBeLessThan(1.05)
  })

  it('are never more in flight than allowed', async () => {
    const time = new ScriptedTime()
    const lane = new Lane({ maxInFlight: 3, callsPerSecond: Infinity, tokensPerSecond: Infinity }, { clock: time, sleeper: time, random: seededRandom(1), signal: new AbortController().signal })
    let inFlight = 0
    let most = 0
    const call = async (): Promise<Reply> => {
      inFlight += 1
      most = Math.max(most, inFlight)
      await time.sleep(100)
      inFlight -= 1
      return NOTHING
    }
    await time.until(Promise.all(Array.from({ length: 40 }, () => lane.run(1, call))))
    expect(most).toBe(3)
    expect(time.monotonicMs()).toBeCloseTo(1_400, 0)
  })
})

describe('a provider that is given up', () => {
  const lane = (time: ScriptedTime): Lane => new Lane({ maxInFlight: 2, callsPerSecond: Infinity, tokensPerSecond: Infinity }, { clock: time, sleeper: time, random: seededRandom(1), signal: new AbortController().signal })

  it('has said nothing but limits for as long as patience lasts', async () => {
    const time = new ScriptedTime()
    const own = lane(time)
    const reply = await time.until(own.run(1, async () => refused('provider_rate_limited', 5_000)))
    expect(reply?.code).toBe('provider_rate_limited')
    expect(time.monotonicMs()).toBeGreaterThan(PATIENCE_MS)
    expect(own.facts().givenUp).toMatch(/nothing but limits for 10 minutes/)
    expect(await own.run(1, async () => NOTHING)).toBeUndefined()
  })

  it('has no credit left', async () => {
    const time = new ScriptedTime()
    const own = lane(time)
    expect((await time.until(own.run(1, async () => refused('provider_quota_exhausted'))))?.code).toBe('provider_quota_exhausted')
    expect(await own.run(1, async () => NOTHING)).toBeUndefined()
  })

  it('has failed so often that it is down, but not after a few failures between answers', async () => {
    const time = new ScriptedTime()
    const own = lane(time)
    for (let i = 0; i < MOST_FAILURES - 1; i += 1) await time.until(own.run(1, async () => refused('provider_server_error')))
    await time.until(own.run(1, async () => NOTHING))
    for (let i = 0; i < MOST_FAILURES - 1; i += 1) await time.until(own.run(1, async () => refused('provider_server_error')))
    expect(own.facts().givenUp).toBeUndefined()
    await time.until(own.run(1, async () => refused('provider_server_error')))
    expect(own.facts().givenUp).toMatch(/25 failures in a row/)
  })

  it('stops waiting when the run is stopped', async () => {
    const time = new ScriptedTime()
    const stop = new AbortController()
    const own = new Lane({ maxInFlight: 1, callsPerSecond: Infinity, tokensPerSecond: Infinity }, { clock: time, sleeper: time, random: seededRandom(1), signal: stop.signal })
    const first = own.run(1, () => new Promise(() => undefined))
    first.catch(() => undefined)
    const second = own.run(1, async () => NOTHING)
    stop.abort(new Error('stopped'))
    await expect(second).rejects.toThrow('stopped')
  })
})
