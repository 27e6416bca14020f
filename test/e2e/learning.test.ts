// Learning with nobody's hand on it: providers change while they run, and what the learner makes of it is in the history.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clickhouseMissing } from '../support/database.ts'
import { startWorld, type World } from './learning-world.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.warn(`the learning loop is not tested: ${missing}`)

describe.skipIf(missing !== undefined)('weights that follow models while these change', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  }, 60_000)
  afterAll(async () => {
    await world?.close()
  }, 60_000)

  it('tries a newcomer with a part of the traffic, lets it on, and goes back by itself when it gets worse', async () => {
    const truth = { hallucination: 1, everydayAccuracy: 1 }
    world.control.behave('a', { accuracy: 0.4, ...truth })
    world.control.behave('b', { accuracy: 0.7, ...truth })
    world.control.behave('c', { accuracy: 0.98, ...truth })

    // Two nights of two models; a person applies the first table, as every first table wants.
    for (const _night of [1, 2]) {
      await world.evaluate(['a', 'b'])
      expect(await world.traffic(40)).toEqual({ a: 40 })
      await world.learn()
      world.pass(24)
    }
    await world.post('/admin/routes/recommend')
    expect(await world.post('/admin/routes/apply')).toMatchObject({ version: 1 })
    await world.learn()
    expect(await world.traffic(60)).toEqual({ b: 60 })

    // A newcomer is better: a part of the sessions tries it a day later.
    world.pass(25)
    await world.evaluate(['b', 'c'])
    await world.traffic(60)
    await world.learn()
    expect((await shown()).canary).toMatchObject({ version: 2, share: 0.4, weights: { b: 0.75, c: 0.25 } })
    world.pass(1)
    const during = await world.traffic(200)
    expect((during['c'] ?? 0) / 200).toBeGreaterThan(0.02)
    expect((during['c'] ?? 0) / 200).toBeLessThan(0.2)

    // Nothing was lost: it is let on.
    world.pass(20)
    await world.evaluate(['b', 'c'])
    await world.learn()
    expect(await versions()).toMatchObject([{ version: 3, action: 'auto' }, { version: 2, action: 'auto' }, { version: 1, action: 'apply' }])

    // It gets worse under the same name, as providers do. The next night an alarm goes, and the weights go back.
    world.control.behave('c', { accuracy: 0.2, ...truth })
    world.pass(3)
    await world.evaluate(['b', 'c'])
    await world.learn()
    expect(await versions()).toMatchObject([{ version: 4, action: 'rollback', author: 'learner' }, { version: 3 }, { version: 2 }, { version: 1 }])
    expect(await world.traffic(60)).toEqual({ b: 60 })

    // All of it is told, here and to the store.
    const { events } = (await world.get('/admin/routes/events')) as { events: { kind: string; message: string }[] }
    const told = events.map(({ kind }) => kind)
    for (const kind of ['canary', 'drift', 'rollback', 'freeze']) expect(told).toContain(kind)
    // A slow machine may add marks of its own for the time to the first token.
    expect(events.filter(({ kind }) => kind === 'drift').map(({ message }) => message).join()).toMatch(/its score on factual fell/)
    expect((await shown()).frozen).toMatchObject({ author: 'learner' })
    const stored = await world.reader.rows('SELECT kind, count() AS n FROM learning_events GROUP BY kind')
    expect(stored.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['canary', 'drift', 'rollback', 'freeze']))
    const tables = await world.reader.rows('SELECT version, action FROM route_tables ORDER BY version')
    expect(tables.map(({ version, action }) => [Number(version), action])).toEqual([[1, 'apply'], [2, 'auto'], [3, 'auto'], [4, 'rollback']])
  }, 240_000)

  async function shown(): Promise<{ canary: unknown; frozen: unknown }> {
    const { tasks } = (await world.get('/admin/routes')) as { tasks: { task: string; canary: unknown; frozen: unknown }[] }
    const found = tasks.find(({ task }) => task === 'factual_recall')
    if (found === undefined) throw new Error('the task is shown')
    return found
  }

  async function versions(): Promise<unknown> {
    return ((await world.get('/admin/routes/history')) as { versions: unknown }).versions
  }
})
