// The desk at which a grader puts questions to judges: the same lanes, budget and journal as the answers themselves, so that a
// judge's call is paced, paid and remembered like any other.
import type { Target } from '../../core/config.ts'
import { isLimited, type Question, type Reply } from './ask.ts'
import type { Budget } from './budget.ts'
import { worstCost } from './budget.ts'
import type { JudgeDesk, JudgeReply, JudgeRequest } from './grader.ts'
import type { Journal } from './journal.ts'
import { voteKey, type RunRecord } from './journal-events.ts'
import type { Lane } from './lane.ts'
import type { Vote } from './trial.ts'

export type DeskParts = {
  readonly judges: ReadonlyMap<string, Target>
  readonly laneOf: (target: Target) => Lane
  readonly budget: Budget
  readonly journal: Journal
  /** What an earlier part of the run left. */
  readonly record: RunRecord
  readonly put: (question: Question) => Promise<Reply>
  readonly newTraceId: () => string
  readonly nowMs: () => number
  readonly seed: number
  readonly runId: string
}

/** The desk of one trial. */
export function judgeDesk(parts: DeskParts, key: string, task: string): JudgeDesk {
  return {
    kept: (judgeSet) => (parts.record.votes.get(voteKey(key, judgeSet)) ?? []).filter((vote) => vote.label !== undefined),
    ask: (judge, request) => askJudge(parts, key, task, judge, request),
    record: (judgeSet: string, vote: Vote, chargedUsd: number) => parts.journal.append({ t: 'vote', key, judgeSet, chargedUsd, ...vote }),
  }
}

async function askJudge(parts: DeskParts, key: string, task: string, judge: string, request: JudgeRequest): Promise<JudgeReply> {
  const target = parts.judges.get(judge)
  if (target === undefined) return { kind: 'failed', reason: `no target ${judge}`, chargedUsd: 0, traceId: '' }
  const text = request.messages.map((message) => message.content).join('\n')
  const worst = worstCost(target, text, request.maxOutputTokens)
  if (!(await parts.budget.reserve(worst))) return { kind: 'no_budget' }
  const reserved = worst ?? 0
  let charged = 0
  try {
    const lane = parts.laneOf(target)
    const reply = await lane.run(Math.ceil(Buffer.byteLength(text) / 4) + request.maxOutputTokens / 2, async () => {
      const traceId = parts.newTraceId()
      await parts.journal.note({ t: 'asking', key, traceId, judge, worstUsd: reserved, atMs: parts.nowMs() })
      const answer = await parts.put({
        target: judge,
        task,
        purpose: 'judge',
        messages: request.messages,
        maxOutputTokens: request.maxOutputTokens,
        seed: parts.seed,
        tags: `eval_run=${parts.runId},judged=${key}`,
        traceId,
        responseFormat: request.responseFormat,
      })
      if (isLimited(answer)) await parts.journal.note({ t: 'unanswered', traceId, chargedUsd: 0 })
      return answer
    })
    if (reply === undefined) return { kind: 'failed', reason: lane.facts().givenUp ?? 'given up', chargedUsd: 0, traceId: '' }
    if (reply.turnedAway === true) {
      parts.budget.turnedAway()
      await parts.journal.note({ t: 'unanswered', traceId: reply.traceId, chargedUsd: 0 })
      return { kind: 'no_budget' }
    }
    charged = target.provider.simulated || !reply.asked || isLimited(reply) ? 0 : (reply.costUsd ?? reserved)
    const failure = reply.error ?? (reply.servedTarget !== '' && reply.servedTarget !== judge ? `served by ${reply.servedTarget} instead of the judge` : undefined)
    if (failure !== undefined) {
      // The call is over; what it cost is charged with the vote that comes of it.
      await parts.journal.note({ t: 'unanswered', traceId: reply.traceId, chargedUsd: 0 })
      return { kind: 'failed', reason: failure, chargedUsd: charged, traceId: reply.traceId }
    }
    return { kind: 'said', text: reply.text, finishReason: reply.finishReason, servedModel: reply.servedModel, traceId: reply.traceId, costUsd: reply.costUsd, chargedUsd: charged }
  } finally {
    parts.budget.settle(reserved, charged)
  }
}
