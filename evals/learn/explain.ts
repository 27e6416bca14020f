// Why a task's weights are what they are: for each target the terms that made its utility, what the utilities alone would give it,
// and how the published share differs from that. In: a published table and the one before it. Out: numbers with a line each.
import type { Config, Task } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import { effectiveRoute, type RouteTable, type TargetEvidence, type TaskRoute } from '../../core/route-table.ts'
import type { Publication } from '../../store/state/publications.ts'
import { percentFine } from './render.ts'
import { LEARNING_RULES, type LearningRules } from './rules.ts'
import { coreShares } from './weights.ts'

export type WeightExplained = {
  readonly target: string
  readonly weight: number
  readonly before: number
  readonly configured: number
  /** What P(best) and the band alone would give it of what can move; null: unknown, or it may not move. */
  readonly core: number | null
  readonly evidence: TargetEvidence | null
  readonly text: string
}

export type Explanation = {
  readonly task: string
  /** 0: configured weights. */
  readonly version: number
  readonly published: { readonly at: string; readonly author: string; readonly action: string; readonly rule: string } | null
  readonly rule: string
  /** Why the table is not used for the task now; null: it is, or there is none. */
  readonly note: string | null
  readonly value_per_answer_usd: number
  readonly exploration: number
  readonly weights: readonly WeightExplained[]
}

/** Explains a version of a task's weights; `undefined` explains the configured ones. */
export function explainTask(config: Config, task: Task, publication: Publication | undefined, previous: RouteTable | undefined, rules: LearningRules = LEARNING_RULES): Explanation {
  const route = publication?.table.tasks[task.name]
  const before = previous?.tasks[task.name]?.weights ?? Object.fromEntries(task.route)
  const now = publication === undefined ? undefined : effectiveRoute(config, task, publication.table)
  const core = route === undefined ? new Map<string, number>() : coreOf(route, before, rules)
  const names = [...new Set([...candidateNames(task), ...Object.keys(route?.weights ?? {})])]
  return {
    task: task.name,
    version: route === undefined ? 0 : (publication?.table.version ?? 0),
    published: publication === undefined || route === undefined ? null : { at: new Date(publication.publishedAt).toISOString(), author: publication.author, action: publication.action, rule: publication.table.rule },
    rule: route?.rule ?? 'configured',
    note: now?.note ?? null,
    value_per_answer_usd: task.valuePerAnswerUsd,
    exploration: route?.exploration ?? 0,
    weights: names.map((target) => {
      const explained = { target, weight: route === undefined ? (task.route.get(target) ?? 0) : (route.weights[target] ?? 0), before: before[target] ?? 0, configured: task.route.get(target) ?? 0, core: core.get(target) ?? null, evidence: route?.evidence[target] ?? null }
      return { ...explained, text: textOf(explained, route, task) }
    }),
  }
}

/** The core shares over the recorded beliefs, as the plan made them. */
function coreOf(route: TaskRoute, before: Readonly<Record<string, number>>, rules: LearningRules): Map<string, number> {
  const contenders = Object.entries(route.evidence).flatMap(([target, { p_best: pBest, terms, cost_per_call_usd: cost }]) =>
    pBest === undefined || terms === undefined || cost === undefined ? [] : [{ target, pBest, utility: terms.utility, costUsd: cost.value, before: before[target] ?? 0 }],
  )
  return contenders.length < 2 ? new Map() : coreShares(contenders, rules)
}

function textOf({ target, weight, before, core, evidence }: Omit<WeightExplained, 'text'>, route: TaskRoute | undefined, task: Task): string {
  const share = `${target} has ${percentFine(weight)}`
  if (route === undefined) return `${share}: as configured`
  const excluded = route.excluded[target]
  if (excluded !== undefined) return `${share}: out of the draw, ${excluded}`
  const { terms } = evidence ?? {}
  const made = terms === undefined ? 'nothing is known of its quality or cost' : `utility ${number(terms.utility)} = quality ${number(terms.quality)} − cost ${number(terms.cost)} (at $${task.valuePerAnswerUsd} an answer) − latency ${number(terms.latency)} − failed attempts ${number(terms.errors)}`
  const best = evidence?.p_best === undefined ? '' : `; P(best) ${evidence.p_best.toFixed(2)}`
  const alone = core === null ? '' : `; by itself that gives ${percentFine(core)}`
  return `${share} (${percentFine(before)} before): ${made}${best}${alone}`
}

const number = (value: number): string => value.toFixed(3).replace('-', '−')
