// The headline figures of the window, as on a weigh ticket: one row, units said, what is unknown named, each beside the window before.
import type { OverviewAnswer } from '../../api/overview.ts'
import { change, compact, count, percent, usd } from '../format.ts'
import { Figure } from '../parts/pieces.tsx'

export function Figures({ data: { totals: t, before } }: { data: OverviewAnswer }) {
  const share = (part: number, whole: number, words: string): string => (whole === 0 ? 'nothing to count yet' : `${percent(part / whole)} ${words}`)
  // A sum over calls of which some have no price is a lower bound.
  const atLeast = t.unpriced_calls > 0 ? '≥ ' : ''
  return (
    <dl class="figures">
      <Figure name="Spend" value={atLeast + usd(t.spend_usd)}>
        {change(t.spend_usd, before?.spend_usd) ?? (t.eval_usd > 0 ? `and ${usd(t.eval_usd)} on evals` : 'production, all attempts')}
      </Figure>
      <Figure name="Calls" value={count(t.calls)}>
        {change(t.calls, before?.calls) ?? `${compact(t.input_tokens)} tokens in, ${compact(t.output_tokens)} out`}
      </Figure>
      <Figure name="Cost per call" value={t.cost_per_call_usd === null ? '–' : atLeast + usd(t.cost_per_call_usd)}>
        {change(t.cost_per_call_usd, before?.cost_per_call_usd) ?? (t.cost_per_call_usd === null ? 'no calls yet' : `${usd(t.cost_per_call_usd * 1_000)} per 1,000 calls`)}
      </Figure>
      <Figure name="Failovers" value={count(t.failovers)}>
        {share(t.failovers, t.calls, 'took a second attempt')}
      </Figure>
      <Figure name="Failed" value={count(t.failed_calls)} tone={t.failed_calls > 0 ? 'bad' : undefined}>
        {share(t.failed_calls, t.calls, 'got no answer')}
      </Figure>
      <Figure name="Wasted" value={usd(t.wasted_usd)}>
        {share(t.wasted_usd, t.spend_usd, 'of spend, on failed attempts')}
      </Figure>
    </dl>
  )
}
