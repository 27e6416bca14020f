import { describe, expect, it } from 'vitest'
import { gateAuto } from '../../../evals/learn/gates.ts'
import { LEARNING_RULES } from '../../../evals/learn/rules.ts'

const ready = { mode: 'auto', publishedBefore: true, hoursSinceLastPublish: 30, judged: true, selfJudged: false, urgent: false, frozen: undefined, canary: false } as const

describe('gateAuto', () => {
  it('lets auto publish a judged task that a person published before, once a day', () => {
    expect(gateAuto(ready, LEARNING_RULES)).toEqual([])
    expect(gateAuto({ ...ready, hoursSinceLastPublish: 3 }, LEARNING_RULES)).toEqual([expect.stringMatching(/published 3 h ago/)])
  })

  it('lets a guardrail through before the day is over, and nothing else', () => {
    expect(gateAuto({ ...ready, hoursSinceLastPublish: 3, urgent: true }, LEARNING_RULES)).toEqual([])
    expect(gateAuto({ ...ready, urgent: true, mode: 'review' }, LEARNING_RULES)).toHaveLength(1)
    expect(gateAuto({ ...ready, urgent: true, publishedBefore: false }, LEARNING_RULES)).toHaveLength(1)
    expect(gateAuto({ ...ready, urgent: true, judged: false }, LEARNING_RULES)).toHaveLength(1)
  })
})
