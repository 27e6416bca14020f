// The answers of a run to one probe, over HTTP: words and grades by target, and nothing from outside the run's folder.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { probeAnswers } from '../../evals/http/probe-answers.ts'
import { openSuite } from '../../evals/probes/open-suite.ts'
import { openJournal } from '../../evals/replay/journal.ts'
import { trial } from './support-trial.ts'

describe('the answers to one probe', () => {
  let evalsDir: string
  let probeId: string
  let question: string
  beforeAll(async () => {
    evalsDir = await mkdtemp(join(tmpdir(), 'wb-answers-'))
    const { probes } = await openSuite('builtin:factual', { configDir: '.', privateSeed: undefined, privateProbes: 0 })
    probeId = probes[0]?.id ?? ''
    question = probes[0]?.question ?? ''
    const journal = await openJournal(evalsDir, 'run-1')
    for (const target of ['u', 't']) await journal.append({ t: 'trial', ...trial({ runId: 'run-1', probeId, target, answer: `answer of ${target}`, reason: 'why' }) })
    await journal.close()
  })
  afterAll(() => rm(evalsDir, { recursive: true, force: true }))
  const suites = async () => [await openSuite('builtin:factual', { configDir: '.', privateSeed: undefined, privateProbes: 0 })]
  const ask = (query: Record<string, string>, of = suites) => probeAnswers({ evalsDir, suites: of }, new URLSearchParams(query))

  it('are told by target, with the question and what is known of the right answer', async () => {
    expect(await ask({ run: 'run-1', suite: 'factual', probe: probeId })).toMatchObject({ question, about: expect.stringMatching(/^The answer: |^There is no answer/), answers: [{ target: 't', answer: 'answer of t', label: 'correct', reason: 'why' }, { target: 'u', answer: 'answer of u' }] })
  })

  it('stand also where the suite is gone', async () => {
    expect(await ask({ run: 'run-1', suite: 'factual', probe: probeId }, () => Promise.reject(new Error('gone')))).toMatchObject({ question: null, about: null, answers: [{}, {}] })
  })

  it.each([
    [{ run: 'run-1', suite: 'factual' }, 'bad_request'],
    [{ run: '../run-1', suite: 'factual', probe: 'x' }, 'bad_request'],
    [{ run: 'run-9', suite: 'factual', probe: 'x' }, 'eval_run_unknown'],
    [{ run: 'run-1', suite: 'factual', probe: 'nobody' }, 'eval_run_unknown'],
  ])('are refused for %j with %s', async (query, code) => {
    await expect(ask(query)).rejects.toMatchObject({ code })
  })
})
