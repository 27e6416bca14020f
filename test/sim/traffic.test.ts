// Traffic as an app makes it: the mix itself, and real calls against a simulated provider standing where a router would.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { seededRandom, systemClock } from '../../core/seams.ts'
import { loadBank } from '../../sim/bank.ts'
import { GPT_5_4 } from '../../sim/profiles.ts'
import { trafficMix } from '../../sim/traffic-mix.ts'
import { runTraffic } from '../../sim/traffic.ts'
import { start, TRAFFIC } from './fixture.ts'

describe('the mix', () => {
  it('has every way of naming a task, whole and streamed answers, recurring sessions and users, and earlier turns', async () => {
    const { traffic } = await loadBank()
    const next = trafficMix(traffic, seededRandom(3))
    const requests = Array.from({ length: 600 }, next)
    const share = (is: (request: (typeof requests)[number]) => boolean): number => requests.filter(is).length / requests.length
    expect(share((r) => r.headers['x-weighbridge-task'] === r.task)).toBeCloseTo(1 / 3, 1)
    expect(share((r) => r.body['model'] === `task:${r.task}`)).toBeCloseTo(1 / 3, 1)
    expect(share((r) => JSON.stringify(r.body['metadata']) === JSON.stringify({ weighbridge_task: r.task }))).toBeCloseTo(1 / 3, 1)
    expect(share((r) => r.stream)).toBeCloseTo(0.5, 1)
    expect(share((r) => (r.body['messages'] as unknown[]).length > 2)).toBeGreaterThan(0.08)
    expect(share((r) => r.task === 'simple_qa')).toBeGreaterThan(share((r) => r.task === 'long_context'))
    const distinct = (name: string): number => new Set(requests.map((r) => r.headers[name])).size
    expect(distinct('x-weighbridge-session')).toBeLessThan(550)
    expect(distinct('x-weighbridge-user')).toBeLessThanOrEqual(60)
    expect(new Set(requests.map((r) => r.task)).size).toBe(5)
    expect(requests.every((r) => /^team=\w+,app=demo$/.test(r.headers['x-weighbridge-tags'] ?? ''))).toBe(true)
  })

  it('is the same for the same seed', () => {
    const [a, b] = [trafficMix(TRAFFIC, seededRandom(8)), trafficMix(TRAFFIC, seededRandom(8))]
    expect(Array.from({ length: 30 }, a)).toEqual(Array.from({ length: 30 }, b))
  })
})

describe('running it', () => {
  const seams = { random: seededRandom(1), clock: systemClock }

  it('sends exactly the wanted number of calls, counts how each ended, and never retries', async () => {
    // A model called auto stands for the router: calls that name a task as their model are refused with 404.
    const sim = await start({ models: [{ ...GPT_5_4, name: 'auto' }] })
    try {
      sim.control.setFault('auto', 'cut_mid_stream', { times: 5 })
      const counts = await runTraffic({ ...seams, routerUrl: sim.url, traffic: TRAFFIC, total: 60, concurrency: 6, signal: new AbortController().signal })
      expect(counts.sent).toBe(60)
      expect(counts.completed + counts.failed).toBe(60)
      expect(counts.byOutcome['cut']).toBe(5)
      expect(counts.byOutcome['200']).toBe(counts.completed)
      expect(sim.control.received()).toHaveLength(counts.completed + 5)
      expect(Object.values(counts.byTask).reduce((sum, n) => sum + n, 0)).toBe(60)
    } finally {
      await sim.close()
    }
  })

  it('keeps to its pace', async () => {
    const sim = await start({ models: [{ ...GPT_5_4, name: 'auto' }] })
    try {
      const { elapsedMs } = await runTraffic({ ...seams, random: seededRandom(2), routerUrl: sim.url, traffic: TRAFFIC, total: 40, ratePerSecond: 200, concurrency: 4, signal: new AbortController().signal })
      // 40 exponential gaps of 5 ms on average: below 100 ms only once in ten thousand sequences, and this one is fixed.
      expect(elapsedMs).toBeGreaterThan(100)
    } finally {
      await sim.close()
    }
  })

  it('resolves soon after it is aborted, with calls still open', async () => {
    const sim = await start({ models: [{ ...GPT_5_4, name: 'auto' }] })
    const leaving = new AbortController()
    try {
      sim.control.setFault('auto', 'hang_headers')
      const running = runTraffic({ ...seams, routerUrl: sim.url, traffic: TRAFFIC, concurrency: 3, signal: leaving.signal })
      while (sim.control.received().length < 3) await new Promise(setImmediate)
      leaving.abort()
      const counts = await running
      expect(counts.sent).toBeGreaterThanOrEqual(3)
      expect(counts.completed).toBe(0)
    } finally {
      await sim.close()
    }
  })

  it('counts a router that is not there, and the targets of one that is', async () => {
    const server = createServer((_request, response) => response.writeHead(200, { 'x-weighbridge-target': 'gpt-5.4-sim' }).end('data: [DONE]\n\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const routerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const options = { ...seams, routerUrl, traffic: TRAFFIC, total: 5, concurrency: 2, signal: new AbortController().signal }
    expect(await runTraffic(options)).toMatchObject({ completed: 5, byTarget: { 'gpt-5.4-sim': 5 } })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect(await runTraffic(options)).toMatchObject({ completed: 0, failed: 5, byOutcome: { unreachable: 5 } })
  })
})
