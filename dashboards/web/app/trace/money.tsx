// What the call cost: every attempt by class of tokens, with what was read from the prompt cache and written to it apart, and what of it was
// wasted. The split is by the price in force here; where that is another than then, it says so, and the totals stay what was charged.
import type { CallDetail, CostSplit, Span } from '../../api/trace.ts'
import { count, usd } from '../format.ts'
import { Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

const CLASSES = [
  { key: 'input', name: 'Input' },
  { key: 'cache_read', name: 'Cache read' },
  { key: 'cache_write', name: 'Cache write' },
  { key: 'output', name: 'Output' },
  { key: 'fees', name: 'Fees' },
] as const

type Props = { readonly call: Span | undefined; readonly attempts: readonly Span[]; readonly split: CallDetail['split'] }

export function Money({ call, attempts, split }: Props) {
  if (attempts.length === 0) return null
  const by = new Map(split.map((one) => [one.span_id, one]))
  const shown = CLASSES.filter(({ key }) => key !== 'fees' || split.some((one) => one.fees !== 0))
  const saved = attempts.reduce<number | null>((sum, one) => (one.cache_saved_usd === null ? sum : (sum ?? 0) + one.cache_saved_usd), null)
  const most = Math.max(0, ...split.map((one) => one.input + one.cache_read + one.cache_write + one.output + one.fees))
  const wasted = call?.call_wasted_usd ?? null
  const note = [
    ...(saved === null ? [] : [saved >= 0 ? `the prompt cache saved ${usd(saved)}` : `writing the prompt cache cost ${usd(-saved)} more than it saved`]),
    ...(wasted !== null && wasted > 0 ? [`${usd(wasted)} wasted on output nobody got`] : []),
  ].join('; ')
  return (
    <Panel title="What it cost" note={note === '' ? undefined : note}>
      <Scroll label="Costs by class of tokens">
        <table class="money">
          <thead>
            <tr>
              <th scope="col">Attempt</th>
              <th scope="col" class="parts-col">
                <span class="hidden">Shares</span>
              </th>
              {shown.map(({ key, name }) => (
                <th key={key} scope="col" class="n">
                  <i class={`key-${key}`} aria-hidden="true" />
                  {name}
                </th>
              ))}
              <th scope="col" class="n">Charged</th>
              <th scope="col">By</th>
            </tr>
          </thead>
          <tbody>
            {attempts.map((attempt) => (
              <Row key={attempt.span_id} attempt={attempt} parts={by.get(attempt.span_id)} shown={shown} most={most} />
            ))}
          </tbody>
          {attempts.length > 1 && (
            <tfoot>
              <tr>
                <th scope="row">The call</th>
                <td />
                {shown.map(({ key }) => (
                  <td key={key} class="n">
                    {split.length < attempts.filter((one) => one.cost_usd !== 0).length || split.every((one) => one[key] === 0) ? '' : usd(split.reduce((sum, one) => sum + one[key], 0))}
                  </td>
                ))}
                <td class="n">{call === undefined ? '–' : call.call_cost_usd === null ? 'unpriced' : usd(call.call_cost_usd)}</td>
                <td />
              </tr>
            </tfoot>
          )}
        </table>
      </Scroll>
      {split.filter((one) => !one.agrees).map((one) => <Differs key={one.span_id} attempt={attempts.find((attempt) => attempt.span_id === one.span_id)} parts={one} />)}
    </Panel>
  )
}

function Row({ attempt, parts, shown, most }: { attempt: Span; parts: CostSplit | undefined; shown: readonly (typeof CLASSES)[number][]; most: number }) {
  const tokens: Readonly<Record<(typeof CLASSES)[number]['key'], number | null>> = {
    input: attempt.input_tokens === null ? null : Math.max(0, attempt.input_tokens - (attempt.cache_read_tokens ?? 0) - (attempt.cache_write_tokens ?? 0)),
    cache_read: attempt.cache_read_tokens,
    cache_write: attempt.cache_write_tokens,
    output: attempt.output_tokens,
    fees: null,
  }
  return (
    <tr>
      <th scope="row">
        {attempt.attempt}. <TargetName name={attempt.target} />
      </th>
      <td class="parts-col">
        {parts !== undefined && most > 0 && (
          <span class="cost-parts" aria-hidden="true">
            {shown.map(({ key }) => (parts[key] <= 0 ? null : <i key={key} class={`key-${key}`} style={{ width: `${(parts[key] / most) * 100}%` }} />))}
          </span>
        )}
      </td>
      {shown.map(({ key }) => (
        <td key={key} class="n">
          {parts === undefined ? (tokens[key] === null ? '' : '–') : parts[key] === 0 && !tokens[key] ? '' : usd(parts[key])}
          {tokens[key] !== null && tokens[key] !== 0 && <small> {count(tokens[key])} tokens</small>}
        </td>
      ))}
      <td class="n">{attempt.cost_usd === null ? <em class="warn">unpriced</em> : <b class={attempt.status === 'Error' && attempt.cost_usd > 0 ? 'err' : undefined}>{usd(attempt.cost_usd)}</b>}</td>
      <td>
        {attempt.cost_source}
        {attempt.price_version !== '' && <small> {attempt.price_version}</small>}
      </td>
    </tr>
  )
}

function Differs({ attempt, parts }: { attempt: Span | undefined; parts: CostSplit }) {
  if (attempt === undefined) return null
  return (
    <p class="note">
      {attempt.cost_source === 'provider'
        ? `Attempt ${attempt.attempt}: charged is what the provider reported, the parts are by our price.`
        : `Attempt ${attempt.attempt}: the parts are by today’s price of ${attempt.target} (${parts.price_version || 'unknown'}), charged was by the one of then (${attempt.price_version || 'unknown'}).`}
    </p>
  )
}
