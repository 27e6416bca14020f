// The pull request that a night opens: what would move, why, on which version it builds, and how to check that this still holds.
// Pure text; names from configurations are escaped by being code.
import type { RouteTable } from '../../core/route-table.ts'
import type { Recommendation, TaskAdvice } from '../learn/recommendation.ts'
import type { NightlyOutcome } from './outcome.ts'

/** First line of the body, for programs. */
export const markOf = (next: Pick<RouteTable, 'version' | 'parent' | 'hash'>): string => `<!-- weighbridge parent=${next.parent} version=${next.version} hash=${next.hash} -->`

/** The title: short enough for a list. */
export function pullRequestTitle(next: Pick<RouteTable, 'version' | 'parent'>, recommendation: Recommendation): string {
  const moved = recommendation.tasks.filter((task) => task.verdict === 'move').map((task) => task.task)
  return `Route table ${next.version} (on ${next.parent}): ${moved.slice(0, 3).join(', ')}${moved.length > 3 ? ` and ${moved.length - 3} more` : ''}`
}

/** The body in Markdown. */
export function pullRequestBody(next: RouteTable, recommendation: Recommendation, outcome: NightlyOutcome): string {
  const moves = recommendation.tasks.filter((task) => task.verdict === 'move')
  const held = recommendation.tasks.filter((task) => task.verdict !== 'move')
  return [
    markOf(next),
    `Evidence of run \`${outcome.run}\` and the nights before it moves ${moves.length} task(s). This table is version **${next.version}** and builds on **live version ${next.parent}**${next.parent === 0 ? ' (the configured weights)' : ''}.`,
    '',
    `If another version came into force since, this pull request is stale: its check fails, and a router never takes a table whose parent is not in force. Close it; the next night proposes anew.`,
    '',
    `Gates of the run: **${outcome.gates}**. Charged: $${outcome.charged_usd.toFixed(4)} for ${outcome.trials} trials, ${outcome.scored} of them scored.`,
    '',
    ...moves.flatMap(moveText),
    ...(held.length === 0 ? [] : ['## Unchanged', '', ...held.map((task) => `- \`${task.task}\`: ${escaped(task.headline)}`), '']),
  ].join('\n')
}

function moveText(task: TaskAdvice): string[] {
  const rows = task.targets.map((target) => [
    `\`${target.target}\``,
    percent(target.before),
    percent(target.after),
    target.quality === null ? '–' : `${target.quality.value.toFixed(3)} (${target.quality.low.toFixed(3)}…${target.quality.high.toFixed(3)})`,
    target.cost_per_call_usd === null ? '–' : `$${target.cost_per_call_usd.value.toPrecision(3)}`,
    target.p_best === null ? '–' : percent(target.p_best),
    String(Math.round(target.evals)),
    String(target.calls),
  ])
  return [
    `## \`${task.task}\``,
    '',
    escaped(task.headline),
    '',
    '| target | now | then | quality | cost/call | P(best) | evals | calls |',
    '|---|--:|--:|---|--:|--:|--:|--:|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...task.reasons.map((reason) => `- ${escaped(reason)}`),
    ...(task.p_gain === null ? [] : [`- P(better) ${percent(task.p_gain)}${task.saved_per_1k_usd === null ? '' : `, saves $${task.saved_per_1k_usd.value.toFixed(2)} per 1,000 calls`}`]),
    `- One right answer is taken to be worth $${task.value_per_answer_usd}${task.value_is_assumed ? ' (assumed)' : ''}${task.flips_at_value_usd === null ? '' : `; at $${task.flips_at_value_usd.toPrecision(2)} the choice flips`}.`,
    '',
  ]
}

const percent = (share: number): string => `${(100 * share).toFixed(0)}%`
const escaped = (text: string): string => text.replaceAll('<', '&lt;').replaceAll('>', '&gt;')
