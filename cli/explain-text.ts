// Explanations as text for a terminal: a call's path to its task and to its target, and what ceilings admit. Pure.
import type { CallExplanation } from '../core/explanation.ts'
import type { LinkCost } from '../core/price-shapes.ts'
import type { Terminal } from './command.ts'
import { paint, percent, table, usd } from './output.ts'

const SOURCES: Readonly<Record<string, string>> = { caller: 'named by the caller', model: 'named by the model field', rule: 'by a rule', default: 'nothing named another' }
const MOST_TASKS = 3

/** `systemHash`: of the system prompt that was given, for a rule to name. */
export function explanationText(explanation: CallExplanation, systemHash: string | undefined, terminal: Pick<Terminal, 'isTty'>): string {
  return [...taskLines(explanation, systemHash, terminal), '', ...targetLines(explanation, terminal), ''].join('\n')
}

function taskLines({ task }: CallExplanation, systemHash: string | undefined, terminal: Pick<Terminal, 'isTty'>): string[] {
  const { verdict } = task
  const said = verdict.task === null ? `abstain (${verdict.because.join(', ') || 'nothing spoke for a task'})` : `${verdict.task} with confidence ${verdict.confidence.toFixed(2)} (${verdict.because.join(', ')})`
  const lines = [`task    ${paint(terminal, 'bold', task.name)}, ${SOURCES[task.source] ?? task.source}`, `rules   ${said}`]
  for (const rule of task.rules) {
    const mark = rule.decided ? 'decided' : rule.matched ? `matched, passed over: ${rule.passed_over ?? ''}` : 'no match'
    lines.push(`        ${rule.name} (priority ${rule.priority}): ${mark}`, ...rule.conditions.map(({ condition, holds, seen }) => `          ${holds ? '✓' : '✗'} ${condition}: ${seen}`))
  }
  const builtIn = task.built_in
  if (builtIn !== null) {
    const likely = builtIn.tasks.slice(0, MOST_TASKS).map(({ task: name, probability, needed }) => `${name} ${probability.toFixed(2)}${needed === null ? '' : ` (needs ${needed})`}`)
    lines.push(`        built-in${builtIn.reached ? '' : ', not reached'}: ${likely.join(', ')}`)
    const cues = builtIn.cues.map(({ name, by }) => (by === null ? name : `${name} ("${by}")`))
    if (cues.length > 0) lines.push(`          cues: ${cues.join(', ')}`)
  }
  if (systemHash !== undefined) lines.push(`        system prompt ${systemHash.slice(0, 16)}…: what tasks.NAME.rules[].system_prompt may name`)
  return lines
}

function targetLines(explanation: CallExplanation, terminal: Pick<Terminal, 'isTty'>): string[] {
  const { request, candidates, reasons, home } = explanation
  const from = explanation.weights_source === 'table' ? `route table v${explanation.route_version}` : explanation.weights_source === 'config' ? 'configured weights' : 'the name that was asked for'
  const lines = [
    `call    ${request.model}, about ${Math.round(request.input_tokens)} input tokens${request.max_output_tokens === null ? '' : `, at most ${request.max_output_tokens} out`}${request.needs.length === 0 ? '' : `, needs ${request.needs.join(', ')}`}`,
    `first   ${reasons.length === 0 ? paint(terminal, 'red', 'nobody: no target is admissible') : reasons.map(({ reason, share }) => `${reason} ${percent(share)}`).join(', ')}, from ${from}${explanation.live ? '' : ' (files alone: no cooldowns, drains or budgets)'}`,
  ]
  if (home !== null) lines.push(`home    ${home.target}: ${home.how}${home.in_tool_loop ? ', in a loop of tools' : ''}${home.saved_usd > 0 ? `, its cache saves about ${usd(home.saved_usd)}` : ''}`)
  if (explanation.note !== null) lines.push(`note    ${explanation.note}`)
  const rows = candidates.map((one) => [one.target, percent(one.share), percent(one.weight), one.link === null ? '' : String(one.link), usd(one.est_usd), usd(one.est_per_1k), usd(one.ceiling), [one.waived ? 'over its ceiling, waived' : '', one.dropped.length > 0 ? `without ${one.dropped.join(', ')}` : ''].filter((text) => text !== '').join('; ')])
  if (rows.length > 0) lines.push('', table(['candidate', 'now', 'weight', 'link', 'estimated', 'per 1k', 'ceiling', ''], rows).trimEnd())
  if (explanation.failover.length > 0) lines.push('', `after a failure: ${explanation.failover.join(' → ')}`)
  for (const { target, reason, detail } of explanation.excluded) lines.push(`left out ${target}: ${reason} (${detail})`)
  for (const { target, reason, detail } of explanation.noted) lines.push(`${target}: ${reason} (${detail})`)
  return lines
}

/** Every link of every chain against the typical requests: admitted, over its ceiling, or unpriced. */
export function ceilingsText(costs: readonly LinkCost[], terminal: Pick<Terminal, 'isTty'>): string {
  const lines: string[] = []
  for (const [chain, ofChain] of Map.groupBy(costs, (cost) => cost.chain)) {
    const shapes = [...new Set(ofChain.map((cost) => cost.shape.name))]
    const rows = [...Map.groupBy(ofChain, (cost) => cost.target)].map(([target, links]) => [target, usd(links[0]?.ceiling), ...shapes.map((shape) => cell(links.find((cost) => cost.shape.name === shape)))])
    lines.push(`chain ${chain}: estimated dollars per 1,000 tokens; ! is over the ceiling`, table(['link', 'ceiling', ...shapes], rows))
  }
  if (costs.length === 0) lines.push('No chain has a link.')
  lines.push(paint(terminal, 'dim', 'A link over its ceiling is passed over only for one that is estimated cheaper. Give a TEXT or --body to see one call.'), '')
  return lines.join('\n')
}

function cell(cost: LinkCost | undefined): string {
  if (cost === undefined) return ''
  if (cost.per1kUsd === undefined) return 'unpriced'
  return `${usd(cost.per1kUsd)}${cost.within ? '' : ' !'}`
}
