import { describe, expect, it } from 'vitest'
import { parseConfig, type Config } from '../../core/config.ts'
import { contentHash } from '../../core/hash.ts'
import { effectiveRoute, parseRouteTable, sealRouteTable, type RouteTable } from '../../core/route-table.ts'

const TEXT = `
providers: { p: { base_url: "http://127.0.0.1:1/v1" } }
targets: { a: { provider: p, model: a }, b: { provider: p, model: b } }
chains: { default: [{ target: a }, { target: b }] }
tasks: { qa: { route: { a: 1 } } }
`
const config = parseConfig(TEXT, {}, { find: () => undefined })

function tableFor(c: Config, weights: Record<string, number>, change: Partial<Omit<RouteTable, 'hash'>> = {}): RouteTable {
  return sealRouteTable({
    schema: 1,
    version: 3,
    parent: 2,
    created_at: '2026-11-23T00:00:00.000Z',
    author: 'test',
    rule: 'test',
    simulated: false,
    tasks: { qa: { weights, excluded: {}, config_hash: c.tasks.get('qa')?.configHash ?? '', exploration: 0, rule: 'test', evidence: {} } },
    ...change,
  })
}

function effective(c: Config, table: RouteTable | undefined): ReturnType<typeof effectiveRoute> {
  const task = c.tasks.get('qa')
  if (task === undefined) throw new Error('no task qa')
  return effectiveRoute(c, task, table)
}

describe('parseRouteTable', () => {
  it('reads back what was sealed', () => {
    const table = tableFor(config, { a: 0.4, b: 0.6 })
    expect(parseRouteTable(JSON.stringify(table))).toEqual(table)
  })

  it('does not depend on the order of keys', () => {
    expect(contentHash({ a: 1, b: { c: 2, d: 3 } })).toBe(contentHash({ b: { d: 3, c: 2 }, a: 1 }))
  })

  it.each([
    ['not JSON', '{'],
    ['a changed weight', JSON.stringify(tableFor(config, { a: 0.4, b: 0.6 })).replace('0.4', '0.3')],
    ['weights that do not sum to 1', JSON.stringify(tableFor(config, { a: 0.4, b: 0.4 }))],
    ['an unknown field', JSON.stringify({ ...tableFor(config, { a: 1 }), extra: 1 })],
  ])('refuses %s', (_name, text) => {
    expect(() => parseRouteTable(text)).toThrow(expect.objectContaining({ code: 'route_table_invalid' }))
  })
})

describe('effectiveRoute', () => {
  it('uses the configured weights without a table', () => {
    expect(effective(config, undefined)).toMatchObject({ source: 'config', note: undefined })
  })

  it("uses the table's weights where the task is as it was learned", () => {
    const route = effective(config, tableFor(config, { a: 0.25, b: 0.75 }))
    expect(route.source).toBe('table')
    expect(Object.fromEntries(route.weights)).toEqual({ a: 0.25, b: 0.75 })
  })

  it('goes back to configured weights, and says so, when a person changed the task since', () => {
    const changed = parseConfig(TEXT.replace('{ a: 1 }', '{ a: 1, b: 1 }'), {}, { find: () => undefined })
    const route = effective(changed, tableFor(config, { b: 1 }))
    expect(route).toMatchObject({ source: 'config', note: expect.stringMatching(/changed in the config since version 3/) })
    expect(Object.fromEntries(route.weights)).toEqual({ a: 0.5, b: 0.5 })
  })

  it('drops targets that are not enabled and renormalises the rest', () => {
    expect(Object.fromEntries(effective(config, tableFor(config, { a: 0.2, b: 0.3, gone: 0.5 })).weights)).toEqual({ a: 0.4, b: 0.6 })
    expect(effective(config, tableFor(config, { gone: 1 })).source).toBe('config')
  })

  it('never applies simulated evidence to a real task', () => {
    expect(effective(config, tableFor(config, { b: 1 }, { simulated: true }))).toMatchObject({ source: 'config', note: expect.stringMatching(/simulated/) })
  })
})
