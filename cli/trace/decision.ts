// Why a call went where it went, from the decision on its span: how its task was found, who could be drawn at what price, who was left out,
// where its conversation was before, and what limits said. Shown as far as it goes: older spans say less. Pure.
import { z } from 'zod'
import { WB } from '../../core/attributes.ts'
import { jsonOf } from '../../core/json.ts'
import { percent, printable, table, usd } from '../output.ts'
import type { SpanRow } from './story.ts'
import { namesIn } from './waterfall.ts'

const maybe = z.number().nullish()
const candidate = z.looseObject({ target: z.string(), weight: z.number(), est_usd: maybe, est_per_1k: maybe, ceiling: maybe })
const decision = z.looseObject({
  rules: z.looseObject({ task: z.string().nullish(), confidence: z.number(), because: z.array(z.string()) }).nullish(),
  candidates: z.array(candidate).default([]),
  exclusions: z.array(z.looseObject({ target: z.string(), reason: z.string(), detail: z.string().default('') })).default([]),
  home: z.looseObject({ target: z.string(), how: z.string(), in_tool_loop: z.boolean(), saved_usd: z.number() }).nullish(),
  exploration: maybe,
  drawn: z.string().nullish(),
  reason: z.string().nullish(),
  weights_source: z.string().nullish(),
})
type Decision = z.output<typeof decision>

const BUDGET = 'weighbridge.budget.'

/** Lines about one call, the first one about its task. */
export function decisionLines(call: SpanRow): string[] {
  const lines = [`task ${call.task} (${call.task_source}) · asked for ${call.model_requested || '–'} · reason ${call.reason || '–'} · route version ${call.route_version} · purpose ${call.purpose}`]
  const parsed = decision.safeParse(jsonOf(call.decision))
  if (parsed.success) lines.push(...madeLines(parsed.data, call.propensity))
  return [...lines, ...ceilingLines(call), ...budgetLines(call)].map(printable)
}

function madeLines(made: Decision, propensity: number | null): string[] {
  const { rules, home, exploration, exclusions, candidates } = made
  return [
    ...(rules == null ? [] : [`rules said ${rules.task ?? 'nothing'} (${percent(rules.confidence)}): ${rules.because.length === 0 ? 'no cue' : rules.because.join(', ')}`]),
    firstChoice(made, propensity),
    ...exclusions.map(({ target, reason, detail }) => `left out ${target}: ${reason}${detail === '' ? '' : ` (${detail})`}`),
    ...(home == null ? [] : [`conversation was at ${home.target}: ${home.how}${home.in_tool_loop ? ', inside a loop of tools' : ''}${home.saved_usd === 0 ? '' : `, its cache is worth ${usd(home.saved_usd)}`}`]),
    ...(exploration == null || exploration === 0 ? [] : [`${percent(exploration)} of such draws try targets out`]),
    ...candidateTable(candidates, made.drawn ?? undefined),
  ]
}

/** How the target of the first attempt was found: named, drawn, or next in the chain where neither could be. */
function firstChoice({ candidates, drawn, reason, weights_source: source }: Decision, propensity: number | null): string {
  if (drawn == null) return `no target was asked; candidates ${candidates.map(({ target }) => target).join(', ') || '–'}`
  const others = candidates.map(({ target }) => target).filter((name) => name !== drawn)
  const behind = others.length === 0 ? '' : `, behind it ${others.join(', ')}`
  if (reason === 'pinned') return `pinned to ${drawn}${behind}`
  if (reason === 'sticky') return `stayed at ${drawn}, where its conversation was${behind}`
  if (source === 'pinned') return `pinned, but the target named was passed over: went to ${drawn}${behind}`
  if (propensity === null) return `not drawn: went to ${drawn} along the chain${behind}`
  return `${reason === 'explore' ? 'drawn to try it out:' : 'drawn'} ${drawn} with probability ${propensity} from ${candidates.map((c) => `${c.target} ${(c.weight * 100).toFixed(0)}%`).join(', ') || '–'}`
}

/** Who could be drawn, at what estimated price, under which ceiling; only where there is something to compare. */
function candidateTable(candidates: Decision['candidates'], drawn: string | undefined): string[] {
  if (candidates.every(({ est_usd, ceiling }) => est_usd == null && ceiling == null)) return []
  const rows = candidates.map(({ target, weight, est_usd, est_per_1k, ceiling }) => [`${target === drawn ? '▸ ' : '  '}${target}`, percent(weight), usd(est_usd), usd(est_per_1k), usd(ceiling)])
  return table(['  candidate', 'weight', 'estimate', 'per 1k tokens', 'ceiling'], rows).trimEnd().split('\n')
}

function ceilingLines({ attributes }: SpanRow): string[] {
  const [skipped, waived] = [namesIn(attributes[WB.ceilingSkipped]), namesIn(attributes[WB.ceilingWaived])]
  return [...(skipped === undefined ? [] : [`passed over for its ceiling: ${skipped}`]), ...(waived === undefined ? [] : [`used over its ceiling, because nothing admissible was cheaper: ${waived}`])]
}

/** What budgets and limits said, by the names they have on the span. */
function budgetLines({ attributes }: SpanRow): string[] {
  const facts = Object.entries(attributes).flatMap(([name, value]) => (name.startsWith(BUDGET) && value !== '' ? [`${name.slice(BUDGET.length).replace(/_usd$/, '')} ${name.endsWith('_usd') ? usd(Number(value)) : value}`] : []))
  return facts.length === 0 ? [] : [`budget: ${facts.join(' · ')}`]
}
