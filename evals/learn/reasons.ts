// Why a recommendation says what it says, line by line: guardrails, targets, the value of an answer, who was held back and why,
// the probes that contradict it, the graders, and what `auto` would do. Words only; the numbers are decided in plan.ts.
import type { Contradictions } from './contradictions.ts'
import type { TaskEvidence } from './evidence.ts'
import { isOfflineGrader } from './graders.ts'
import type { Breach } from './guardrails.ts'
import { isAlone, type Effect, type Plan } from './plan.ts'
import type { TargetAdvice, Verdict } from './recommendation.ts'
import { amount, counts, moveHeadline, percentFine, priceNoticeText, targetLine, valueLine } from './render.ts'
import type { LearningRules } from './rules.ts'
import type { Rule, Weighed } from './weigh.ts'
import { totalVariation, type Shares } from './weights.ts'

type Decision = { readonly before: Shares; readonly after: Shares; readonly moved: number; readonly verdict: Verdict; readonly rule: Rule; readonly effect: Effect | undefined; readonly parent: number }

export function headlineOf(evidence: TaskEvidence, plan: Plan, out: readonly Breach[], decision: Findings): string {
  const seen = counts(evidence)
  switch (decision.verdict) {
    case 'move': {
      const change = (target: string): number => (decision.after.get(target) ?? 0) - (decision.before.get(target) ?? 0)
      const names = [...decision.after.keys()].sort()
      const by = (sign: 1 | -1): string[] => names.filter((target) => sign * change(target) >= 0.01 || (sign * change(target) > 0 && decision.moved < 0.02)).sort((a, b) => sign * (change(b) - change(a)))
      const { effect } = decision
      const headline = moveHeadline({
        task: evidence.task.name,
        share: decision.moved,
        from: by(-1),
        to: by(1),
        saved: effect?.saved ?? null,
        quality: effect?.quality ?? null,
        pGain: effect?.pGain ?? null,
        trials: evidence.trials,
        days: evidence.days,
        calls: evidence.calls,
        parent: decision.parent,
      })
      const { back } = decision.weighed
      if (back !== undefined) return `Roll ${evidence.task.name} back to ${back.version === 0 ? 'its configured weights' : `version ${back.version}`}: ${back.why}. ${headline}`
      return out.length === 0 ? headline : `${out.map((breach) => breach.target).join(' and ')} out of the draw. ${headline}`
    }
    case 'hold':
      if (decision.rule === 'data') return `Hold: ${decision.weighed.faults.join('; ')}. Weights stay as they are; ${seen}.`
      if (!evidence.informed) return `Hold: no eval evidence. No suite informs this task, so it keeps its weights; ${seen}.`
      if (plan.against.length > 0) return `Hold: ${plan.against.join('; ')}; ${seen}.`
      if (isAlone(plan)) return `Hold: a single target is left to draw; ${seen}.`
      return `Hold: the weights are where the evidence puts them; ${seen}.`
    case 'insufficient_evidence':
      return evidence.trials === 0
        ? `Not enough evidence: no graded answers yet; run its suites with \`weighbridge eval run\`.`
        : `Not enough evidence: ${plan.movable.length} of ${evidence.candidates.length} targets can be weighed, and it takes two of which one has traffic; ${seen}.`
  }
}

/** What the reasons state besides the evidence and the plan. */
export type Findings = Decision & {
  readonly guard: { readonly out: readonly Breach[]; readonly allBreach: boolean }
  /** In the order to show them. */
  readonly targets: readonly TargetAdvice[]
  readonly flip: { readonly at: number; readonly target: string } | undefined
  readonly weighed: Weighed
  /** Probes against the move; `undefined`: no move, or nothing that both answered. */
  readonly contradicting: Contradictions | undefined
  readonly autoAgainst: readonly string[]
}

export function reasonsOf(evidence: TaskEvidence, plan: Plan, findings: Findings, rules: LearningRules): string[] {
  const { task } = evidence
  const { after, moved, guard, flip } = findings
  const isMove = findings.verdict === 'move'
  return [
    ...guard.out.map((breach) => `${breach.target} leaves the draw: ${breach.reason}. ${task.strict ? 'The task is strict, so it leaves the chain as well' : 'It stays in the chain'}.`),
    ...(guard.allBreach ? ['Every target breaches a floor or ceiling, so none was taken out: change the limit or the targets.'] : []),
    ...findings.weighed.prices.map(priceNoticeText),
    ...alarmLines(findings.weighed),
    ...pacingLines(findings.weighed),
    ...findings.targets.map(targetLine),
    ...(plan.choice === undefined ? [] : [valueLine(task.name, task.valuePerAnswerUsd, task.valueIsAssumed, flip)]),
    ...(evidence.informed ? plan.held : []).map(({ target, why }) => `${target} keeps its ${percentFine(after.get(target) ?? 0)}: ${why}.`),
    ...contraryLines(findings.contradicting),
    ...(isMove && plan.against.length > 0 ? [`Nothing moves beyond that: ${plan.against.join('; ')}.`] : []),
    ...graderLines(evidence),
    ...(isMove ? [findings.weighed.back === undefined ? autoLine(findings.autoAgainst, moved, totalVariation(plan.base, after), rules) : backLine(findings.autoAgainst)] : []),
  ]
}

function graderLines(evidence: TaskEvidence): string[] {
  const lines = evidence.bases.map((basis) => {
    const calibrated = evidence.candidates.filter((candidate) => candidate.samples.some((sample) => sample.basis.id === basis.id && sample.calibrated)).length
    const label = calibrated > 0 ? `, calibrated on ${calibrated} of ${evidence.candidates.length} targets` : isOfflineGrader(basis.grader) ? ', not calibrated on these targets: label some answers before trusting a close call' : ''
    return `${basis.id} (informs ${basis.informs}) graded by ${basis.grader}${label}.`
  })
  return evidence.unscored === 0 ? lines : [...lines, `${evidence.unscored} trials are unscored and count as neither right nor wrong.`]
}

function autoLine(against: readonly string[], moved: number, stepped: number, rules: LearningRules): string {
  // What a guardrail takes out is outside the step limit.
  const step = stepped > rules.gates.maxAutoStep ? `${percentFine(moved - stepped + rules.gates.maxAutoStep)} of this ${percentFine(moved)} at once` : 'all of it'
  return against.length === 0 ? `auto publishes ${step}.` : `auto would move ${step}, but waits: ${against.join('; ')}.`
}

/** A way back has no step limit, and is taken whole. */
function backLine(against: readonly string[]): string {
  return against.length === 0 ? 'auto goes back at once, all of the way.' : `auto would go back at once, but waits: ${against.join('; ')}.`
}

function contraryLines(found: Contradictions | undefined): string[] {
  if (found === undefined) return []
  const { riser, faller, compared, against, examples } = found
  const named = examples.map(({ probe }) => probe).join(', ')
  const spoken = against === 0 ? 'none speaks against it' : `${against} ${against === 1 ? 'speaks' : 'speak'} against it${against > examples.length ? ', e.g.' : ':'} ${named}`
  return [`Of ${compared} probes that both ${riser} and ${faller} answered, ${spoken}.`]
}

function alarmLines({ alarmed }: Weighed): string[] {
  return alarmed.map((target) => `${target} has a drift alarm: its evidence from before counts for a fifth, and it loses its share at once. Did the provider change the model?`)
}

function pacingLines({ pacing }: Weighed): string[] {
  if (pacing === undefined) return []
  const { ceilingUsd, allowedUsd, expectedUsd, factor, exceeds } = pacing
  const ceiling = `The spend ceiling is $${amount(ceilingUsd)} a day; after the last days $${amount(allowedUsd)} a day are left`
  if (exceeds) return [`${ceiling}, and even the cheapest weights are expected to spend $${amount(expectedUsd)}: raise the ceiling, or add a cheaper target.`]
  return [factor === 1 ? `${ceiling}, $${amount(expectedUsd)} expected.` : `${ceiling}, so that dollars count ${factor.toFixed(2)} times: $${amount(expectedUsd)} a day expected.`]
}
