// The headline figures of the window, as on a weigh ticket: one row, units said, what is unknown named.
import type { ComponentChildren } from 'preact'
import { RANGES, type Overview } from '../../api.ts'
import { compact, count, percent, usd } from '../format.ts'

export function Figures({ data }: { data: Overview }) {
  const t = data.totals
  const share = (part: number, whole: number, words: string): string => (whole === 0 ? 'nothing to count yet' : `${percent(part / whole)} ${words}`)
  // A sum over calls of which some have no price is a lower bound.
  const atLeast = t.unpriced_calls > 0 ? '≥ ' : ''
  return (
    <dl class="figures" aria-label={`Last ${RANGES[data.range].label}`}>
      <Figure name="Spend" value={atLeast + usd(t.spend_usd)}>
        {t.eval_usd > 0 ? `and ${usd(t.eval_usd)} on evals` : `last ${RANGES[data.range].label}`}
      </Figure>
      <Figure name="Calls" value={count(t.calls)}>
        {compact(t.input_tokens)} tokens in, {compact(t.output_tokens)} out
      </Figure>
      <Figure name="Cost per call" value={t.cost_per_call_usd === null ? '–' : atLeast + usd(t.cost_per_call_usd)}>
        {t.cost_per_call_usd === null ? 'no calls yet' : `${usd(t.cost_per_call_usd * 1000)} per 1,000 calls`}
      </Figure>
      <Figure name="Failovers" value={count(t.failovers)}>
        {share(t.failovers, t.calls, 'of calls took a second attempt')}
      </Figure>
      <Figure name="Failed" value={count(t.failed_calls)} tone={t.failed_calls > 0 ? 'bad' : undefined}>
        {share(t.failed_calls, t.calls, 'of calls got no answer')}
      </Figure>
      <Figure name="Wasted" value={usd(t.wasted_usd)}>
        {share(t.wasted_usd, t.spend_usd, 'of spend, on failed attempts')}
      </Figure>
      <Figure name="Unpriced" value={count(t.unpriced_calls)} tone={t.unpriced_calls > 0 ? 'warn' : undefined}>
        {t.unpriced_calls > 0 ? 'calls of unknown cost: add a price' : 'every call has a price'}
      </Figure>
    </dl>
  )
}

function Figure({ name, value, tone, children }: { name: string; value: string; tone?: 'bad' | 'warn' | undefined; children: ComponentChildren }) {
  return (
    <div class={tone === undefined ? 'figure' : `figure ${tone}`}>
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      <dd class="sub">{children}</dd>
    </div>
  )
}
