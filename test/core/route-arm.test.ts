import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../core/config.ts'
import { armOf, otherArm } from '../../core/route-arm.ts'
import { effectiveRoute, parseRouteTable, sealRouteTable, type Canary, type RouteTable } from '../../core/route-table.ts'
import { seededRandom } from '../../core/seams.ts'

const config = parseConfig('{ providers: { p: { base_url: "http://127.0.0.1:1/v1" } }, targets: { a: { provider: p, model: a }, b: { provider: p, model: b } }, tasks: { qa: { route: { a: 1 } } } }', {}, { find: () => undefined })
const task = config.tasks.get('qa')
if (task === undefined) throw new Error('no task qa')

const canary: Canary = { version: 4, base: 3, weights: { a: 0.2, b: 0.8 }, excluded: {}, share: 0.1, since: '2026-11-23T00:00:00.000Z', exploration: 0, rule: 'utility' }

function tableWith(trial: Canary | undefined, version = 4): RouteTable {
  return sealRouteTable({
    schema: 1, version, parent: version - 1, created_at: '2026-11-23T00:00:00.000Z', author: 'learner', rule: 'test', simulated: false,
    tasks: { qa: { weights: { a: 1 }, excluded: {}, config_hash: task?.configHash ?? '', exploration: 0, rule: 'test', evidence: {}, ...(trial === undefined ? {} : { canary: trial }) } },
  })
}

describe('a canary in the route table', () => {
  it('is read back as it was sealed, and its absence leaves a table as it was', () => {
    expect(parseRouteTable(JSON.stringify(tableWith(canary))).tasks['qa']?.canary).toEqual(canary)
    expect(Object.keys(parseRouteTable(JSON.stringify(tableWith(undefined))).tasks['qa'] ?? {})).not.toContain('canary')
  })

  it.each([
    ['weights that do not sum to 1', { ...canary, weights: { a: 0.2, b: 0.7 } }],
    ['a share of nothing', { ...canary, share: 0 }],
    ['a share of everything', { ...canary, share: 1 }],
    ['a version that is still to come', { ...canary, version: 5 }],
    ['a base that is no earlier version', { ...canary, base: 4 }],
  ])('with %s is refused', (_name, trial) => {
    expect(() => parseRouteTable(JSON.stringify(tableWith(trial)))).toThrow(expect.objectContaining({ code: 'route_table_invalid' }))
  })

  it('labels the calls of either arm with the version whose weights they were drawn by, also when other tasks publish meanwhile', () => {
    const route = effectiveRoute(config, task, tableWith(canary, 9))
    expect(route).toMatchObject({ version: 3, source: 'table', canary: { version: 4, share: 0.1 } })
    expect(Object.fromEntries(route.weights)).toEqual({ a: 1 })
    expect(effectiveRoute(config, task, tableWith(undefined, 9)).version).toBe(9)
    expect(effectiveRoute(config, task, undefined)).toMatchObject({ version: 0, canary: undefined })
  })

  it('whose targets are all gone from the config is no arm', () => {
    expect(effectiveRoute(config, task, tableWith({ ...canary, weights: { gone: 1 } })).canary).toBeUndefined()
  })
})

describe('armOf', () => {
  const route = effectiveRoute(config, task, tableWith(canary))

  it('gives the champion to everybody where there is no canary', () => {
    const plain = effectiveRoute(config, task, tableWith(undefined))
    expect(armOf(plain, 'qa', { sessionId: 'session', chance: () => 0 })).toBe(plain)
  })

  it('keeps a session in its arm, and draws nothing for it', () => {
    const chance = (): number => { throw new Error('nothing is drawn for a session') }
    for (let i = 0; i < 50; i += 1) expect(armOf(route, 'qa', { sessionId: `s${i}`, chance })).toBe(armOf(route, 'qa', { sessionId: `s${i}` }))
  })

  it('gives the challenger its share of sessions, whose names may differ in a digit only', () => {
    const versions = Array.from({ length: 20_000 }, (_, i) => armOf(route, 'qa', { sessionId: `user-${i}` }).version)
    const share = versions.filter((version) => version === 4).length / versions.length
    // 10% of 20,000 with a standard deviation of .2%.
    expect(Math.abs(share - 0.1)).toBeLessThan(0.01)
    const runs = versions.filter((version, i) => i > 0 && version === 4 && versions[i - 1] === 4).length / versions.length
    expect(Math.abs(runs - 0.01)).toBeLessThan(0.005)
  })

  it('leaves a conversation in the arm it was in, whatever its session or chance say', () => {
    for (const sessionId of [undefined, 'user-1', 'user-2']) {
      expect(armOf(route, 'qa', { beganUnder: 4, sessionId, chance: () => 0.9 }).version).toBe(4)
      expect(armOf(route, 'qa', { beganUnder: 3, sessionId, chance: () => 0 }).version).toBe(3)
    }
  })

  it('tells the arm that it might have been instead, with its probability', () => {
    expect(otherArm(route, armOf(route, 'qa', { beganUnder: 4, sessionId: undefined }))).toMatchObject({ arm: { version: 3 }, probability: 0.9 })
    expect(otherArm(route, armOf(route, 'qa', { sessionId: undefined }))).toMatchObject({ arm: { version: 4 }, probability: 0.1 })
    expect(otherArm(effectiveRoute(config, task, tableWith(undefined)), route)).toBeUndefined()
  })

  it('lets other sessions try the next canary first', () => {
    const next = effectiveRoute(config, task, tableWith({ ...canary, version: 6 }, 6))
    const both = Array.from({ length: 20_000 }, (_, i) => `user-${i}`).filter((session) => armOf(route, 'qa', { sessionId: session }).version === 4 && armOf(next, 'qa', { sessionId: session }).version === 6)
    expect(both.length / 20_000).toBeLessThan(0.02)
  })

  it('divides calls without a session by chance, and gives them the champion where there is none', () => {
    const random = seededRandom('arms')
    const share = Array.from({ length: 20_000 }, () => armOf(route, 'qa', { sessionId: undefined, chance: () => random.next() }).version).filter((version) => version === 4).length / 20_000
    expect(Math.abs(share - 0.1)).toBeLessThan(0.01)
    expect(armOf(route, 'qa', { sessionId: undefined })).toBe(route)
  })
})
