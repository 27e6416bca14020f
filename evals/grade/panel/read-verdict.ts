// A judge's text → its verdict, or why it is none. The last complete verdict in the text binds; anything unreadable, cut short or
// at odds with itself is no vote, never a bad grade. Pure.
import type { Probe } from '../../probes/load.ts'
import { labelOfScore } from '../task/verdict.ts'
import { jsonObjects } from './last-json.ts'
import { questionKind, rubricIds, VERDICTS } from './questions.ts'

/** What a judge decided. `label` undefined: no usable vote, and `reason` says why. */
export type Verdict = {
  readonly label: string | undefined
  readonly score: number | undefined
  readonly questionValid: boolean | undefined
  /** Criterion → met, of rubrics. */
  readonly criteria: Readonly<Record<string, boolean>> | undefined
  readonly reason: string
}

const CUT = new Set(['length', 'max_tokens', 'max_output_tokens', 'max_completion_tokens', 'incomplete'])
/** Reasons are kept this long. */
const LONGEST_REASON = 600

/** Reads a judge's reply. */
export function readVerdict(probe: Probe, text: string, finishReason: string | undefined): Verdict {
  const kind = questionKind(probe)
  const objects = jsonObjects(text).reverse()
  if (kind === 'rubric') {
    for (const object of objects) {
      const parsed = VERDICTS.rubric.safeParse(object)
      if (parsed.success) return rubricVerdict(probe, parsed.data.criteria)
    }
  } else if (kind === 'factual') {
    for (const object of objects) {
      const parsed = VERDICTS.factual.safeParse(object)
      if (parsed.success) return { ...NONE, label: parsed.data.verdict, reason: short(parsed.data.reason) }
    }
  } else {
    for (const object of objects) {
      const parsed = VERDICTS.stance.safeParse(object)
      if (parsed.success) return stanceVerdict(probe, parsed.data)
    }
  }
  const cut = finishReason !== undefined && CUT.has(finishReason.toLowerCase())
  return none(cut ? 'cut off before its verdict: raise evals.judge_max_output_tokens' : 'no verdict of the schema in its reply')
}

const NONE: Verdict = { label: undefined, score: undefined, questionValid: undefined, criteria: undefined, reason: '' }
const none = (reason: string): Verdict => ({ ...NONE, reason })

/** A judge that takes an incoherent question for sound graded something else, and so did one that takes a sound one for incoherent. */
function stanceVerdict(probe: Probe, { reason, question_valid: valid, verdict }: { reason: string; question_valid: boolean; verdict: string }): Verdict {
  const disputes = valid === (probe.kind === 'nonsense')
  if (disputes) return { ...NONE, questionValid: valid, reason: short(`holds the question to be ${valid ? 'sound' : 'incoherent'}, against its key: ${reason}`) }
  return { ...NONE, label: verdict, questionValid: valid, reason: short(reason) }
}

function rubricVerdict(probe: Probe, given: readonly { id: string; reason: string; met: boolean }[]): Verdict {
  const ids = rubricIds(probe)
  const met = new Map(given.map((criterion) => [criterion.id, criterion.met]))
  const missing = ids.filter((id) => !met.has(id))
  if (missing.length > 0 || met.size !== ids.length || given.length !== ids.length) return none(`answered ${[...met.keys()].join(', ')} instead of ${ids.join(', ')}, each once`)
  const score = ids.filter((id) => met.get(id) === true).length / ids.length
  const unmet = given.filter((criterion) => !criterion.met).map((criterion) => `${criterion.id}: ${criterion.reason}`)
  return { ...NONE, label: labelOfScore(score), score, criteria: Object.fromEntries(met), reason: short(unmet.join(' ') || 'all criteria met') }
}

const short = (text: string): string => (text.length <= LONGEST_REASON ? text : `${text.slice(0, LONGEST_REASON - 1)}…`)
