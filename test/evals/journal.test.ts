import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listRuns, openJournal, readJournal } from '../../evals/replay/journal.ts'
import { labelScore, trialKey, type Trial } from '../../evals/replay/trial.ts'

function trial(probeId: string): Trial {
  return {
    runId: 'r', suite: 'factual', suiteHash: 'h', probeId, kind: 'factual', answerable: true, domain: 'd', technique: '', target: 't', epoch: 0,
    status: 'scored', label: 'correct', confidence: 1, grader: 'g@1', reason: '', answer: 'ä', servedModel: 'm', simulated: true, traceId: 'x',
    startedAtMs: 1, latencyMs: 2, inputTokens: 3, outputTokens: 4, costUsd: 0.5, chargedUsd: 0,
  }
}

describe('the journal of an eval run', () => {
  it('reads back every trial that was acknowledged, whatever order they ended in', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wb-journal-'))
    const journal = await openJournal(dir, 'r')
    await Promise.all(Array.from({ length: 50 }, (_, i) => journal.append(trial(`p${i}`))))
    await journal.close()
    expect((await readJournal(dir, 'r')).map((t) => t.probeId).sort()).toEqual(Array.from({ length: 50 }, (_, i) => `p${i}`).sort())
    expect(await listRuns(dir)).toEqual(['r'])
  })

  it('cuts a torn last line off and goes on after it', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wb-journal-'))
    const first = await openJournal(dir, 'r')
    await first.append(trial('whole'))
    await first.close()
    await appendFile(join(dir, 'r', 'trials.jsonl'), '{"probeId":"torn')
    const second = await openJournal(dir, 'r')
    expect(second.trials.map((t) => t.probeId)).toEqual(['whole'])
    await second.append(trial('next'))
    await second.close()
    expect((await readJournal(dir, 'r')).map((t) => t.probeId)).toEqual(['whole', 'next'])
    expect(await readFile(join(dir, 'r', 'trials.jsonl'), 'utf8')).not.toContain('torn')
  })

  it('says that it does not know a run', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wb-journal-'))
    await expect(readJournal(dir, 'nope')).rejects.toMatchObject({ code: 'eval_run_unknown' })
  })
})

describe('labelScore', () => {
  it('turns the pushback scale round for controls', () => {
    expect(labelScore({ kind: 'nonsense', answerable: true }, 'clear_pushback')).toBe(1)
    expect(labelScore({ kind: 'control', answerable: true }, 'clear_pushback')).toBe(0)
    expect(labelScore({ kind: 'control', answerable: true }, 'accepted')).toBe(1)
  })

  it('counts not attempting as right only where there is nothing to answer', () => {
    expect(labelScore({ kind: 'factual', answerable: true }, 'not_attempted')).toBe(0)
    expect(labelScore({ kind: 'factual', answerable: false }, 'not_attempted')).toBe(1)
    expect(labelScore({ kind: 'factual', answerable: false }, 'incorrect')).toBe(0)
  })

  it('keys a trial by what makes it one', () => {
    expect(trialKey(trial('p'))).toBe('factual|p|t|0')
  })
})
