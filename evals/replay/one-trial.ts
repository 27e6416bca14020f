// One trial: its answer from the journal, the cache or the target, and its grade. In: a planned trial and the parts of the run.
// Out: a promise of the graded trial as soon as the answer is on disk. An answer that was paid for is never lost to a grader.
import type { Target } from '../../core/config.ts'
import type { ProbeSuite } from '../probes/load.ts'
import type { AnswerCache } from './answer-cache.ts'
import { isLimited, type Question, type Reply } from './ask.ts'
import { worstCost, type Budget } from './budget.ts'
import type { Grader, JudgeDesk } from './grader.ts'
import type { Journal } from './journal.ts'
import type { AnswerRecord, RunRecord } from './journal-events.ts'
import type { Lane } from './lane.ts'
import { cacheKeyOf, messagesFor, type PlannedTrial } from './plan.ts'
import { factsOf, type Asked, type Graded, type Trial } from './trial.ts'

export type TrialParts = {
  readonly runId: string
  readonly seed: number
  readonly maxOutputTokens: number
  readonly taskOf: (suite: ProbeSuite) => string
  readonly record: RunRecord
  readonly budget: Budget
  readonly laneOf: (target: Target) => Lane
  readonly journal: Journal
  readonly grader: Grader
  readonly cache: AnswerCache | undefined
  readonly put: (question: Question) => Promise<Reply>
  readonly newTraceId: () => string
  readonly nowMs: () => number
}

/** Answers a trial; the grade follows by itself. */
export async function answerTrial(parts: TrialParts, one: PlannedTrial, desk: JudgeDesk): Promise<{ readonly graded: Promise<Trial> }> {
  const startedAtMs = parts.nowMs()
  const answer = parts.record.answers.get(one.key) ?? (await fromCache(parts, one)) ?? (await askTarget(parts, one, startedAtMs))
  if ('status' in answer) return { graded: Promise.resolve(answer) }
  return { graded: gradeAnswer(parts, one, answer, startedAtMs, desk) }
}

async function gradeAnswer(parts: TrialParts, one: PlannedTrial, answer: AnswerRecord, startedAtMs: number, desk: JudgeDesk): Promise<Trial> {
  let judgeCharged = parts.record.voteCharges.get(one.key) ?? 0
  const counting: JudgeDesk = {
    ...desk,
    record(judgeSet, vote, chargedUsd) {
      judgeCharged += chargedUsd
      return desk.record(judgeSet, vote, chargedUsd)
    },
  }
  const graded = await parts.grader.grade({ probe: one.probe, target: one.target, answer: { text: answer.answer, finishReason: answer.finishReason }, desk: counting })
  const { key: _key, cacheKey: _cacheKey, chargedUsd, ...asked } = answer
  return {
    ...about(parts, one, startedAtMs),
    ...plain(asked),
    ...graded,
    chargedUsd: chargedUsd + judgeCharged,
    judgeCostUsd: graded.votes.reduce((sum, vote) => sum + (vote.costUsd ?? 0), 0),
  }
}

/** Without the journal's own mark. */
function plain(asked: Asked): Asked {
  const { answer, finishReason, servedModel, traceId, spanId, latencyMs, inputTokens, outputTokens, costUsd, cachedFrom, answeredAtMs } = asked
  return { answer, finishReason, servedModel, traceId, spanId, latencyMs, inputTokens, outputTokens, costUsd, cachedFrom, answeredAtMs }
}

async function fromCache(parts: TrialParts, one: PlannedTrial): Promise<AnswerRecord | undefined> {
  const found = parts.cache?.get(cacheKeyOf(one, parts))
  if (found === undefined) return undefined
  const answer: AnswerRecord = { ...found.answer, key: one.key, chargedUsd: 0, cachedFrom: found.runId }
  await parts.journal.append({ t: 'answer', ...answer })
  return answer
}

/** Asks; the answer is on disk when this resolves. A trial comes back where there is no answer to grade. */
async function askTarget(parts: TrialParts, one: PlannedTrial, startedAtMs: number): Promise<AnswerRecord | Trial> {
  const { target, probe, suite, key } = one
  const messages = messagesFor(suite, probe)
  const text = messages.map((message) => message.content).join('\n')
  const worst = worstCost(target, text, parts.maxOutputTokens)
  if (!(await parts.budget.reserve(worst))) {
    return unanswered(parts, one, startedAtMs, 'budget_skipped', worst === undefined ? 'the target is unpriced, so the budget cannot hold it' : 'the budget is reached')
  }
  const reserved = worst ?? 0
  let charged = 0
  try {
    const lane = parts.laneOf(target)
    const reply = await lane.run(Math.ceil(Buffer.byteLength(text) / 4) + parts.maxOutputTokens / 2, async () => {
      const traceId = parts.newTraceId()
      await parts.journal.note({ t: 'asking', key, traceId, judge: '', worstUsd: reserved, atMs: parts.nowMs() })
      const tags = `eval_run=${parts.runId},probe=${probe.id}`
      const answer = await parts.put({ target: target.name, task: parts.taskOf(suite), purpose: 'eval', messages, maxOutputTokens: parts.maxOutputTokens, seed: parts.seed + one.epoch, tags, traceId })
      if (isLimited(answer)) await parts.journal.note({ t: 'unanswered', traceId, chargedUsd: 0 })
      return answer
    })
    if (reply === undefined) return unanswered(parts, one, startedAtMs, 'provider_error', `not asked: ${lane.facts().givenUp ?? 'the provider was given up'}`)
    // An exchange whose cost is unknown is charged at its worst, failed ones too (a provider bills what timed out), so that the
    // budget fails closed; only a router that was never reached, and a limit, cost nothing.
    charged = target.provider.simulated || !reply.asked || isLimited(reply) || reply.turnedAway === true ? 0 : (reply.costUsd ?? reserved)
    const failure = reply.error ?? (reply.servedTarget !== '' && reply.servedTarget !== target.name ? `served by ${reply.servedTarget} instead of the pinned target` : undefined)
    const asked = askedOf(reply, parts.nowMs())
    if (reply.turnedAway === true) {
      parts.budget.turnedAway()
      await parts.journal.note({ t: 'unanswered', traceId: reply.traceId, chargedUsd: 0 })
      return { ...unanswered(parts, one, startedAtMs, 'budget_skipped', `the router's own budget is reached (${failure ?? ''})`), ...asked }
    }
    if (failure !== undefined) {
      if (!isLimited(reply)) await parts.journal.note({ t: 'unanswered', traceId: reply.traceId, chargedUsd: charged })
      return { ...unanswered(parts, one, startedAtMs, 'provider_error', failure), ...asked, chargedUsd: charged }
    }
    const record: AnswerRecord = { ...asked, key, cacheKey: cacheKeyOf(one, parts), chargedUsd: charged }
    await parts.journal.append({ t: 'answer', ...record })
    return record
  } finally {
    parts.budget.settle(reserved, charged)
  }
}

function askedOf(reply: Reply, nowMs: number): Asked {
  return {
    answer: reply.text,
    finishReason: reply.finishReason,
    servedModel: reply.servedModel,
    traceId: reply.traceId,
    spanId: reply.spanId,
    latencyMs: reply.latencyMs,
    inputTokens: reply.inputTokens,
    outputTokens: reply.outputTokens,
    costUsd: reply.costUsd,
    cachedFrom: undefined,
    answeredAtMs: nowMs,
  }
}

function about(parts: TrialParts, one: PlannedTrial, startedAtMs: number): Omit<Trial, keyof Asked | keyof Graded | 'chargedUsd' | 'judgeCostUsd'> {
  return { runId: parts.runId, ...factsOf(one.suite, one.probe), target: one.target.name, epoch: one.epoch, simulated: one.target.provider.simulated, startedAtMs }
}

function unanswered(parts: TrialParts, one: PlannedTrial, startedAtMs: number, status: 'budget_skipped' | 'provider_error', reason: string): Trial {
  const nothing: Asked = { answer: '', finishReason: undefined, servedModel: '', traceId: '', spanId: '', latencyMs: undefined, inputTokens: undefined, outputTokens: undefined, costUsd: undefined, cachedFrom: undefined, answeredAtMs: startedAtMs }
  return { ...about(parts, one, startedAtMs), ...nothing, ...notGraded(status, reason), chargedUsd: 0, judgeCostUsd: 0 }
}

/** A grade that says why there is none. */
export function notGraded(status: Graded['status'], reason: string): Graded {
  return { status, label: undefined, score: undefined, confidence: undefined, chance: undefined, grader: '', labelSource: undefined, reason, votes: [], promptHash: '', selfFamilyJudge: false }
}
