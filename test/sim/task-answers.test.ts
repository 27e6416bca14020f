// What simulated models say to code and extraction probes: at their configured rates, and truly what the label claims.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeIn } from '../../evals/grade/task/code-answer.ts'
import { gradeAnswer } from '../../evals/grade/grade-answer.ts'
import { gradeJsonSchema } from '../../evals/grade/task/json-schema.ts'
import { loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import type { TaskProbe } from '../../evals/probes/task-probe.ts'
import { privateSuite } from '../../evals/probes/private/private-suite.ts'
import { codeOf, loadBank } from '../../sim/bank.ts'
import { answerTo, type Answer } from '../../sim/behaviour/answer.ts'
import type { SimProbe } from '../../sim/behaviour/labels.ts'
import { taskText } from '../../sim/behaviour/task-texts.ts'
import { DEMO_MODELS, GPT_5_4, type ModelProfile } from '../../sim/profiles.ts'
import type { RunningSim } from '../../sim/server.ts'
import { ask, start } from './fixture.ts'

const { bank } = await loadBank()
const tasksOf = async (name: string): Promise<TaskProbe[]> => (await loadSuite(suiteFolder(`builtin:${name}`, '.'))).probes.filter((probe): probe is TaskProbe => probe.kind === 'task')
const code = await tasksOf('code')
const extraction = await tasksOf('extraction')
const answer = (probe: SimProbe, profile: ModelProfile, seed: number, bare = false): Answer => answerTo({ kind: 'probe', probe }, profile, bank, { seed, model: profile.name, effort: undefined, question: probe.id, epoch: '' }, 500, bare)

describe('answers to task probes', () => {
  it.each(DEMO_MODELS.map((profile) => [profile.name, profile] as const))('of %s are right at the configured rates', (_name, profile) => {
    const share = (probes: readonly TaskProbe[]): number => {
      const labels = Array.from({ length: 60 }, (_, seed) => probes.map((probe) => answer(probe, profile, seed).label)).flat()
      return labels.filter((label) => label === 'pass').length / labels.length
    }
    // 60 × 64 draws: three standard deviations are below .025 at every rate.
    expect(Math.abs(share(code) - profile.codeAccuracy.value)).toBeLessThan(0.025)
    expect(Math.abs(share(extraction) - profile.extractionAccuracy.value)).toBeLessThan(0.025)
  })

  it('are, in extraction, graded exactly as their true label says, in prose as well as bare', () => {
    const wrong: string[] = []
    const labels = new Set<string | undefined>()
    for (const probe of extraction)
      for (const bare of [false, true])
        for (const label of ['pass', 'partial', 'fail']) {
          for (let seed = 0; seed < 4; seed += 1) {
            const text = taskText(probe.grader, undefined, label, `${probe.id}/${seed}`, bare) ?? ''
            const grade = probe.grader.type === 'json_schema' ? gradeJsonSchema(probe.grader, text) : undefined
            labels.add(grade?.label)
            if (grade?.label !== label) wrong.push(`${probe.id} ${label}: ${grade?.label}, ${grade?.reason}`)
          }
        }
    expect(wrong).toEqual([])
    expect(labels).toEqual(new Set(['pass', 'partial', 'fail']))
  })

  it('are, in code, one of the solutions their label says, whatever stands around it', () => {
    for (const probe of code) {
      const solutions = codeOf(bank, probe.id)
      if (probe.grader.type !== 'command' || solutions === undefined) throw new Error(probe.id)
      for (const [label, among] of [['pass', solutions.right], ['fail', solutions.wrong]] as const)
        for (let seed = 0; seed < 4; seed += 1) {
          const said = codeIn(taskText(probe.grader, solutions, label, `${probe.id}/${seed}`, false) ?? '', probe.grader.answer_file ?? '')
          expect(among.map((one) => one.trimEnd()), `${probe.id} ${label}`).toContain(said.trimEnd())
        }
    }
  })

  it('can be had for a user’s own exact, number and contains probes, and not for what no rule can make', () => {
    const of = (grader: object, label: string): string | undefined => taskText(grader as TaskProbe['grader'], undefined, label, 's', false) // the cases below are such
    expect(of({ type: 'exact', answer: 'Lund' }, 'pass')).toBe('Lund')
    expect(of({ type: 'exact', answer: 'Lund' }, 'fail')).not.toContain('Lund')
    expect(of({ type: 'number', answer: 8, unit: 'kg' }, 'pass')).toBe('8 kg')
    expect(of({ type: 'number', answer: 8 }, 'fail')).toBe('11')
    expect(of({ type: 'contains', all: ['a1', 'b2'], any: ['c3'] }, 'pass')).toMatch(/a1.*b2.*c3/)
    for (const type of ['regex', 'rubric', 'command']) expect(of({ type }, 'pass')).toBeUndefined()
  })
})

describe('answers to nonsense the bank has never seen', () => {
  it('are made from the probe’s own explanation, and to its look-alikes from nothing', () => {
    const { probes } = privateSuite('nonsense', 'a seed for the simulation', 28)
    for (const probe of probes) {
      const said = Array.from({ length: 12 }, (_, seed) => answer(probe, GPT_5_4, seed))
      expect(said.every(({ label, questionId }) => label !== undefined && questionId === probe.id), probe.id).toBe(true)
      if (probe.kind !== 'nonsense') continue
      const reason = probe.explanation.slice(1, 30)
      for (const { text, label } of said) expect(text.includes(reason), `${probe.id} ${label}`).toBe(label !== 'accepted')
    }
  })
})

describe('over HTTP', () => {
  let sim: RunningSim
  beforeAll(async () => {
    sim = await start({ probes: [...code, ...extraction], bank, unscripted: 'refuse' })
  })
  afterAll(() => sim.close())

  it('a wanted schema gets the extraction, bare, and the truth that is noted is what the grader finds', async () => {
    const seen: string[] = []
    for (const probe of extraction.slice(0, 20)) {
      if (probe.grader.type !== 'json_schema') throw new Error(probe.id)
      const response = await ask(sim, { question: probe.question, extra: { seed: 5, response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema: probe.grader.schema } } } })
      const body = (await response.body.json()) as { choices: { message: { content: string } }[] }
      const text = body.choices[0]?.message.content ?? ''
      const truth = sim.control.truth().findLast((entry) => entry.probeId === probe.id)
      expect(gradeAnswer(probe, { text }).label, probe.id).toBe(truth?.label)
      seen.push(truth?.label ?? '')
    }
    expect(new Set(seen).size).toBeGreaterThan(1)
  })

  it('a code probe gets a module in a block, with its true label', async () => {
    const [probe] = code
    if (probe === undefined) throw new Error('no probe')
    const response = await ask(sim, { question: probe.question, extra: { seed: 5 } })
    const body = (await response.body.json()) as { choices: { message: { content: string } }[] }
    expect(body.choices[0]?.message.content).toMatch(/```js\n[\s\S]*export function slugify/)
    expect(sim.control.truth().at(-1)).toMatchObject({ probeId: probe.id, label: expect.stringMatching(/^(pass|fail)$/) })
  })
})
