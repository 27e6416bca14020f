// What the overview says before there is anything to show: how calls get here, or where they are.
import type { OverviewAnswer } from '../../api/overview.ts'
import { RANGES, type NamesAnswer } from '../../api/scope.ts'
import type { Go } from '../address.ts'

export function NoCalls({ data, has, go }: { data: OverviewAnswer; has: NamesAnswer['has'] | undefined; go: Go }) {
  const { simulated, range } = data.frame
  const here = simulated ? has?.simulated : has?.real
  const other = simulated ? has?.real : has?.simulated
  return (
    <div class="empty first">
      <p>
        <strong>
          No {simulated ? 'simulated' : 'real'} calls {range === null ? 'in this window' : `in the last ${RANGES[range].label}`}.
        </strong>
      </p>
      {here === true ? (
        <p>
          There are older ones.{' '}
          <button type="button" class="plain" onClick={() => go({ scope: { window: { kind: 'last', range: '30d' } } })}>
            Show 30 days
          </button>
        </p>
      ) : (
        <>
          <p>Point any OpenAI or Anthropic client here; a call shows within seconds of its answer.</p>
          <pre>
            <code>{`client = OpenAI(base_url="${window.location.origin}/v1", api_key="…")\nclient.chat.completions.create(model="auto", messages=[…])`}</code>
          </pre>
        </>
      )}
      {other === true && (
        <button type="button" onClick={() => go({ scope: { simulated: !simulated } })}>
          Show {simulated ? 'real' : 'simulated'} calls
        </button>
      )}
    </div>
  )
}
