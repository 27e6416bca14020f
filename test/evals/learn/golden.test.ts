// Whole recommendations as people get them, held to files that are read in review: a move, none, too little evidence, one that a
// price makes, and a way back. A changed word or number shows as a diff of golden/*.md.
import { describe, expect, test } from 'vitest'
import type { Config } from '../../../core/config.ts'
import { sealRouteTable } from '../../../core/route-table.ts'
import { gatherEvidence, type EvidenceRows } from '../../../evals/learn/evidence.ts'
import { returning } from '../../../evals/learn/propose.ts'
import { adviseTask, type TaskOutcome } from '../../../evals/learn/recommend.ts'
import type { Recommendation } from '../../../evals/learn/recommendation.ts'
import { renderHtml } from '../../../evals/learn/render-html.ts'
import { renderMarkdown } from '../../../evals/learn/render.ts'
import { LEARNING_RULES } from '../../../evals/learn/rules.ts'
import { weighTask } from '../../../evals/learn/weigh.ts'
import { configOf, evalRow, factualRows, productionRow, recommend, rowsOf, taskOf, type Over } from './fixture.ts'

const traffic = [
  productionRow('a', 1500, 0.008, { w_counted: 1500, w_counted_attempts: 1500, w_counted_cost: 12, w_input: 1.5e6, w_output: 750_000 }),
  productionRow('b', 430, 0.002, { w_counted: 430, w_counted_attempts: 430, w_counted_cost: 0.86, w_input: 430_000, w_output: 215_000 }),
]
const answers: NonNullable<Over['context']>['answers'] = (_suite, probe, target) => ({ question: `What stands in ${probe}?`, answer: target === 'b' ? 'An island that is not there. <b>Sure</b>' : 'I do not know of any.' })
/** b gets one question wrong that a gets right. */
const mixed = (): EvidenceRows => {
  const right = factualRows('a', 70, 30)
  const wrong = factualRows('b', 86, 14).map((row) => (row.probe_id === 'q7' ? evalRow({ target: 'b', probe_id: 'q7', w_incorrect: 1 }) : row))
  return rowsOf([...right, ...wrong], traffic)
}
const around = (...tasks: TaskOutcome['advice'][]): Recommendation => ({ id: 'rec_golden', created_at: '2026-03-01T03:00:00.000Z', expires_at: '2026-03-08T03:00:00.000Z', parent: 41, simulated: false, tasks })
const at41 = (config: Config, weights: Readonly<Record<string, number>>) =>
  sealRouteTable({ schema: 1, version: 41, parent: 40, created_at: '2026-02-20T03:00:00Z', author: 'learner', rule: 'test', simulated: false, tasks: { simple_qa: { weights, excluded: {}, config_hash: taskOf(config).configHash, exploration: 0, rule: 'utility', evidence: {} } } })

const auto = configOf({ learning: { mode: 'auto' } })
const cases: Record<string, () => TaskOutcome> = {
  move: () => recommend(auto, mixed(), at41(auto, { a: 0.75, b: 0.25 }), LEARNING_RULES, { situation: { publishedBefore: true, hoursSinceLastPublish: 30 }, context: { answers } }),
  'no-move': () => recommend(configOf(), rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 65, 35)], traffic), at41(configOf(), { a: 1, b: 0 })),
  'insufficient-evidence': () => recommend(configOf(), rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 6, 0)], traffic), at41(configOf(), { a: 1, b: 0 })),
  price: () => {
    // As good as each other; b was as dear as a until its price fell.
    const rows = rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 80, 20)], traffic)
    return recommend(auto, rows, at41(auto, { a: 0.9, b: 0.1 }), LEARNING_RULES, { situation: { publishedBefore: true, hoursSinceLastPublish: 2 }, context: { prices: [{ target: 'b', at: Date.parse('2026-02-28T10:00:00Z'), cause: 'the price list', before: '4 in, 8 out', after: '1 in, 2 out', over: [] }] } })
  },
  rollback: () => {
    const evidence = gatherEvidence(auto, taskOf(auto), rowsOf([...factualRows('a', 80, 20), ...factualRows('b', 78, 22)], traffic))
    const weighed = weighTask(evidence, { config: auto, route: { weights: new Map([['a', 0.5], ['b', 0.5]]), excluded: new Map() }, situation: { publishedBefore: true, hoursSinceLastPublish: 5, frozen: undefined, canary: false }, rules: LEARNING_RULES })
    const why = 'since version 41 it surely loses more than 0.01: loss 0.060 (0.021…0.099) over 900 calls against 4,000'
    const back = returning(weighed, { version: 40, weights: new Map([['a', 1], ['b', 0]]), excluded: {}, why, loss: undefined }, { rules: LEARNING_RULES }, { publishedBefore: true, frozen: undefined })
    return adviseTask(evidence, back, { rules: LEARNING_RULES, parent: 41 })
  },
}

describe('a recommendation', () => {
  test.each(Object.entries(cases))('%s reads as its golden file', async (name, outcome) => {
    await expect(renderMarkdown(around(outcome().advice))).toMatchFileSnapshot(`golden/${name}.md`)
  })

  test.each([
    ['move', { verdict: 'move', rule: 'utility' }],
    ['no-move', { verdict: 'hold' }],
    ['insufficient-evidence', { verdict: 'insufficient_evidence', rule: 'evidence' }],
    ['price', { verdict: 'move', rule: 'price' }],
    ['rollback', { verdict: 'move', rule: 'rollback' }],
  ])('%s is decided by the rule it names', (name, expected) => {
    expect(cases[name]?.().advice).toMatchObject(expected)
  })

  test('of a move begins with one line that holds all that a person decides by', () => {
    expect(cases['move']?.().advice.headline).toMatch(/^Move \d+% of simple_qa from a to b: [−+]\$[\d.]+ per 1k calls \([−+][\d.]+…[−+][\d.]+\), error [−+]?[\d.]+ pt \([−+]?[\d.]+…[−+]?[\d.]+\), P\(better\) [.>\d]+; 200 probes over 1 night, 1,930 calls; undo: `routes rollback 41`$/)
  })

  test('shows what contradicts it with both answers, which stay text in Markdown and in the page', () => {
    const recommendation = around(cases['move']?.().advice ?? (() => { throw new Error('no move') })())
    expect(recommendation.tasks[0]?.contradicting[0]).toMatchObject({ probe: 'q7', riser: { target: 'b', score: 0 }, faller: { target: 'a', score: 1 } })
    expect(renderMarkdown(recommendation)).toContain('b (0.00): An island that is not there. \\<b\\>Sure')
    const page = renderHtml(recommendation)
    expect(page).toContain('&#60;b&#62;Sure')
    expect(page).not.toContain('<b>Sure')
  })
})
