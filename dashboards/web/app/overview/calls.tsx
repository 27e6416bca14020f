// The newest calls, failovers marked with the path they took, each a link to its trace.
import { ONLY, type Overview, type RecentCall } from '../../api.ts'
import { type Address, writeAddress } from '../address.ts'
import { duration, moment, spoken, usd } from '../format.ts'
import { Empty, Panel } from '../parts/pieces.tsx'
import { follow, type Go } from '../parts/shell.tsx'
import { TargetName } from '../targets.tsx'

const NAMES = { all: 'All', failovers: 'Failovers', errors: 'Failed' } as const

export function Calls({ data, address, go }: { data: Overview; address: Address; go: Go }) {
  return (
    <Panel title="Recent calls" class="calls">
      <div class="chips" role="group" aria-label="Which calls">
        {ONLY.map((only) => (
          <button key={only} type="button" aria-pressed={address.only === only} onClick={() => go({ only })}>
            {NAMES[only]}
          </button>
        ))}
      </div>
      {data.calls.length === 0 ? (
        <Empty title={address.only === 'all' ? 'No calls in this window.' : address.only === 'errors' ? 'No call failed in this window.' : 'No call needed a second attempt in this window.'}>
          {address.only === 'all' ? 'A call shows here within seconds of its answer.' : 'Choose All, or a longer range.'}
        </Empty>
      ) : (
        <div class="scroll">
          <table class="rows">
            <thead>
              <tr>
                <th scope="col">Started</th>
                <th scope="col">Task</th>
                <th scope="col">Path</th>
                <th scope="col" class="n">Cost</th>
                <th scope="col" class="n">Wasted</th>
                <th scope="col" class="n">First token</th>
                <th scope="col" class="n">Took</th>
                <th scope="col" class="n">Route</th>
                <th scope="col">Trace</th>
              </tr>
            </thead>
            <tbody>
              {data.calls.map((call) => (
                <Row key={call.span_id} call={call} address={address} go={go} nowMs={data.toMs} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

function Row({ call, address, go, nowMs }: { call: RecentCall; address: Address; go: Go; nowMs: number }) {
  const failed = call.status === 'Error'
  return (
    <tr class={failed ? 'failed' : call.failed_over ? 'over' : undefined}>
      <td>
        <time dateTime={new Date(call.started_at).toISOString()} title={new Date(call.started_at).toISOString()}>
          {moment(call.started_at, nowMs)}
        </time>
      </td>
      <td>{call.task}</td>
      <td>
        <Path call={call} />
      </td>
      <td class="n">{call.cost_usd === null ? <em class="warn">unpriced</em> : usd(call.cost_usd)}</td>
      <td class="n">{call.wasted_usd === null || call.wasted_usd === 0 ? '' : usd(call.wasted_usd)}</td>
      <td class="n">{duration(call.ttft_ms)}</td>
      <td class="n">{duration(call.duration_ms)}</td>
      <td class="n">{call.route_version === 0 ? 'config' : `v${call.route_version}`}</td>
      <td>
        <a class="cover" href={writeAddress({ ...address, traceId: call.trace_id })} onClick={(event) => follow(event, () => go({ traceId: call.trace_id }))} aria-label={`Trace ${call.trace_id.slice(0, 8)}, ${call.task}, ${call.target}`}>
          {call.trace_id.slice(0, 8)}
        </a>
      </td>
    </tr>
  )
}

function Path({ call }: { call: RecentCall }) {
  const steps = call.path_targets.length === 0 ? [call.target] : call.path_targets
  return (
    <span class="path">
      {steps.map((target, i) => {
        const error = call.path_errors[i] ?? ''
        return (
          <span key={i}>
            {i > 0 && (
              <span class="arrow" aria-label="then">
                →
              </span>
            )}
            <TargetName name={target} faded={error !== ''} />
            {error !== '' && <span class="err">✕ {spoken(error)}</span>}
          </span>
        )
      })}
      {call.path_targets.length === 0 && call.status === 'Error' && <span class="err">✕ {spoken(call.error_code)}</span>}
    </span>
  )
}
