// Grades by a panel of judges: each is shown question, key and answer, never who answered; their votes are kept and combined. In:
// a judge set. Out: a grader for replay. Probes with a rule of their own are graded by it: no opinion is asked about a fact.
import { seededRandom } from '../../../core/seams.ts'
import type { Probe } from '../../probes/load.ts'
import { worstCost } from '../../replay/budget.ts'
import type { Grader, GradeJob, JudgeReply, JudgeRequest } from '../../replay/grader.ts'
import type { Graded, Vote } from '../../replay/trial.ts'
import { answerStatus } from '../status.ts'
import { gradeByRule, isRuled, type RuleTools } from '../offline-grader.ts'
import { combineVotes } from './combine.ts'
import { isSelfFamily } from './families.ts'
import type { JudgeSet } from './judge-set.ts'
import { judgeFormat, judgeMessages, questionKind, rubricIds } from './questions.ts'
import { readVerdict } from './read-verdict.ts'

/** Bytes that a token of an answer takes at most, on average; for estimates of what judging costs. */
const BYTES_PER_TOKEN = 6

/** The grader of a judge set; `answerTokens` is how long an answer may be. */
export function panelGrader(set: JudgeSet, answerTokens: number, tools: RuleTools): Grader {
  return {
    id: set.id,
    judges: set.judges.map((judge) => judge.name),
    worstUsd(probe) {
      if (isRuled(probe)) return 0
      const text = judgeMessages(probe, ' '.repeat(answerTokens * BYTES_PER_TOKEN)).map((message) => message.content).join('\n')
      let total = 0
      for (const judge of set.judges) {
        const worst = worstCost(judge, text, set.maxOutputTokens)
        if (worst === undefined) return undefined
        total += worst
      }
      return total
    },
    grade: (job) => (isRuled(job.probe) ? gradeByRule(job.probe, job.answer, tools) : gradeByPanel(set, job)),
  }
}

async function gradeByPanel(set: JudgeSet, job: GradeJob): Promise<Graded> {
  const own: Pick<Graded, 'grader' | 'labelSource' | 'promptHash' | 'selfFamilyJudge'> = { grader: set.id, labelSource: 'panel', promptHash: set.promptHash, selfFamilyJudge: isSelfFamily(set.judges, job.target) }
  const { status, reason } = answerStatus(job.answer)
  if (status !== 'scored') return { ...own, status, label: undefined, score: undefined, confidence: undefined, chance: undefined, reason, votes: [] }
  const kept = new Map(job.desk.kept(set.id).map((vote) => [vote.judge, vote]))
  const votes = await Promise.all(set.judges.map(async (judge) => kept.get(judge.name) ?? (await voteOf(set, judge.name, judge.lacks.has('json_schema'), job))))
  const given = votes.filter((vote) => vote !== undefined)
  if (given.length < votes.length) return { ...own, status: 'budget_skipped', label: undefined, score: undefined, confidence: undefined, chance: undefined, reason: 'the budget is reached before every judge was asked', votes: given }
  const combined = combineVotes(job.probe, given, set.judges.length)
  if (combined.status !== 'scored') return { ...own, status: combined.status, label: undefined, score: undefined, confidence: undefined, chance: undefined, reason: combined.reason, votes: given }
  return { ...own, ...combined, chance: undefined, votes: given }
}

/** One judge's vote, on disk; `undefined`: the budget does not hold it. */
async function voteOf(set: JudgeSet, judge: string, lacksSchema: boolean, job: GradeJob): Promise<Vote | undefined> {
  const kind = questionKind(job.probe)
  const request: JudgeRequest = {
    messages: judgeMessages(job.probe, job.answer.text, orderFor(job.probe, judge)),
    maxOutputTokens: set.maxOutputTokens,
    responseFormat: lacksSchema ? undefined : judgeFormat(kind),
  }
  const bound = await job.desk.ask(judge, request)
  // A wire that cannot carry the schema may still follow it.
  const unbound = bound.kind === 'failed' && request.responseFormat !== undefined && CANNOT_BIND.test(bound.reason) ? await job.desk.ask(judge, { ...request, responseFormat: undefined }) : undefined
  const reply = unbound ?? bound
  if (reply.kind === 'no_budget') return undefined
  const vote = asVote(judge, job.probe, reply)
  await job.desk.record(set.id, vote, reply.chargedUsd + (unbound !== undefined && bound.kind === 'failed' ? bound.chargedUsd : 0))
  return vote
}

const CANNOT_BIND = /^(?:cannot_translate|no_admissible_target|provider_bad_request)/

function asVote(judge: string, probe: Probe, reply: Exclude<JudgeReply, { kind: 'no_budget' }>): Vote {
  if (reply.kind === 'failed') return { judge, label: undefined, score: undefined, criteria: undefined, questionValid: undefined, reason: reply.reason, servedModel: '', traceId: reply.traceId, costUsd: undefined }
  return { judge, ...readVerdict(probe, reply.text, reply.finishReason), servedModel: reply.servedModel, traceId: reply.traceId, costUsd: reply.costUsd }
}

/** Another order of the criteria for each judge, the same at every asking. */
function orderFor(probe: Probe, judge: string): number[] {
  const random = seededRandom(`${judge}|${probe.id}`)
  return rubricIds(probe)
    .map((_id, at) => ({ at, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ at }) => at)
}
