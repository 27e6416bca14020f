// The headline figures of spend: what was spent, what an accepted answer cost, what was wasted, what caches saved, and the month.
import type { SpendAnswer } from '../../api/spend.ts'
import { count, percent, usd } from '../format.ts'
import { Figure } from '../parts/pieces.tsx'

export function SpendFigures({ data: { totals: t, answers, forecast, caches } }: { data: SpendAnswer }) {
  const atLeast = t.unpriced_calls > 0 ? '≥ ' : ''
  const saved = caches.reduce<number | null>((sum, row) => (row.saved_usd === null ? sum : (sum ?? 0) + row.saved_usd), null)
  const month = new Date(forecast.month).toLocaleDateString('en-GB', { month: 'long', timeZone: 'UTC' })
  return (
    <dl class="figures">
      <Figure name="Spend" value={atLeast + usd(t.spend_usd)}>
        {t.eval_usd > 0 ? `production; and ${usd(t.eval_usd)} on evals` : 'production, all attempts'}
      </Figure>
      <Figure name="Per accepted answer" value={usd(answers.cost_per_accepted_usd)}>
        {answers.cost_per_accepted_usd === null ? whyUnknown(answers) : `${count(answers.accepted)} of ${count(answers.observed)} observed were accepted (${percent(answers.accepted_rate)})`}
      </Figure>
      <Figure name="Wasted" value={usd(t.wasted_usd)} tone={t.wasted_usd > 0 ? 'bad' : undefined}>
        {t.spend_usd === 0 ? 'on output nobody got' : `${percent(t.wasted_usd / t.spend_usd)} of spend, on output nobody got`}
      </Figure>
      <Figure name="Saved by caches" value={usd(saved)}>
        {saved === null ? 'no attempt used one' : saved < 0 ? 'writing cost more than reading saved' : `${percent(saved / Math.max(1e-12, saved + t.spend_usd))} of what it would have cost`}
      </Figure>
      <Figure name={`${month} so far`} value={usd(forecast.spent_usd)}>
        {forecast.forecast_usd === null ? `a forecast needs 3 whole days; ${count(forecast.days_seen)} seen` : `heading for ${usd(forecast.forecast_usd)} (${usd(forecast.forecast_low_usd)} to ${usd(forecast.forecast_high_usd)})`}
      </Figure>
      <Figure name="Unpriced" value={count(t.unpriced_calls)} tone={t.unpriced_calls > 0 ? 'warn' : undefined}>
        {t.unpriced_calls > 0 ? 'calls of unknown cost, in no figure here' : 'every call has a price'}
      </Figure>
    </dl>
  )
}

function whyUnknown({ calls, observed, accepted }: SpendAnswer['answers']): string {
  if (calls === 0) return 'no calls yet'
  if (observed / calls < 0.2) return `only ${count(observed)} of ${count(calls)} calls had a follow-up: too few`
  return accepted === 0 ? 'none was accepted' : 'an observed call has no price'
}
