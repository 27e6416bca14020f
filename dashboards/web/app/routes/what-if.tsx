// What one's own calls would have cost under another target: the difference with its interval, what it is made of, by length of input, and
// which ceilings it would meet.
import type { WhatIfAnswer } from '../../api/routes.ts'
import type { Address, Go } from '../address.ts'
import { getJson, PageError } from '../client.ts'
import { count, percent, usd, usdPlain } from '../format.ts'
import { useLive } from '../live.ts'
import { Figure, Panel, Scroll, Shown } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

type Props = { readonly address: Address; readonly go: Go; readonly targets: readonly string[] }

const DAYS = ['1', '7', '30', '90'] as const
const CAUSES = { list_price: 'price list', verbosity: 'length of answers', cache: 'prompt cache', retries: 'failures and retries' } as const

export function WhatIf({ address: { own }, go, targets }: Props) {
  const [from, to, days] = [own['of'] ?? '', own['into'] ?? '', own['days'] ?? '30']
  return (
    <>
      <Panel title="What would my calls have cost?" note="your own traffic at the prices in force; nothing is sent and nothing is moved">
        <div class="ask">
          <Pick label="Calls that went to" chosen={from} targets={targets} choose={(name) => go({ own: { of: name } })} />
          <Pick label="Had they gone to" chosen={to} targets={targets} choose={(name) => go({ own: { into: name } })} />
          <label>
            Over the last
            <select onChange={(event) => go({ own: { days: event.currentTarget.value === '30' ? '' : event.currentTarget.value } })}>
              {DAYS.map((value) => (
                <option key={value} value={value} selected={value === days}>
                  {value === '1' ? 'day' : `${value} days`}
                </option>
              ))}
            </select>
          </label>
        </div>
      </Panel>
      {from !== '' && to !== '' && <Answer key={`${from} ${to} ${days}`} from={from} to={to} days={days} />}
    </>
  )
}

function Pick({ label, chosen, targets, choose }: { label: string; chosen: string; targets: readonly string[]; choose: (name: string) => void }) {
  return (
    <label>
      {label}
      <select onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">choose a target</option>
        {[...new Set([...targets, ...(chosen === '' ? [] : [chosen])])].toSorted().map((name) => (
          <option key={name} value={name} selected={name === chosen}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function Answer({ from, to, days }: { from: string; to: string; days: string }) {
  const path = `/admin/routes/whatif?${new URLSearchParams({ from, to, since_days: days })}`
  const live = useLive(path, 0, async (signal) => {
    try {
      return await getJson<WhatIfAnswer>(path, signal)
    } catch (thrown) {
      // A router of an older version has no such route.
      if (thrown instanceof PageError && thrown.code === 'route_not_found') throw new PageError(404, thrown.code, 'This router does not answer what-if.', 'Ask on the command line: `weighbridge whatif`, or open the pages of a newer router with the learner.')
      throw thrown
    }
  })
  return <Shown live={live} what="The answer">{(data) => <Told data={data} />}</Shown>
}

function Told({ data }: { data: WhatIfAnswer }) {
  const dearer = data.change.low > 0
  const cheaper = data.change.high < 0
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${usd(Math.abs(value))}`
  const shareOf = (value: number): string => `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`
  const most = Math.max(1e-12, ...Object.values(data.causes).map(Math.abs))
  return (
    <>
      <dl class="figures">
        <Figure name={`As they went, by ${data.from}`} value={usd(data.now_usd)}>
          {count(data.calls)} calls since {data.since.slice(0, 10)}, at today’s prices{data.charged_usd === null ? '' : `; ${usd(data.charged_usd)} was charged`}
        </Figure>
        <Figure name={`Under ${data.to}`} value={usd(data.then_usd.value)}>
          {usd(data.then_usd.low)} to {usd(data.then_usd.high)} (95%)
        </Figure>
        <Figure name="Difference" value={shareOf(data.change.value)} tone={dearer ? 'bad' : undefined}>
          {shareOf(data.change.low)} to {shareOf(data.change.high)}; {dearer ? 'dearer' : cheaper ? 'cheaper' : 'either way'}
        </Figure>
      </dl>
      <Panel title="What the difference is made of" note="each with those above it in place; they add up">
        <table class="causes">
          <tbody>
            {Object.entries(CAUSES).map(([key, name]) => {
              // The keys are those of the table above.
              const value = data.causes[key as keyof typeof CAUSES]
              return (
                <tr key={key}>
                  <th scope="row">{name}</th>
                  <td class="n">{signed(value)}</td>
                  <td class="course">
                    <span class="tug" aria-hidden="true">
                      <i class="better" style={{ width: `${value < 0 ? (-value / most) * 100 : 0}%` }} />
                      <i class="worse" style={{ width: `${value > 0 ? (value / most) * 100 : 0}%` }} />
                    </span>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </Panel>
      <Panel title="By length of input">
        <Scroll label="By length of input">
          <table>
            <thead>
              <tr>
                <th scope="col">Tokens in</th>
                <th scope="col" class="n">Calls</th>
                <th scope="col" class="n">As they went</th>
                <th scope="col" class="n">Then</th>
                <th scope="col" class="n">95% interval</th>
                <th scope="col" class="n">Change</th>
              </tr>
            </thead>
            <tbody>
              {data.buckets.map((row) => (
                <tr key={row.bucket}>
                  <th scope="row">{row.bucket}</th>
                  <td class="n">{count(row.calls)}</td>
                  <td class="n">{usd(row.now_usd)}</td>
                  <td class="n">{usd(row.then_usd.value)}</td>
                  <td class="n">
                    {usd(row.then_usd.low)} to {usd(row.then_usd.high)}
                  </td>
                  <td class="n">{shareOf(row.change.value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Panel>
      {data.ceilings.length > 0 && (
        <Panel title="Ceilings it would meet">
          <ul class="drains">
            {data.ceilings.map((one) => (
              <li key={`${one.chain} ${one.target} ${one.ceiling}`}>
                Chain <b>{one.chain}</b>, <TargetName name={one.target} />: {percent(one.over_then)} of these calls would be over {usdPlain(one.ceiling)} per 1,000 tokens, now {percent(one.over_now)}.
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  )
}
