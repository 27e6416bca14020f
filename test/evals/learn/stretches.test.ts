// A task's past as stretches of equal weights, with the labels of its calls: across other tasks' versions, canaries and returns.
import { describe, expect, test } from 'vitest'
import { sealRouteTable, type Canary, type TaskRoute } from '../../../core/route-table.ts'
import { lastChangeMs, stretchesOf, wasApplied } from '../../../evals/learn/stretches.ts'
import type { Publication, PublishAction } from '../../../store/state/publications.ts'

const route = (a: number, canary?: Canary): TaskRoute => ({ weights: { a, b: 1 - a }, excluded: {}, config_hash: 'h', exploration: 0, rule: 'utility', evidence: {}, ...(canary === undefined ? {} : { canary }) })
const trial = (version: number, base: number, a: number): Canary => ({ version, base, weights: { a, b: 1 - a }, excluded: {}, share: 0.1, since: '2026-03-01T00:00:00.000Z', exploration: 0, rule: 'utility' })

/** Newest first, from routes of `qa` oldest first. */
function history(...versions: readonly (readonly [TaskRoute | undefined, PublishAction?])[]): Publication[] {
  return versions
    .map(([qa, action = 'auto'], at): Publication => ({
      table: sealRouteTable({ schema: 1, version: at + 1, parent: at, created_at: '2026-03-01T00:00:00.000Z', author: 'learner', rule: 'test', simulated: false, tasks: { other: route(at / 100), ...(qa === undefined ? {} : { qa }) } }),
      action,
      author: 'learner',
      publishedAt: 1_000 * (at + 1),
    }))
    .reverse()
}

describe('stretchesOf', () => {
  test('begins with configured weights', () => {
    expect(stretchesOf('qa', [])).toEqual([{ labels: [0], sinceMs: undefined, version: 0, route: undefined, action: undefined, author: '' }])
  })

  test('goes on while only other tasks change, whatever the version', () => {
    expect(stretchesOf('qa', history([route(0.5), 'apply'], [route(0.5)], [route(0.2)], [route(0.2)])).map(({ labels, version, sinceMs, action }) => [labels, version, sinceMs, action])).toEqual([
      [[0], 0, undefined, undefined],
      [[1, 2], 1, 1_000, 'apply'],
      [[3, 4], 3, 3_000, 'auto'],
    ])
  })

  test("counts a canary's arm with the stretch that its promotion begins, and with none when it was taken back", () => {
    const promoted = history([route(0.5), 'apply'], [route(0.5, trial(2, 1, 0.2))], [route(0.5, trial(2, 1, 0.2))], [route(0.2)])
    expect(stretchesOf('qa', promoted).map(({ labels }) => labels)).toEqual([[0], [1], [2, 4]])
    const taken = history([route(0.5), 'apply'], [route(0.5, trial(2, 1, 0.2))], [route(0.5), 'rollback'])
    expect(stretchesOf('qa', taken).map(({ labels }) => labels)).toEqual([[0], [1, 3]])
  })

  test('of a task that goes back to its configured weights ends with them', () => {
    expect(stretchesOf('qa', history([route(0.5), 'apply'], [undefined, 'rollback'])).map(({ labels, route: now }) => [labels, now?.weights])).toEqual([[[0], undefined], [[1], { a: 0.5, b: 0.5 }], [[0], undefined]])
  })
})

test('a person has published a task when an apply changed it; its last change counts canaries', () => {
  expect(wasApplied('qa', history([route(0.5), 'apply']))).toBe(true)
  expect(wasApplied('qa', history([route(0.5), 'auto'], [route(0.5), 'apply']))).toBe(false)
  expect(lastChangeMs('qa', history([route(0.5), 'apply'], [route(0.5, trial(2, 1, 0.2))], [route(0.5, trial(2, 1, 0.2))]))).toBe(2_000)
  expect(lastChangeMs('qa', history([undefined]))).toBeUndefined()
})
