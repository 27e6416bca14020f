import { describe, expect, it } from 'vitest'
import { classifyTask } from '../../../router/decide/task/classify-task.ts'
import { taskRuleSchema, taskRulesSchema } from '../../../core/task-rules.ts'
import { systemPromptHash, type TaskInput } from '../../../router/decide/task/task-input.ts'
import { builtInRules, input, rulesOf } from './inputs.ts'

function taskOf(rule: unknown, given: TaskInput): string | undefined {
  return classifyTask(given, rulesOf({ mine: [rule] })).task
}

describe("a rule's conditions", () => {
  const legal = input('Please review this CONTRACT for me', { tools: 2, schema: true, inputTokens: 900, messages: 3, keyId: 'key_1', tags: ['team=legal', 'env=prod'], surface: 'responses', systemPromptHash: systemPromptHash('You are a lawyer.') })
  it.each<[string, unknown, boolean]>([
    ['any of the phrases', { phrases: ['invoice', 'contract'] }, true],
    ['no phrase of those', { phrases: ['invoice', 'contracts'] }, false],
    ['a stem', { phrases: ['contr*'] }, true],
    ['all phrases', { phrases: { all: ['review', 'contract'] } }, true],
    ['not all phrases', { phrases: { all: ['review', 'invoice'] } }, false],
    ['a phrase that must not be there', { phrases: { any: ['review'], none: ['contract'] } }, false],
    ['none of the phrases that must not be there', { phrases: { any: ['review'], none: ['invoice'] } }, true],
    ['a schema', { schema: true }, true],
    ['no schema', { schema: false }, false],
    ['tools', { tools: true }, true],
    ['no tools', { tools: false }, false],
    ['a number of tools', { tools: { min: 2, max: 2 } }, true],
    ['too few tools', { tools: { min: 3 } }, false],
    ['no images', { images: false }, true],
    ['images', { images: true }, false],
    ['input of a length', { input_tokens: { max: 900 } }, true],
    ['input of another length', { input_tokens: { min: 901 } }, false],
    ['a number of messages', { messages: { min: 3 } }, true],
    ['too many messages', { messages: { max: 2 } }, false],
    ['a system prompt', { system_prompt: [systemPromptHash('You are a lawyer.').slice(0, 12)] }, true],
    ['another system prompt', { system_prompt: [systemPromptHash('You are a cook.').slice(0, 12)] }, false],
    ['a key', { keys: ['key_1', 'key_2'] }, true],
    ['another key', { keys: ['key_2'] }, false],
    ['a tag', { tags: ['team=legal'] }, true],
    ['a tag of any value', { tags: ['team=*'] }, true],
    ['a tag that only begins alike', { tags: ['team=leg'] }, false],
    ['all tags', { tags: { all: ['team=legal', 'env=prod'] } }, true],
    ['a tag that must not be there', { tags: { none: ['env=prod'] } }, false],
    ['the surface', { surfaces: ['responses', 'messages'] }, true],
    ['another surface', { surfaces: ['chat'] }, false],
    ['all conditions at once', { phrases: ['contract'], schema: true, tools: true, surfaces: ['responses'], keys: ['key_1'] }, true],
    ['all but one', { phrases: ['contract'], schema: true, tools: true, surfaces: ['chat'], keys: ['key_1'] }, false],
  ])('%s', (_name, rule, holds) => {
    expect(taskOf(rule, legal)).toBe(holds ? 'mine' : undefined)
  })

  it('are not met by a call without a key, tags or system prompt', () => {
    const bare = input('hello')
    for (const rule of [{ keys: ['key_1'] }, { tags: ['a=*'] }, { system_prompt: ['0123456789ab'] }]) expect(taskOf(rule, bare)).toBeUndefined()
  })

  it('see phrases at the start and at the end of a long text, but no word made of both', () => {
    const long = `opening words ${'x '.repeat(40_000)} closing words`
    expect(taskOf({ phrases: ['opening words'] }, input(long))).toBe('mine')
    expect(taskOf({ phrases: ['closing words'] }, input(long))).toBe('mine')
    expect(taskOf({ phrases: ['middle'] }, input(`${'x '.repeat(5_000)} middle ${'x '.repeat(5_000)}`))).toBeUndefined()
    const cut = `${'y'.repeat(2_043)} left${'z'.repeat(5_000)}right ${'y'.repeat(1_017)}`
    expect(taskOf({ phrases: ['leftright'] }, input(cut))).toBeUndefined()
  })
})

describe('the order of rules', () => {
  const both = input('alpha beta')
  it('is the order written, task by task', () => {
    const rules = { first: [{ phrases: ['nothing'] }, { phrases: ['beta'] }], second: [{ phrases: ['alpha'] }] }
    expect(classifyTask(both, rulesOf(rules)).task).toBe('first')
  })

  it('is by priority before that', () => {
    const rules = { first: [{ phrases: ['beta'] }], second: [{ phrases: ['alpha'], priority: 5 }], third: [{ phrases: ['alpha'], priority: 5 }] }
    expect(classifyTask(both, rulesOf(rules))).toEqual({ task: 'second', source: 'rule', confidence: 1, because: ['rule second/rule 1'] })
  })

  it("puts people's rules before the built-in ones, and those of negative priority behind them", () => {
    const question = input('What is the capital of Burkina Faso?')
    const tasks = { factual_recall: [], mine: [{ name: 'short', input_tokens: { max: 100 } }] }
    expect(classifyTask(question, rulesOf(tasks, {})).task).toBe('mine')
    const last = { factual_recall: [], mine: [{ name: 'short', input_tokens: { max: 100 }, priority: -1 }] }
    expect(classifyTask(question, rulesOf(last, {})).task).toBe('factual_recall')
    expect(classifyTask(input('Sing me something'), rulesOf(last, {}))).toMatchObject({ task: 'mine', because: ['rule mine/short'] })
  })
})

describe('abstaining', () => {
  it('is what happens when nothing matches', () => {
    expect(classifyTask(input('hello'), rulesOf({ mine: [{ phrases: ['goodbye'] }] }))).toEqual({ task: undefined, source: 'rule', confidence: 0, because: [] })
  })

  it('is what a rule does whose confidence is below the threshold, and then the next one may speak', () => {
    const tasks = { weak: [{ phrases: ['hello'], confidence: 0.6 }], strong: [{ phrases: ['hello'], confidence: 0.9 }] }
    expect(classifyTask(input('hello'), rulesOf(tasks, { built_in: false })).task).toBe('weak')
    expect(classifyTask(input('hello'), rulesOf(tasks, { built_in: false, threshold: 0.8 }))).toMatchObject({ task: 'strong', confidence: 0.9 })
    expect(classifyTask(input('hello'), rulesOf(tasks, { built_in: false, threshold: 0.95 })).task).toBeUndefined()
  })

  it('is what the built-in rules do below the threshold, saying what the call looks like', () => {
    const rules = rulesOf({ simple_qa: [], factual_recall: [] }, { threshold: 0.999 })
    const verdict = classifyTask(input('What is the capital of Burkina Faso?'), rules)
    expect(verdict).toMatchObject({ task: undefined, because: ['looks like factual_recall, but not enough'] })
    expect(verdict.confidence).toBeGreaterThan(0.5)
    expect(verdict.confidence).toBeLessThan(0.999)
  })

  it('is what the built-in rules do for a task that the configuration has not', () => {
    expect(classifyTask(input('What is the capital of Burkina Faso?'), rulesOf({ code_generation: [] }, {}))).toMatchObject({ task: undefined, because: ['looks like factual_recall, which is no task of this configuration'] })
  })

  it('is all that the built-in rules do when they are turned off', () => {
    expect(classifyTask(input('What is the capital of Burkina Faso?'), rulesOf({ factual_recall: [] }, { built_in: false }))).toEqual({ task: undefined, source: 'rule', confidence: 0, because: [] })
  })
})

describe('the schema of rules', () => {
  it.each<[string, unknown]>([
    ['no condition', { name: 'all' }],
    ['an unknown condition', { phrase: ['x'] }],
    ['an empty list', { phrases: [] }],
    ['no kind of set', { phrases: {} }],
    ['a phrase of signs only', { phrases: ['!?'] }],
    ['a * inside', { phrases: ['a*b'] }],
    ['a * after too little', { phrases: ['ab*'] }],
    ['a range that nothing is in', { input_tokens: { min: 2, max: 1 } }],
    ['an open range', { messages: {} }],
    ['a short system prompt hash', { system_prompt: ['abc'] }],
    ['a priority that is no number', { schema: true, priority: 'high' }],
    ['a confidence of 0', { schema: true, confidence: 0 }],
    ['an unknown surface', { surfaces: ['embeddings'] }],
    ['a tag with a * elsewhere', { tags: ['te*=x'] }],
  ])('refuses %s', (_name, rule) => {
    expect(taskRuleSchema.safeParse(rule).success).toBe(false)
  })

  it('refuses more rules and phrases than a person writes', () => {
    expect(taskRulesSchema.safeParse(Array.from({ length: 65 }, () => ({ schema: true }))).success).toBe(false)
    expect(taskRuleSchema.safeParse({ phrases: Array.from({ length: 501 }, (_, index) => `p${index}`) }).success).toBe(false)
  })
})

describe('rules that read the system prompt', () => {
  it('say so, so that it need not be hashed otherwise', () => {
    expect(rulesOf({ mine: [{ system_prompt: ['0123456789ab'] }] }).readsSystemPrompt).toBe(true)
    expect(builtInRules().readsSystemPrompt).toBe(false)
  })
})
