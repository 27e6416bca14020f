// The trace page: one call from request to answer. Spans arrive a second or two after the answer, so a trace that is not
// there yet is asked for again before the page gives up.
import { useState } from 'preact/hooks'
import type { Span, TraceAnswer } from '../../api.ts'
import { type Address, writeAddress } from '../address.ts'
import { getJson, PageError } from '../client.ts'
import { duration, percent, usd } from '../format.ts'
import { useLive } from '../live.ts'
import { CopyId, Empty, Panel, Trouble } from '../parts/pieces.tsx'
import { follow, type Go, Shell } from '../parts/shell.tsx'
import { TargetName, Targets, withConfigured } from '../targets.tsx'
import { Attempts } from './attempts.tsx'
import { DecisionPanel } from './decision.tsx'
import { Raw } from './raw.tsx'
import { type Call, callsOf } from './tree.ts'
import { Waterfall } from './waterfall.tsx'

const RETRY_S = 2
const SETTLED_EVERY_S = 30

export function TracePage({ traceId, address, go }: { traceId: string; address: Address; go: Go }) {
  const [here, setHere] = useState(false)
  const side = address.simulated === undefined ? '' : `?simulated=${address.simulated ? 1 : 0}`
  const live = useLive(`trace ${traceId}`, here ? SETTLED_EVERY_S : RETRY_S, async (signal) => {
    const answer = await getJson<TraceAnswer>(`/api/ui/trace/${encodeURIComponent(traceId)}${side}`, signal)
    setHere(true)
    return answer
  })
  const back = (
    <a class="back" href={writeAddress({ ...address, traceId: undefined })} onClick={(event) => follow(event, () => go({ traceId: undefined }))}>
      ← Overview
    </a>
  )
  if (live.data === undefined) {
    return (
      <Shell address={address} go={go} simulated={undefined}>
        {back}
        <Waiting error={live.error} traceId={traceId} retry={live.reload} />
      </Shell>
    )
  }
  const { spans, simulated, targets } = live.data
  const calls = callsOf(spans)
  return (
    <Shell address={address} go={go} simulated={simulated} at={live.at} stale={live.error !== undefined}>
      <Targets.Provider value={withConfigured(targets, spans.map((span) => span.target).filter((name) => name !== ''))}>
        {back}
        {calls.length > 1 && <p class="note">{calls.length} calls share this trace; the client sent its own trace id with each.</p>}
        {calls.length > 1 && <Waterfall spans={spans} />}
        {calls.map((call) => (
          <CallReport key={call.call?.span_id ?? 'orphans'} of={call} traceId={traceId} waterfall={calls.length === 1 ? spans : undefined} />
        ))}
        <Raw spans={spans} />
      </Targets.Provider>
    </Shell>
  )
}

function CallReport({ of, traceId, waterfall }: { of: Call; traceId: string; waterfall: readonly Span[] | undefined }) {
  const { call, attempts } = of
  const last = attempts.at(-1)
  const status = call?.status ?? last?.status ?? 'Unset'
  const failed = status === 'Error'
  const wasted = call?.call_wasted_usd ?? null
  return (
    <>
      <section class="verdict" aria-label="Outcome">
        <span class={failed ? 'status bad' : 'status good'}>{failed ? '✕ failed' : '✓ answered'}</span>
        <h1>
          {call?.task ?? last?.task ?? 'call'}
          {last !== undefined && (
            <>
              {' '}
              {failed ? 'last tried' : 'answered by'} <TargetName name={last.target} /> on attempt {attempts.length} of {attempts.length}
            </>
          )}
        </h1>
        <dl class="figures">
          <div class="figure">
            <dt>Took</dt>
            <dd class="value">{duration(call?.duration_ms ?? last?.duration_ms)}</dd>
            <dd class="sub">{call?.ttft_ms == null ? 'no first token' : `first token after ${duration(call.ttft_ms)}`}</dd>
          </div>
          <div class="figure">
            <dt>Cost</dt>
            <dd class="value">{call === undefined ? '–' : call.call_cost_usd === null ? 'unpriced' : usd(call.call_cost_usd)}</dd>
            <dd class="sub">all attempts</dd>
          </div>
          <div class={wasted !== null && wasted > 0 ? 'figure bad' : 'figure'}>
            <dt>Wasted</dt>
            <dd class="value">{usd(wasted)}</dd>
            <dd class="sub">{attempts.length < 2 ? 'one attempt' : 'on attempts whose output was not used'}</dd>
          </div>
          <div class="figure">
            <dt>Drawn with</dt>
            <dd class="value">{percent(call?.propensity)}</dd>
            <dd class="sub">{call?.route_version === 0 ? 'configured weights' : `route table v${call?.route_version ?? '?'}`}</dd>
          </div>
        </dl>
      </section>
      {waterfall !== undefined && <Waterfall spans={waterfall} />}
      <Attempts attempts={attempts} wasted={wasted} />
      <div class="columns wide-narrow">
        <DecisionPanel call={call} />
        <Panel title="Ids">
          <dl class="ids">
            <Id name="Trace" value={traceId} />
            {call !== undefined && <Id name="Request" value={call.request_id} />}
            <Id name="Response" value={last?.response_id ?? ''} />
            {call !== undefined && <Id name="Session" value={call.session_id} />}
            {call !== undefined && <Id name="User" value={call.user_id} />}
            {call !== undefined && <Id name="Key" value={call.key_id} />}
            {call !== undefined && call.purpose !== 'production' && <Id name="Purpose" value={call.purpose} />}
            {Object.entries(call?.tags ?? {}).map(([tag, value]) => (
              <Id key={tag} name={tag} value={value} />
            ))}
          </dl>
        </Panel>
      </div>
    </>
  )
}

function Id({ name, value }: { name: string; value: string }) {
  if (value === '') return null
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <CopyId label={`${name} id`} value={value} />
      </dd>
    </div>
  )
}

function Waiting({ error, traceId, retry }: { error: PageError | undefined; traceId: string; retry: () => void }) {
  if (error === undefined) return <p class="loading">Reading the trace…</p>
  if (error.code !== 'trace_unknown') return <Trouble error={error} doing="The trace could not be read." retry={retry} />
  return (
    <Empty title="Not here yet.">
      Spans arrive a second or two after the answer; this page looks again every {RETRY_S} seconds. If nothing comes, check the id <code>{traceId}</code> and that the collector runs (<code>weighbridge doctor</code>).
    </Empty>
  )
}
