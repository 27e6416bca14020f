import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { usageOf } from '../../core/usage.ts'
import { learningExpectedOutput, PRIOR_OUTPUT_TOKENS, PRIOR_PREFIX_SHARE } from '../../router/decide/expected-output.ts'
import { keepExpectations } from '../../router/kept-expectations.ts'
import { silent } from './support/running.ts'

let dir: string
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'weighbridge-kept-'))))
afterEach(() => rm(dir, { recursive: true, force: true }))
const usage = (output: number, cacheRead = 0): ReturnType<typeof usageOf> => usageOf({ inputTotal: 4_000, cacheRead, outputTotal: output })

describe('what is expected of a call', () => {
  it('is the documented prior before anything is known, and what a target’s own calls say after them, by size and task', () => {
    const expected = learningExpectedOutput()
    expect(expected.expect('p/m', 'qa', 4_000)).toEqual({ outputTokens: PRIOR_OUTPUT_TOKENS['2-10k'], cacheReadShare: 0 })
    for (let i = 0; i < 300; i += 1) expected.learn('p/m', 'qa', 4_000, usage(90))
    expect(expected.expect('p/m', 'qa', 4_000).outputTokens).toBeCloseTo(90, -1)
    expect(expected.expect('p/m', 'qa', 1_000).outputTokens).toBe(PRIOR_OUTPUT_TOKENS['<2k'])
    expect(expected.expect('p/m', 'code', 4_000).outputTokens).toBe(PRIOR_OUTPUT_TOKENS['2-10k'])
  })

  it('tells the cache of a conversation that goes on from that of one that begins', () => {
    const expected = learningExpectedOutput()
    expect(expected.expect('p/m', 'qa', 4_000, 3_000).cacheReadShare).toBeCloseTo(PRIOR_PREFIX_SHARE.share * 0.75, 12)
    expect(expected.expect('p/m', 'qa', 4_000, PRIOR_PREFIX_SHARE.fromTokens - 1).cacheReadShare).toBe(0)
    for (let i = 0; i < 300; i += 1) {
      expected.learn('p/m', 'qa', 4_000, usage(90, 3_000), 3_000)
      expected.learn('p/m', 'qa', 4_000, usage(90, 0))
    }
    expect(expected.expect('p/m', 'qa', 4_000, 3_000).cacheReadShare).toBeCloseTo(0.75, 1)
    expect(expected.expect('p/m', 'qa', 4_000).cacheReadShare).toBeCloseTo(0, 6)
  })

  it('survives a restart, and what the new process learns first outweighs what the old one wrote', async () => {
    const before = learningExpectedOutput()
    const kept = await keepExpectations(before, dir, silent)
    for (let i = 0; i < 50; i += 1) before.learn('p/odd\nname', 'qa', 4_000, usage(1_000), 2_000)
    await kept.stop()
    const after = learningExpectedOutput()
    await (await keepExpectations(after, dir, silent)).stop()
    expect(after.rows()).toEqual(before.rows())
    expect(after.expect('p/odd\nname', 'qa', 4_000)).toEqual(before.expect('p/odd\nname', 'qa', 4_000))
  })

  it('begins anew where the file cannot be read, and writes a good one in its place', async () => {
    await writeFile(join(dir, 'expected-output.json'), '{"v":1,"rows":[{"evidenceKey":')
    const expected = learningExpectedOutput()
    const kept = await keepExpectations(expected, dir, silent)
    expect(expected.rows()).toEqual([])
    expected.learn('p/m', 'qa', 100, usage(10))
    await kept.stop()
    expect(JSON.parse(await readFile(join(dir, 'expected-output.json'), 'utf8'))).toMatchObject({ v: 1, rows: [{ evidenceKey: 'p/m', bucket: '<2k', warm: false, calls: 1 }] })
  })
})
