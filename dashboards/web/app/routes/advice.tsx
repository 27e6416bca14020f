// The advice for one task: before and after, the gain and what it rests on, the evidence by target, and what speaks against it.
import type { Expected, TaskRecommendation } from '../../api/routes.ts'
import { DotRule } from '../charts/dot-rule.tsx'
import { count, duration, percent, percentInterval, usd, usdInterval, usdPlain } from '../format.ts'
import { Scroll } from '../parts/pieces.tsx'
import { WeightBar } from '../parts/weight-bar.tsx'
import { TargetName, useColour } from '../targets.tsx'

const VERDICTS = { move: 'move', hold: 'hold', insufficient_evidence: 'not enough evidence' } as const

type Props = { readonly advice: TaskRecommendation; readonly order: readonly string[]; readonly chosen: boolean; readonly choose: ((yes: boolean) => void) | undefined }

export function TaskAdvice({ advice, order, chosen, choose }: Props) {
  const move = advice.verdict === 'move'
  return (
    <details class={`advice ${advice.verdict}`} open={move}>
      <summary>
        <span class={move ? 'badge strong' : 'badge'}>{VERDICTS[advice.verdict]}</span>
        <b>{advice.task}</b>
        <span>{advice.headline}</span>
      </summary>
      {move && (
        <div class="before-after">
          <small>before</small>
          <WeightBar shares={advice.before} order={order} kind="full" label={`${advice.task} before`} />
          <small>after</small>
          <WeightBar shares={advice.after} order={order} kind="full" label={`${advice.task} after`} />
        </div>
      )}
      <dl class="facts">
        <Fact name="Chance of a gain" value={percent(advice.p_gain === null ? null : Math.min(advice.p_gain, 0.999))} />
        <Fact name="Gain per call, in right answers" value={signedInterval(advice.gain, 3)} />
        <Fact name="Saved per 1,000 calls" value={usdInterval(advice.saved_per_1k_usd)} />
        <Fact name="Change in quality" value={points(advice.quality_change)} />
        <Fact name="Rests on" value={`${count(advice.evals)} evals, ${count(advice.calls)} calls`} />
        <Fact name="A right answer is worth" value={`${usdPlain(advice.value_per_answer_usd)}${advice.value_is_assumed ? ', assumed' : ''}${advice.flips_at_value_usd === null ? '' : `; the choice flips at ${usdPlain(advice.flips_at_value_usd)}`}`} />
        <Fact name="Rule" value={advice.rule} />
      </dl>
      {advice.reasons.length > 0 && (
        <ul class="reasons">
          {advice.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {advice.expected != null && <ExpectedTable before={advice.expected.before} after={advice.expected.after} />}
      {advice.targets.length > 0 && <ByTarget advice={advice} />}
      <Against advice={advice} />
      {choose !== undefined && (
        <label class="pick">
          <input type="checkbox" checked={chosen} onChange={(event) => choose(event.currentTarget.checked)} /> apply to {advice.task}
        </label>
      )}
    </details>
  )
}

function ByTarget({ advice }: { advice: TaskRecommendation }) {
  const colour = useColour()
  return (
    <Scroll label={`Evidence by target for ${advice.task}`}>
      <table class="evidence">
        <thead>
          <tr>
            <th scope="col">Target</th>
            <th scope="col" class="n">Weight</th>
            <th scope="col">Quality</th>
            <th scope="col" class="n">Cost per call</th>
            <th scope="col" class="n">p95</th>
            <th scope="col" class="n">Errors</th>
            <th scope="col" class="n">Best with</th>
            <th scope="col" class="n">Evals, calls</th>
          </tr>
        </thead>
        <tbody>
          {advice.targets.map((target) => (
            <tr key={target.target}>
              <th scope="row">
                <TargetName name={target.target} />
                {target.held != null && <small class="warn"> {target.held}</small>}
              </th>
              <td class="n">
                {percent(target.before)} → {percent(target.after)}
              </td>
              <td class="rule-cell">
                <DotRule measured={target.quality ?? undefined} colour={colour(target.target)} showN={false} fewest={0} none="no evidence" />
              </td>
              <td class="n" title={usdInterval(target.cost_per_call_usd)}>
                {usd(target.cost_per_call_usd?.value)}
              </td>
              <td class="n">{duration(target.latency_p95_ms)}</td>
              <td class="n">{percent(target.error_rate?.value)}</td>
              <td class="n">{percent(target.p_best)}</td>
              <td class="n">
                {count(target.evals)}, {count(target.calls)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

function ExpectedTable({ before, after }: { before: Expected; after: Expected }) {
  const rows: readonly (readonly [string, string, string])[] = [
    ['Quality', percentInterval(before.quality), percentInterval(after.quality)],
    ['Cost per 1,000 calls', usdInterval(before.cost_per_1k_usd), usdInterval(after.cost_per_1k_usd)],
    ['p95', duration(before.latency_p95_ms), duration(after.latency_p95_ms)],
    ['Errors', percent(before.error_rate), percent(after.error_rate)],
  ]
  return (
    <table class="expected">
      <thead>
        <tr>
          <th scope="col">Expected</th>
          <th scope="col">before</th>
          <th scope="col">after</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, was, will]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{was}</td>
            <td>{will}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Probes on which the faller did better than the riser, and what was considered and left. */
function Against({ advice }: { advice: TaskRecommendation }) {
  const { contradicting = [], left = [] } = advice
  if (contradicting.length === 0 && left.length === 0) return null
  return (
    <details class="against">
      <summary>{contradicting.length === 0 ? 'What was considered and left' : `${contradicting.length} probes speak against it`}</summary>
      <ul>
        {contradicting.map((one) => (
          <li key={`${one.suite} ${one.probe}`}>
            <code>{one.probe}</code> {one.question ?? ''}
            <br />
            <TargetName name={one.faller.target} /> scored {percent(one.faller.score)}
            {one.faller.answer === null ? '' : `: “${one.faller.answer}”`}; <TargetName name={one.riser.target} /> {percent(one.riser.score)}
            {one.riser.answer === null ? '' : `: “${one.riser.answer}”`}
          </li>
        ))}
        {left.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </details>
  )
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

type Span = { readonly value: number; readonly low: number; readonly high: number }
const signed = (value: number, digits: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`

function signedInterval(span: Span | null, digits: number): string {
  return span === null ? '–' : `${signed(span.value, digits)} (${signed(span.low, digits)} to ${signed(span.high, digits)})`
}

// A change of a 0..1 score in points, with its sign and interval.
function points(change: Span | null): string {
  if (change === null) return '–'
  return `${signed(change.value * 100, 1)} points (${signed(change.low * 100, 1)} to ${signed(change.high * 100, 1)})`
}
