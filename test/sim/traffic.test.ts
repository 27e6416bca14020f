// Traffic as an app makes it: the mix itself, and real calls against a simulated provider standing where a router would.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { seededRandom, systemClock } from '../../core/seams.ts'
import { loadBank } from '../../sim/bank.ts'
import { GPT_5_4 } from '../../sim/profiles.ts'
import { answerText, followUp } from '../../sim/traffic-follow-ups.ts'
import { trafficMix, type TrafficRequest } from '../../sim/traffic-mix.ts'
import { runTraffic } from '../../sim/traffic.ts'
import { start, TRAFFIC } from './fixture.ts'

describe('the mix', () => {
  it('has every way of naming a task, whole and streamed answers, recurring sessions and users, and earlier turns', async () => {
    const { traffic } = await loadBank()
    const next = trafficMix(traffic, seededRandom(3))
    const requests = Array.from({ length: 600 }, next)
    const share = (is: (request: (typeof requests)[number]) => boolean): number => requests.filter(is).length / requests.length
    expect(share((r) => r.headers['x-weighbridge-task'] === r.task)).toBeCloseTo(1 / 4, 1)
    expect(share((r) => r.body['model'] === `task:${r.task}`)).toBeCloseTo(1 / 4, 1)
    expect(share((r) => JSON.stringify(r.body['metadata']) === JSON.stringify({ weighbridge_task: r.task }))).toBeCloseTo(1 / 4, 1)
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

describe('what people do with an answer', () => {
  const request: TrafficRequest = { task: 'simple_qa', stream: false, headers: { 'x-weighbridge-session': 's' }, body: { model: 'auto', messages: [{ role: 'user', content: 'Why?' }] } }
  const answer = 'Because the scale is levelled before the truck drives on to it, and read once it stands still.'
  const messagesOf = (made: ReturnType<typeof followUp>): { role: string; content: string }[] => made?.request.body['messages'] as { role: string; content: string }[]

  it('asks for it again, corrects it, goes on from it or leaves it, as often as its habits say', () => {
    const random = seededRandom('habits')
    const made = Array.from({ length: 4_000 }, () => followUp(request, answer, { regenerate: 0.1, edit: 0.2, goOn: 0.3 }, random))
    const share = (kind: string | undefined): number => made.filter((one) => one?.kind === kind).length / made.length
    expect([share('regenerate'), share('edit'), share('goOn'), share(undefined)].map((value) => Math.round(value * 10) / 10)).toEqual([0.1, 0.2, 0.3, 0.4])
    expect(made.find((one) => one?.kind === 'regenerate')?.request).toEqual(request)
    const went = messagesOf(made.find((one) => one?.kind === 'goOn'))
    expect(went.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(went[1]?.content).toBe(answer)
    const edited = messagesOf(made.find((one) => one?.kind === 'edit'))[1]?.content
    expect(edited).not.toBe(answer)
    expect(edited?.split(' ')).toHaveLength(answer.split(' ').length)
    expect(Math.min(...made.flatMap((one) => (one === undefined ? [] : [one.afterMs])))).toBeGreaterThanOrEqual(700)
  })

  it('reads answers whole and streamed', () => {
    expect(answerText(JSON.stringify({ choices: [{ message: { content: 'Hello' } }] }), false)).toBe('Hello')
    expect(answerText(['Hel', 'lo'].map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`).join('') + 'data: [DONE]\n\n', true)).toBe('Hello')
    expect(answerText('not JSON', false)).toBe('')
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

  it('goes on with conversations where it is told what people do, at most three times each', async () => {
    const sim = await start({ models: [{ ...GPT_5_4, name: 'auto' }] })
    // Names the target, as the router in front of it would.
    const front = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        const answer = await fetch(`${sim.url}${request.url ?? ''}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: Buffer.concat(chunks) })
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '', 'x-weighbridge-target': 'ours' })
        response.end(await answer.text())
      })()
    })
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    try {
      // A cast to the only form that a TCP server's address has.
      const routerUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`
      const rows = TRAFFIC.filter(({ task }) => task === 'simple_qa')
      const counts = await runTraffic({ ...seams, random: seededRandom(4), routerUrl, traffic: rows, total: 12, concurrency: 4, paceScale: 0, signal: new AbortController().signal, habits: (target) => (target === 'ours' ? { regenerate: 0, edit: 0, goOn: 1 } : undefined) })
      expect(counts.followUps['goOn']).toBe(counts.sent - 12)
      expect(counts.followUps['goOn'] ?? 0).toBeGreaterThanOrEqual(3)
      expect((counts.followUps['goOn'] ?? 0) % 3).toBe(0)
      const turns = sim.control.received().map(({ body }) => (body as { messages: unknown[] }).messages.filter((message) => (message as { role: string }).role === 'assistant').length)
      expect(Math.max(...turns)).toBeLessThanOrEqual(4)
    } finally {
      front.close()
      front.closeAllConnections()
      await sim.close()
    }
  })
})
