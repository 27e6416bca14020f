// The side channel: truths, faults and outages switched while running, one-shot answers, and closing with clients waiting.
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RunningSim } from '../../sim/server.ts'
import { ask, start } from './fixture.ts'

let sim: RunningSim
beforeEach(async () => {
  sim = await start()
})
afterEach(() => sim.close())

const statusOf = async (asking: Parameters<typeof ask>[1]): Promise<number> => {
  const answer = await ask(sim, asking)
  await answer.body.dump()
  return answer.statusCode
}
const contentOf = async (asking: Parameters<typeof ask>[1]): Promise<string> =>
  ((await (await ask(sim, asking)).body.json()) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? ''
const post = (path: string, body: unknown, contentType = 'application/json') => request(`${sim.url}${path}`, { method: 'POST', headers: { 'content-type': contentType }, body: JSON.stringify(body) })

describe('truth', () => {
  it('names the label of every answer by request and response id, in process and over HTTP', async () => {
    const answer = await ask(sim, { model: 'kimi-k2.6', question: 'Who was the third mayor of Nowhere?', extra: { seed: 5, reasoning_effort: 'low' } })
    const { id, choices } = (await answer.body.json()) as { id: string; choices: { message: { content: string } }[] }
    const [truth] = sim.control.truth()
    expect(truth).toMatchObject({ model: 'kimi-k2.6', effort: 'low', seed: 5, probeId: 'fu-a', requestId: answer.headers['x-request-id'], responseId: id })
    expect(choices[0]?.message.content).toContain(`fu-a ${truth?.label}`)
    const { body } = await request(`${sim.url}/__sim/truth`)
    expect(await body.json()).toEqual({ truth: [JSON.parse(JSON.stringify(truth))] })
  })

  it('says nothing of prompts that nobody wrote answers for', async () => {
    expect(await statusOf({ question: 'something else entirely' })).toBe(200)
    expect(sim.control.truth()).toEqual([])
  })
})

describe('behaviour', () => {
  it('changes under the same name until it is taken back, in process and over HTTP', async () => {
    const question = 'In which year was the bridge opened?'
    const rightOf20 = async (): Promise<number> => {
      let right = 0
      for (let seed = 0; seed < 20; seed += 1) if ((await contentOf({ model: 'kimi-k2.6', question, extra: { seed } })).includes('fa-a correct')) right += 1
      return right
    }
    const before = await rightOf20()
    sim.control.behave('kimi-k2.6', { accuracy: 1 })
    expect(await rightOf20()).toBe(20)
    const told = await post('/__sim/behave', { model: 'kimi-k2.6', accuracy: 0 })
    expect(await told.body.json()).toEqual({ model: 'kimi-k2.6', accuracy: 0 })
    expect(await rightOf20()).toBe(0)
    await (await post('/__sim/behave', { model: 'kimi-k2.6' })).body.dump()
    expect(await rightOf20()).toBe(before)
  })

  it('of an unknown model, or beyond a share, is refused', async () => {
    expect(() => sim.control.behave('nobody', { accuracy: 1 })).toThrow('nobody')
    expect(() => sim.control.behave('kimi-k2.6', { accuracy: 1.5 })).toThrow('no share')
    const wrong = await post('/__sim/behave', { model: 'kimi-k2.6', accuracy: 2 })
    expect(wrong.statusCode).toBe(400)
    await wrong.body.dump()
  })
})

describe('faults', () => {
  it('hold for a model until they are taken back', async () => {
    sim.control.setFault('gpt-5.4', 'server_500')
    expect(await statusOf({ model: 'gpt-5.4' })).toBe(500)
    expect(await statusOf({ model: 'gpt-5.5' })).toBe(200)
    sim.control.setFault('gpt-5.4', null)
    expect(await statusOf({ model: 'gpt-5.4' })).toBe(200)
  })

  it('hold for so many requests only, and for a whole provider', async () => {
    sim.control.setFault('openai', 'overloaded_503', { times: 2 })
    expect(await statusOf({ model: 'kimi-k2.6' })).toBe(200)
    expect([await statusOf({ model: 'gpt-5.4' }), await statusOf({ model: 'gpt-5.5' }), await statusOf({ model: 'gpt-5.5' })]).toEqual([503, 503, 200])
    expect(sim.control.faults()).toEqual({})
  })

  it('can be switched over HTTP, by JSON requests only', async () => {
    const plain = await post('/__sim/faults', { scope: 'gpt-5.4', fault: 'server_500' }, 'text/plain')
    expect(plain.statusCode).toBe(400)
    await plain.body.dump()
    expect(await statusOf({})).toBe(200)
    const set = await post('/__sim/faults', { scope: 'gpt-5.4', fault: 'server_500', times: 1 })
    expect(await set.body.json()).toEqual({ active: { 'gpt-5.4': { fault: 'server_500', left: 1 } } })
    expect([await statusOf({}), await statusOf({})]).toEqual([500, 200])
  })

  it('are refused for names that do not exist', async () => {
    expect(() => sim.control.setFault('gpt-9', 'server_500')).toThrow('gpt-9')
    expect(() => sim.control.setFault('gpt-5.4', 'nonesuch')).toThrow('nonesuch')
    expect(() => sim.control.outage('nobody', true)).toThrow('nobody')
    const unknown = await post('/__sim/outage', { provider: 'nobody', on: true })
    expect(unknown.statusCode).toBe(400)
    await unknown.body.dump()
  })
})

describe('an outage', () => {
  it('resets every connection of one provider, or answers 503, until it ends', async () => {
    sim.control.outage('openai', true)
    await expect(ask(sim, { model: 'gpt-5.4' })).rejects.toThrow()
    expect(await statusOf({ model: 'kimi-k2.6', path: '/moonshot/v1' })).toBe(200)
    sim.control.outage('openai', true, '503')
    expect(await statusOf({ model: 'gpt-5.5' })).toBe(503)
    await (await post('/__sim/outage', { provider: 'openai', on: false })).body.dump()
    expect(await statusOf({ model: 'gpt-5.4' })).toBe(200)
    expect(sim.control.truth().map(({ model }) => model)).toEqual(['kimi-k2.6', 'gpt-5.4'])
  })
})

describe('one-shot answers', () => {
  it('are said once, in order, and only to the question they name', async () => {
    sim.control.script({ model: 'gpt-5.4', text: 'first' })
    sim.control.script({ model: 'gpt-5.4', question: 'only this', text: 'second' })
    sim.control.script({ model: 'gpt-5.5', fault: 'server_500' })
    expect(await contentOf({ question: 'anything' })).toBe('first')
    expect(await contentOf({ question: 'anything' })).not.toBe('second')
    expect(sim.control.unused()).toEqual([{ model: 'gpt-5.4', question: 'only this', text: 'second' }, { model: 'gpt-5.5', fault: 'server_500' }])
    expect(await contentOf({ question: 'only this' })).toBe('second')
    expect(await statusOf({ model: 'gpt-5.5' })).toBe(500)
    expect(sim.control.unused()).toEqual([])
  })

  it('are all that is answered when the sim refuses the unscripted', async () => {
    const strict = await start({ unscripted: 'refuse' })
    try {
      strict.control.script({ model: 'gpt-5.4', text: 'scripted' })
      const asked = async () => (await ask(strict, { question: 'nobody knows me' })).body.json()
      expect(await asked()).toMatchObject({ choices: [{ message: { content: 'scripted' } }] })
      expect(await asked()).toMatchObject({ error: { code: 'unscripted_call' } })
    } finally {
      await strict.close()
    }
  })
})

describe('received requests', () => {
  it('show what a router sent, without its credential', async () => {
    const { body } = await request(`${sim.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer very-secret' },
      body: JSON.stringify({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'x' }], seed: 3 }),
    })
    await body.dump()
    const [received] = sim.control.received()
    expect(received).toMatchObject({ model: 'gpt-5.4', path: '/openai/v1/chat/completions', body: { seed: 3 }, fault: undefined })
    expect(JSON.stringify(received)).not.toContain('very-secret')
  })
})

describe('closing', () => {
  it('ends exchanges that hang and frees the port', async () => {
    const hanging = ask(sim, { fault: 'hang_headers' }).catch(() => 'ended')
    while (sim.control.received().length === 0) await new Promise(setImmediate)
    await sim.close()
    expect(await hanging).toBe('ended')
    const again = await start({ port: sim.port })
    await expect(start({ port: sim.port })).rejects.toMatchObject({ code: 'port_taken' })
    await again.close()
    sim = await start()
  })
})
