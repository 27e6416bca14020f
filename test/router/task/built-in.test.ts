// The built-in rules against the labelled files. The floors are a little below what was measured (labelled/README.md): a change
// that makes the rules worse on calls of some source fails here.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_LABELS } from '../../../router/decide/task/built-in/cue.ts'
import { classifyTask } from '../../../router/decide/task/classify-task.ts'
import { confusion, type ConfusionReport } from '../../../router/decide/task/confusion.ts'
import { judgeLabelled } from '../../../router/decide/task/judge-labelled.ts'
import { readLabelled } from '../../../router/decide/task/labelled-rows.ts'
import { builtInRules, input } from './inputs.ts'

const FOLDER = fileURLToPath(new URL('../../../router/decide/task/labelled/', import.meta.url))
/** Sources by which cues and thresholds were set. */
const DEVELOPMENT = ['agent-framework', 'chat-app', 'ide', 'languages-a', 'rag', 'study-app']
/** Sources that were only measured. */
const HELD_OUT = ['batch-pipeline', 'forum', 'languages-b', 'support-desk', 'team-bot']
const rules = builtInRules()

function report(sources: readonly string[]): ConfusionReport {
  return confusion(sources.flatMap((source) => judgeLabelled(readLabelled(readFileSync(`${FOLDER}${source}.jsonl`, 'utf8')).rows, rules)))
}

describe('the labelled files', () => {
  it('are whole, of known tasks, each of one source, and none is in both halves or twice', () => {
    const names = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length))
    expect(names.sort()).toEqual([...DEVELOPMENT, ...HELD_OUT].sort())
    const texts: string[] = []
    for (const name of names) {
      const { rows, faults } = readLabelled(readFileSync(`${FOLDER}${name}.jsonl`, 'utf8'))
      expect(faults).toEqual([])
      expect(rows.length).toBeGreaterThanOrEqual(35)
      expect(rows.every((row) => row.source === name && BUILT_IN_LABELS.some((label) => label === row.task))).toBe(true)
      texts.push(...rows.map((row) => `${row.input.text} ${row.input.inputTokens} ${row.input.tools}`))
    }
    expect(new Set(texts).size).toBe(texts.length)
  })
})

describe('the built-in rules', () => {
  it.each([
    ['development', DEVELOPMENT, 0.97, 0.93],
    ['held-out', HELD_OUT, 0.97, 0.93],
  ] as const)('are right on %s sources when they decide, and leave few calls general', (_half, sources, precision, accuracy) => {
    const { precision: decided, accuracy: routed, sources: each } = report(sources)
    expect(decided.value).toBeGreaterThan(precision)
    expect(routed.value).toBeGreaterThan(accuracy)
    for (const source of each) expect([source.source, (source.precision.value ?? 0) >= 0.94]).toEqual([source.source, true])
  })

  it('are right about every task on held-out sources, and know most of its calls', () => {
    for (const figures of report(HELD_OUT).tasks.filter((one) => one.task !== 'general')) {
      expect([figures.task, (figures.precision.value ?? 0) >= 0.95, (figures.recall.value ?? 0) >= 0.8]).toEqual([figures.task, true, true])
    }
  })

  it.each<[string, string, Partial<Parameters<typeof input>[1]>, string | undefined]>([
    ['a script for a film is no code', 'Write the script of a short film about two painters', {}, undefined],
    ['the capitals of a surname are no identifier', 'Who is the novelist Ian McEwan?', {}, 'factual_recall'],
    ['tools make no action of small talk', 'thanks, that was all', { tools: 6, messages: 2, inputTokens: 2_000 }, undefined],
    ['a tool loop is an agent at work, whatever is said', 'ok', { tools: 6, messages: 14, inputTokens: 20_000 }, 'agent_tasks'],
    ['without tools nothing is acted on', 'Book me a flight to Oslo and cancel the hotel', {}, undefined],
    ['long material with a question on it is long context', 'According to the report below, who is liable?\n\nREPORT …', { inputTokens: 24_000 }, 'long_context'],
    ['the same words without material are not', 'According to the report below, who is liable?', { inputTokens: 40 }, 'factual_recall'],
    ['code counts as such in long input', 'Fix the TypeError in these files:\n```ts\nconst a = b.c(d);\n```', { inputTokens: 24_000 }, 'code_generation'],
    ['advice on what is ours is no simple question', 'How should our team split the on-call week when two of us work part time?', {}, undefined],
  ])('%s', (_name, text, over, task) => {
    expect(classifyTask(input(text, over), rules).task).toBe(task)
  })

  it('answer with a probability and with reasons that hold no word of the text', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 300 }), fc.nat(20), fc.nat(60), fc.nat(200_000), fc.boolean(), (units, tools, messages, inputTokens, schema) => {
        const verdict = classifyTask(input(`zxqv ${String.fromCharCode(...units)}`, { tools, messages, inputTokens, schema }), rules)
        expect(verdict.confidence).toBeGreaterThan(0)
        expect(verdict.confidence).toBeLessThanOrEqual(1)
        expect(verdict.because.length).toBeLessThanOrEqual(8)
        expect(verdict.because.join(' ')).not.toContain('zxqv')
      }),
    )
  })

  it.each([
    ['one letter', 'a'],
    ['one combining mark', '\u0301'],
    ['a ligature of eighteen letters', '\ufdfa'],
    ['an opening of many phrases', 'in what in which in what '],
    ['signs of code', '{};()=>'],
    ['quotes', '"'],
    ['line breaks', '\n'],
    ['broken pairs', '\ud83d'],
  ])('come to an end on ten million units of %s', (_name, piece) => {
    const text = piece.repeat(Math.floor(10_000_000 / piece.length))
    expect(classifyTask(input(text, { inputTokens: 2_500_000 }), rules).source).toBe('rule')
  })
})
