// A recommendation in words: the headline, the reasons, and the whole as terminal or Markdown text. In: numbers already
// decided. Out: text. It must not decide or compute anything that is not shown.
import type { PriceNotice } from '../../core/operations.ts'
import type { Span } from './draws.ts'
import type { Contradiction, Recommendation, Side, TargetAdvice, TaskAdvice } from './recommendation.ts'

/** Facts of a move that its headline states. */
export type MoveFacts = {
  readonly task: string
  readonly share: number
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly saved: Span | null
  readonly quality: Span | null
  readonly pGain: number | null
  readonly trials: number
  readonly days: number
  readonly calls: number
  readonly parent: number
}

/** e.g. "Move 25% of factual_recall from A to B: −$1.20 per 1k calls (−1.50…−0.90), error −0.4 pt (−2.1…+1.2), P(better) .93; 212 probes over 4 nights, 1,930 calls; undo: `routes rollback 41`". */
export function moveHeadline(facts: MoveFacts): string {
  const effects = [
    facts.saved === null ? 'cost unknown' : `${signedDollars(-facts.saved.value)} per 1k calls (${signedAmount(-facts.saved.high)}…${signedAmount(-facts.saved.low)})`,
    facts.quality === null ? 'error unknown' : `error ${signedPoints(-facts.quality.value)} pt (${signedPoints(-facts.quality.high)}…${signedPoints(-facts.quality.low)})`,
    ...(facts.pGain === null ? [] : [`P(better) ${probability(facts.pGain)}`]),
  ]
  return `Move ${percent(facts.share)} of ${facts.task} from ${list(facts.from)} to ${list(facts.to)}: ${effects.join(', ')}; ${counts(facts)}; undo: \`routes rollback ${facts.parent}\``
}

/** e.g. "212 probes over 4 nights, 1,930 calls". */
export function counts(facts: { readonly trials: number; readonly days: number; readonly calls: number }): string {
  return `${grouped(facts.trials)} ${plural(facts.trials, 'probe')} over ${facts.days} ${plural(facts.days, 'night')}, ${grouped(facts.calls)} ${plural(facts.calls, 'call')}`
}

/** One line about one target: what is believed of it, with intervals and counts. */
export function targetLine(target: TargetAdvice): string {
  const facts = [
    target.quality === null ? 'quality unknown' : `quality ${decimal(target.quality.value)} (${decimal(target.quality.low)}…${decimal(target.quality.high)})`,
    target.cost_per_call_usd === null
      ? 'cost unknown'
      : `$${amount(target.cost_per_call_usd.value * 1000)} per 1k calls (${amount(target.cost_per_call_usd.low * 1000)}…${amount(target.cost_per_call_usd.high * 1000)})`,
    ...(target.latency_p95_ms === null ? [] : [`p95 ${(target.latency_p95_ms / 1000).toFixed(1)} s`]),
    ...(target.error_rate === null ? [] : [`failed attempts ${percentFine(target.error_rate.value)}`]),
    ...(target.hallucination_rate === null ? [] : [`hallucination ${percent(target.hallucination_rate.value)} (${percent(target.hallucination_rate.low)}…${percent(target.hallucination_rate.high)})`]),
    ...(target.pushback_rate === null ? [] : [`pushback ${percent(target.pushback_rate.value)} (${percent(target.pushback_rate.low)}…${percent(target.pushback_rate.high)})`]),
    ...(target.p_best === null ? [] : [`P(best) ${probability(target.p_best)}`]),
  ]
  const change = percentFine(target.before) === percentFine(target.after) ? `stays at ${percentFine(target.after)}` : `${percentFine(target.before)} → ${percentFine(target.after)}`
  return `${target.target} ${change}: ${facts.join(', ')}; ${grouped(target.evals)} ${plural(target.evals, 'probe')}, ${grouped(target.calls)} ${plural(target.calls, 'call')}`
}

/** A change of price that lies behind a move. */
export function priceNoticeText({ target, at, cause, before, after }: PriceNotice): string {
  return `The price of ${target} changed on ${new Date(at).toISOString().slice(0, 10)} (${cause}): ${before} → ${after}.`
}

/** What an answer was taken to be worth, and where that would change the choice. */
export function valueLine(task: string, value: number, assumed: boolean, flip: { readonly at: number; readonly target: string } | undefined): string {
  const worth = assumed ? `An answer counts as $${amount(value)} (assumed; tasks.${task}.value_per_answer_usd sets it)` : `An answer counts as $${amount(value)}`
  if (flip === undefined) return `${worth}; no other value would change the choice.`
  return `${worth}; ${flip.at < value ? 'below' : 'above'} $${amount(flip.at)} ${flip.target} would be preferred.`
}

/** The recommendation as plain text for a terminal. */
export function renderText(recommendation: Recommendation): string {
  const lines = [`Recommendation ${recommendation.id} on version ${recommendation.parent}${recommendation.simulated ? ' (SIMULATED evidence)' : ''}, valid until ${recommendation.expires_at}`]
  for (const task of recommendation.tasks) {
    lines.push('', headlineWithTask(task), ...task.reasons.map((reason) => `  - ${reason}`))
  }
  return `${lines.join('\n')}\n`
}

/** The recommendation as Markdown, for a pull request. */
export function renderMarkdown(recommendation: Recommendation): string {
  const lines = [`## Route recommendation on version ${recommendation.parent}${recommendation.simulated ? ' (simulated evidence)' : ''}`, '', `Valid until ${recommendation.expires_at}.`]
  for (const task of recommendation.tasks) {
    lines.push('', `### ${task.task}: ${task.verdict.replaceAll('_', ' ')}`, '', task.headline, '')
    lines.push('| target | before | after | quality | $ per 1k calls | P(best) | probes | calls |', '|---|--:|--:|--:|--:|--:|--:|--:|', ...task.targets.map(markdownRow))
    lines.push(...expectedLines(task), '', `Rule: ${task.rule}; mode: ${task.mode}.`, '', ...task.reasons.map((reason) => `- ${reason}`))
    if (task.left.length > 0) lines.push('', 'Considered and left:', '', ...task.left.map((line) => `- ${line}`))
    if (task.contradicting.length > 0) lines.push('', 'Probes that speak against it:', '', ...task.contradicting.flatMap(contradictionLines))
  }
  return `${lines.join('\n')}\n`
}

function expectedLines({ expected }: TaskAdvice): string[] {
  if (expected === null) return []
  const line = (name: string, side: Side): string =>
    `| ${name} | ${side.quality === null ? 'unknown' : within(side.quality, decimal)} | ${side.cost_per_1k_usd === null ? 'unknown' : within(side.cost_per_1k_usd, amount)} | ${side.latency_p95_ms === null ? 'unknown' : `${(side.latency_p95_ms / 1000).toFixed(1)} s`} | ${side.error_rate === null ? 'unknown' : percentFine(side.error_rate)} |`
  return ['', '| expected per call | quality | $ per 1k calls | slowest p95 | failed attempts |', '|---|--:|--:|--:|--:|', line('before', expected.before), line('after', expected.after)]
}

function contradictionLines({ probe, question, riser, faller }: Contradiction): string[] {
  const said = ({ target, score, answer }: Contradiction['riser']): string => `  - ${target} (${decimal(score)})${answer === null ? '' : `: ${quoted(answer)}`}`
  return [`- \`${probe}\`${question === null ? '' : `: ${quoted(question)}`}`, said(riser), said(faller)]
}

/** Text of others as text: no markup, no links, no mentions, one line. */
function quoted(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()#+!|<>@&~]/g, '\\$&')
}

function within(span: Span, text: (value: number) => string): string {
  return `${text(span.value)} (${text(span.low)}…${text(span.high)})`
}

function markdownRow(t: TargetAdvice): string {
  const quality = t.quality === null ? 'unknown' : `${decimal(t.quality.value)} (${decimal(t.quality.low)}…${decimal(t.quality.high)})`
  const cost = t.cost_per_call_usd === null ? 'unknown' : `${amount(t.cost_per_call_usd.value * 1000)} (${amount(t.cost_per_call_usd.low * 1000)}…${amount(t.cost_per_call_usd.high * 1000)})`
  return `| ${t.target} | ${percentFine(t.before)} | ${percentFine(t.after)} | ${quality} | ${cost} | ${t.p_best === null ? '' : probability(t.p_best)} | ${grouped(t.evals)} | ${grouped(t.calls)} |`
}

function headlineWithTask(task: TaskAdvice): string {
  return task.verdict === 'move' ? task.headline : `${task.task}: ${task.headline}`
}

const MINUS = '−'

function signed(value: number, text: (size: number) => string, unit = ''): string {
  const size = text(Math.abs(value))
  // What rounds to nothing has no sign.
  if (Number(size) === 0) return `${unit}${size}`
  return `${value < 0 ? MINUS : '+'}${unit}${size}`
}

function signedDollars(usd: number): string {
  return signed(usd, amount, '$')
}

function signedAmount(usd: number): string {
  return signed(usd, amount)
}

function signedPoints(share: number): string {
  return signed(share * 100, (size) => size.toFixed(1))
}

/** Dollars: two decimals from ten cents on, two significant digits below, no exponent. */
export function amount(usd: number): string {
  if (usd === 0 || usd >= 0.0995) return usd.toFixed(2)
  // .050 and .0010 say no more than .05 and .001.
  return usd.toFixed(Math.min(12, 1 - Math.floor(Math.log10(usd)))).replace(/(\.\d\d\d*?)0$/, '$1')
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}

/** Whole percents where they are whole, tenths otherwise. */
export function percentFine(share: number): string {
  const text = (share * 100).toFixed(1)
  return `${text.endsWith('.0') ? text.slice(0, -2) : text}%`
}

function probability(p: number): string {
  if (p > 0.995) return '>.99'
  return p < 0.005 ? '<.01' : p.toFixed(2).slice(1)
}

function decimal(value: number): string {
  return value.toFixed(2)
}

function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')
}

function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`
}

function list(names: readonly string[]): string {
  return names.join(' and ')
}
