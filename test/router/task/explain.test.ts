import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classifyTask } from '../../../router/decide/task/classify-task.ts'
import { explainTask } from '../../../router/decide/task/explain-task.ts'
import { builtInRules, input, rulesOf } from './inputs.ts'

const rules = rulesOf(
  {
    legal: [
      { name: 'contracts', phrases: { any: ['contract', 'lease*'], none: ['phone contract'] }, input_tokens: { min: 10 } },
      { name: 'team', tags: ['team=legal'], priority: 10 },
    ],
    legal_cheap: [{ name: 'contracts too', phrases: ['contract'] }, { name: 'unsure', phrases: ['contract'], confidence: 0.3 }],
    factual_recall: [{ name: 'rest', surfaces: ['chat'], priority: -5 }],
  },
  {},
)

describe('an explanation', () => {
  it('names every rule in the order tried, each condition with what was seen, and why a match did not decide', () => {
    const explained = explainTask(input('Is this contract, or these leases, binding on a company in Ghana?'), rules)
    expect(explained.verdict).toEqual({ task: 'legal', source: 'rule', confidence: 1, because: ['rule legal/contracts'] })
    expect(explained.rules.map((rule) => [rule.name, rule.matched, rule.decided, rule.passedOver])).toEqual([
      ['legal/team', false, false, undefined],
      ['legal/contracts', true, true, undefined],
      ['legal_cheap/contracts too', true, false, 'rule legal/contracts came first'],
      ['legal_cheap/unsure', true, false, 'confidence 0.3 is below 0.5'],
      ['factual_recall/rest', true, false, 'rule legal/contracts came first'],
    ])
    expect(explained.rules[0]?.conditions).toEqual([{ condition: 'tags', holds: false, seen: 'none of any: team=legal' }])
    expect(explained.rules[1]?.conditions).toEqual([
      { condition: 'input_tokens', holds: true, seen: '17 tokens; wanted 10 or more' },
      { condition: 'phrases', holds: true, seen: 'found "contract", "lease*"; none of "phone contract", as wanted' },
    ])
    expect(explained.builtIn?.reached).toBe(false)
  })

  it('shows the built-in cues with what they were seen by, and the likelihoods, which sum to 1', () => {
    const explained = explainTask(input('Who wrote the novel The Remains of the Day?'), rules)
    expect(explained.builtIn?.reached).toBe(true)
    expect(explained.builtIn?.tasks[0]).toMatchObject({ task: 'factual_recall', needed: 0.6 })
    expect(explained.builtIn?.tasks.reduce((sum, task) => sum + task.probability, 0)).toBeCloseTo(1, 12)
    expect(explained.builtIn?.cues.find((cue) => cue.name === 'asks who, when or where')?.by).toBe('who wrote')
    expect(explained.verdict.because).toContain('asks who, when or where')
    expect(explained.rules.at(-1)?.passedOver).toBe('the built-in rules came first')
  })

  it('shows no cue for words in the middle of a long text, which are mostly pasted', () => {
    const cues = (text: string): string[] => explainTask(input(text), rules).builtIn?.cues.map((cue) => cue.name) ?? []
    const filler = 'lorem ipsum '.repeat(60)
    expect(cues(`${filler} python ${filler}`)).not.toContain('programming language')
    for (const text of [`python ${filler}`, `${filler} python`]) expect(cues(text)).toContain('programming language')
  })

  it('finds an agent at work next to impossible without tools', () => {
    const likely = (tools: number): number => explainTask(input('Book it and cancel the other', { tools, messages: 9 }), rules).builtIn?.tasks.find((one) => one.task === 'agent_tasks')?.probability ?? NaN
    expect(likely(0)).toBeLessThan(0.001)
    expect(likely(1)).toBeGreaterThan(0.9)
  })

  it('says when only the ends of a text were looked at', () => {
    expect(explainTask(input('short'), rules).facts).toEqual({ words: 1, textIsCut: false })
    expect(explainTask(input('word '.repeat(5_000)), rules).facts.textIsCut).toBe(true)
  })

  it('always gives the verdict that the call itself gets', () => {
    const all = builtInRules()
    const word = fc.constantFrom('contract', 'lease', 'who wrote', 'python', 'summarise', 'below', 'hello', 'Ada Lovelace', '?', '```', 'x', '会议')
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), fc.nat(9), fc.nat(12), fc.nat(40_000), fc.constantFrom([], ['team=legal']), (words, tools, messages, inputTokens, tags) => {
        const given = input(words.join(' '), { tools, messages, inputTokens, tags })
        for (const set of [rules, all]) {
          const explained = explainTask(given, set)
          expect(explained.verdict).toEqual(classifyTask(given, set))
          const decided = explained.rules.filter((rule) => rule.decided)
          expect(decided.length).toBeLessThanOrEqual(1)
          for (const rule of explained.rules) expect(rule.matched).toBe(rule.conditions.every((condition) => condition.holds))
        }
      }),
    )
  })
})
