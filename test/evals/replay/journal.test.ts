import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listRuns, openJournal, readJournal, readRun } from '../../../evals/replay/journal.ts'
import { fold, voteKey, type AnswerRecord } from '../../../evals/replay/journal-events.ts'
import { isAnswered, labelScore, trialKey, trialScore, type Vote } from '../../../evals/replay/trial.ts'
import { trial } from '../support-trial.ts'

const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'wb-journal-'))
const answer = (key: string, over: Partial<AnswerRecord> = {}): AnswerRecord => {
  const { answer: text, finishReason, servedModel, spanId, latencyMs, inputTokens, outputTokens, costUsd, cachedFrom, answeredAtMs } = trial({ probeId: key })
  return { key, cacheKey: `c-${key}`, chargedUsd: 0.25, answer: text, finishReason, servedModel, traceId: `t-${key}`, spanId, latencyMs, inputTokens, outputTokens, costUsd, cachedFrom, answeredAtMs, ...over }
}
const vote = (judge: string, label: string | undefined): Vote => ({ judge, label, score: undefined, criteria: undefined, questionValid: undefined, reason: '', servedModel: '', traceId: `v-${judge}`, costUsd: 0.1 })

describe('the journal of an eval run', () => {
  it('reads back every trial that was acknowledged, whatever order they ended in', async () => {
    const dir = await folder()
    const journal = await openJournal(dir, 'r')
    await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append({ t: 'trial', ...trial({ probeId: `p${i}` }) })))
    await journal.close()
    expect((await readJournal(dir, 'r')).map((t) => t.probeId).sort()).toEqual(Array.from({ length: 50 }, (_, i) => `p${i}`).sort())
    expect(await listRuns(dir)).toEqual(['r'])
  })

  it('cuts a torn last line off and goes on after it', async () => {
    const dir = await folder()
    const first = await openJournal(dir, 'r')
    await first.append({ t: 'trial', ...trial({ probeId: 'whole' }) })
    await first.close()
    await appendFile(join(dir, 'r', 'trials.jsonl'), '{"probeId":"torn')
    const second = await openJournal(dir, 'r')
    expect(second.record.trials.map((t) => t.probeId)).toEqual(['whole'])
    await second.append({ t: 'trial', ...trial({ probeId: 'next' }) })
    await second.close()
    expect((await readJournal(dir, 'r')).map((t) => t.probeId)).toEqual(['whole', 'next'])
    expect(await readFile(join(dir, 'r', 'trials.jsonl'), 'utf8')).not.toContain('torn')
  })

  it('has written what nobody waited for by the time it is closed', async () => {
    const dir = await folder()
    const journal = await openJournal(dir, 'r')
    for (let i = 0; i < 20; i += 1) await journal.note({ t: 'asking', key: `k${i}`, traceId: `t${i}`, judge: '', worstUsd: 1, atMs: 1 })
    await journal.close()
    expect((await readRun(dir, 'r')).open).toHaveLength(20)
  })

  it('says that it does not know a run', async () => {
    await expect(readJournal(await folder(), 'nope')).rejects.toMatchObject({ code: 'eval_run_unknown' })
  })
})

describe('what the events of a run add up to', () => {
  const asking = (key: string, traceId: string) => ({ t: 'asking', key, traceId, judge: '', worstUsd: 1, atMs: 1 }) as const

  it('knows a call as under way until its answer, its failure or its loss is written', () => {
    const record = fold([
      asking('a', 't-a'),
      { t: 'answer', ...answer('a') },
      asking('b', 't-b'),
      { t: 'unanswered', traceId: 't-b', chargedUsd: 0.5 },
      asking('c', 't-c'),
      { t: 'lost', key: 'c', traceId: 't-c', judge: '', chargedUsd: 0.125, known: true },
      asking('d', 't-d'),
    ])
    expect(record.open.map((call) => call.key)).toEqual(['d'])
    expect(record.lost).toMatchObject([{ key: 'c', known: true }])
    expect(record.chargedUsd).toBe(0.25 + 0.5 + 0.125)
    expect([...record.answers.keys()]).toEqual(['a'])
  })

  it('keeps the votes of two judge sets on one trial apart', () => {
    const record = fold([
      { t: 'vote', key: 'a', judgeSet: 'one', chargedUsd: 0.1, ...vote('x', 'partial') },
      { t: 'vote', key: 'a', judgeSet: 'two', chargedUsd: 0.1, ...vote('x', 'accepted') },
    ])
    expect(record.votes.get(voteKey('a', 'one'))).toMatchObject([{ label: 'partial' }])
    expect(record.votes.get(voteKey('a', 'two'))).toMatchObject([{ label: 'accepted' }])
    expect(record.chargedUsd).toBeCloseTo(0.2)
  })

  it('takes the first head for the run, and remembers what is stored', () => {
    const head = { runId: 'r', startedAtMs: 1, suites: [], targets: [], epochs: 1, limit: undefined, domains: [], seed: 1, maxOutputTokens: 9, grader: 'offline', judges: [] }
    const record = fold([{ t: 'run', ...head }, { t: 'run', ...head, seed: 2 }, { t: 'sent', results: ['a|g'] }, { t: 'sent', results: ['b|g'] }])
    expect(record.head?.seed).toBe(1)
    expect([...record.sent]).toEqual(['a|g', 'b|g'])
  })
})

describe('labels and scores', () => {
  it('turn the pushback scale round for controls', () => {
    expect(labelScore({ kind: 'nonsense', answerable: true }, 'clear_pushback')).toBe(1)
    expect(labelScore({ kind: 'control', answerable: true }, 'clear_pushback')).toBe(0)
    expect(labelScore({ kind: 'control', answerable: true }, 'accepted')).toBe(1)
  })

  it('count not attempting as right only where there is nothing to answer', () => {
    expect(labelScore({ kind: 'factual', answerable: true }, 'not_attempted')).toBe(0)
    expect(labelScore({ kind: 'factual', answerable: false }, 'not_attempted')).toBe(1)
    expect(labelScore({ kind: 'factual', answerable: false }, 'incorrect')).toBe(0)
  })

  it('take a score of its own before the label’s', () => {
    expect(trialScore({ kind: 'task', answerable: true, label: 'partial', score: 0.75 })).toBe(0.75)
    expect(trialScore({ kind: 'task', answerable: true, label: 'pass', score: undefined })).toBe(1)
    expect(trialScore({ kind: 'task', answerable: true, label: undefined, score: undefined })).toBeUndefined()
  })

  it('key a trial by what makes it one', () => {
    expect(trialKey(trial({ probeId: 'p' }))).toBe('factual|p|t|0')
  })

  it('leave a trial to be done again when it was skipped, failed or could not be judged', () => {
    expect((['scored', 'refused', 'empty', 'truncated'] as const).every((status) => isAnswered({ status }))).toBe(true)
    expect((['budget_skipped', 'provider_error', 'judge_error'] as const).some((status) => isAnswered({ status }))).toBe(false)
  })
})
