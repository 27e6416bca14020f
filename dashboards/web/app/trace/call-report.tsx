// One call told in full: how it ended, the waterfall it stands in, why it went where, its attempts side by side, what it cost, what was
// said of it, its text where that was kept, its ids, and every span as stored.
import type { ComponentChildren } from 'preact'
import type { CallDetail, Span, TraceAnswer } from '../../api/trace.ts'
import type { Address, Go } from '../address.ts'
import { count, duration, percent, spoken, usd } from '../format.ts'
import { CopyId, Figure, Panel } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'
import { Attempts } from './attempts.tsx'
import { DecisionPanel } from './decision.tsx'
import { FollowUps } from './follow-ups.tsx'
import { Money } from './money.tsx'
import { Raw } from './raw.tsx'
import { Said } from './said.tsx'
import { Timeline } from './timeline.tsx'

type Props = { readonly answer: TraceAnswer; readonly detail: CallDetail; readonly address: Address; readonly go: Go; readonly waterfall: ComponentChildren }

export function CallReport({ answer, detail, address, go, waterfall }: Props) {
  const call = detail.spans.find((span) => span.role === 'call')
  const attempts = detail.spans.filter((span) => span.role === 'attempt').toSorted((a, b) => a.attempt - b.attempt)
  return (
    <>
      <Verdict call={call} attempts={attempts} />
      {waterfall}
      <div class="columns wide-narrow">
        <DecisionPanel key={detail.span_id} call={call} attempts={attempts} />
        <Ids answer={answer} call={call} attempts={attempts} />
      </div>
      <Attempts attempts={attempts} address={address} go={go} />
      <div class="columns even">
        <Timeline call={call} attempts={attempts} />
        <FollowUps key={detail.span_id} answer={answer} callId={detail.span_id} />
      </div>
      <Money call={call} attempts={attempts} split={detail.split} />
      <Said answer={answer} detail={detail} />
      <Raw key={`${detail.span_id} ${address.own['span'] ?? ''}`} answer={answer} detail={detail} named={address.own['span']} />
    </>
  )
}

function Verdict({ call, attempts }: { call: Span | undefined; attempts: readonly Span[] }) {
  const last = attempts.at(-1)
  const failed = (call?.status ?? last?.status) === 'Error'
  const wasted = call?.call_wasted_usd ?? null
  const failedOver = attempts.slice(0, -1)
  return (
    <section class="verdict" aria-label="Outcome">
      <h1>
        <span class={failed ? 'badge bad' : 'badge good'}>{failed ? '✕ failed' : '✓ answered'}</span> {call?.task ?? last?.task ?? 'call'}
        {last !== undefined && (
          <>
            {' '}
            {failed ? 'last tried' : 'by'} <TargetName name={last.target} />
          </>
        )}
        {last === undefined && call !== undefined && call.error_code !== '' && ` ${spoken(call.error_code)}`}
      </h1>
      {failedOver.length > 0 && (
        <p class="story">
          Failed over from{' '}
          {failedOver.map((attempt, i) => (
            <span key={attempt.span_id}>
              {i > 0 && ', then '}
              <TargetName name={attempt.target} /> ({spoken(attempt.error_code) || 'failed'})
            </span>
          ))}
          .
        </p>
      )}
      <dl class="figures">
        <Figure name="Took" value={duration(call?.duration_ms ?? last?.duration_ms)}>
          {attempts.length === 1 ? 'one attempt' : `${count(attempts.length)} attempts`}
        </Figure>
        <Figure name="First token" value={duration(call?.ttft_ms ?? last?.ttft_ms)}>
          {call?.ttft_ms == null ? 'none' : `${call.stream ? 'streamed' : 'not streamed'}${attempts.length > 1 ? ', of the attempt that answered' : ''}`}
        </Figure>
        <Figure name="Cost" value={call === undefined ? '–' : call.call_cost_usd === null ? (attempts.length === 0 ? '$0' : 'unpriced') : usd(call.call_cost_usd)} tone={call !== undefined && call.call_cost_usd === null && attempts.length > 0 ? 'warn' : undefined}>
          all attempts
        </Figure>
        <Figure name="Wasted" value={usd(wasted)} tone={wasted !== null && wasted > 0 ? 'bad' : undefined}>
          {attempts.length < 2 ? 'nothing to waste' : 'on output that was not used'}
        </Figure>
        <Figure name="Drawn with" value={percent(call?.propensity)}>
          {call?.route_version === 0 ? 'configured weights' : `route table v${call?.route_version ?? '?'}`}
        </Figure>
      </dl>
    </section>
  )
}

function Ids({ answer, call, attempts }: { answer: TraceAnswer; call: Span | undefined; attempts: readonly Span[] }) {
  const started = call?.started_ns ?? attempts[0]?.started_ns
  return (
    <Panel title="Who and when">
      <dl class="ids">
        {started !== undefined && (
          <div>
            <dt>Started</dt>
            <dd>{new Date(Number(BigInt(started) / 1_000_000n)).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })}</dd>
          </div>
        )}
        {call !== undefined && <Plain name="Asked for" value={call.model_requested} />}
        {call !== undefined && call.purpose !== 'production' && <Plain name="Purpose" value={call.purpose} />}
        <Id name="Trace" value={answer.trace_id} />
        {call !== undefined && <Id name="Request" value={call.request_id} />}
        <Id name="Response" value={attempts.at(-1)?.response_id ?? ''} />
        {call !== undefined && <Id name="Session" value={call.session_id} />}
        {call !== undefined && <Id name="User" value={call.user_id} />}
        {call !== undefined && <Id name="Key" value={call.key_id} />}
        {Object.entries(call?.tags ?? {}).map(([tag, value]) => (
          <Plain key={tag} name={tag} value={value} />
        ))}
      </dl>
    </Panel>
  )
}

function Plain({ name, value }: { name: string; value: string }) {
  return value === '' ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function Id({ name, value }: { name: string; value: string }) {
  return value === '' ? null : (
    <div>
      <dt>{name}</dt>
      <dd>
        <CopyId label={`${name} id`} value={value} />
      </dd>
    </div>
  )
}
