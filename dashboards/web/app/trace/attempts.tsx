// The attempts side by side: outcome, tokens with their cache split, cost, and what a failed one cost.
import type { ComponentChildren } from 'preact'
import { ERROR_CATALOGUE, type ErrorCode } from '../../../../core/errors.ts'
import type { Span } from '../../api.ts'
import { count, duration, UNKNOWN, usd } from '../format.ts'
import { CopyId, Panel } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

export function Attempts({ attempts, wasted }: { attempts: readonly Span[]; wasted: number | null }) {
  if (attempts.length === 0) {
    return (
      <Panel title="Attempts">
        <p class="note">No provider was called: the decision below says why.</p>
      </Panel>
    )
  }
  const failedCost = attempts.length > 1 && wasted !== null && wasted > 0
  return (
    <Panel title="Attempts" note={failedCost ? `${usd(wasted)} went to output nobody got` : undefined}>
      <div class="scroll">
        <table class="attempts">
          <thead>
            <tr>
              <td />
              {attempts.map((a) => (
                <th key={a.span_id} scope="col">
                  {a.attempt}. <TargetName name={a.target} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Line name="Outcome" attempts={attempts} of={(a) => <Outcome span={a} />} />
            <Line name="Model" attempts={attempts} of={(a) => `${a.model}${a.effort === '' ? '' : `, effort ${a.effort}`} at ${a.provider}`} />
            <Line name="Served" attempts={attempts} of={(a) => (a.served_model === '' ? UNKNOWN : `${a.served_model}${a.system_fingerprint === '' ? '' : ` · ${a.system_fingerprint}`}`)} />
            <Line name="Finish" attempts={attempts} of={(a) => `${a.finish_reason === '' ? UNKNOWN : a.finish_reason}${a.http_status === 0 ? '' : ` · HTTP ${a.http_status}`}`} />
            <Line name="Cost" attempts={attempts} of={(a) => <Cost span={a} />} />
            <Line name="Tokens in" attempts={attempts} of={(a) => <Input span={a} />} />
            <Line name="Tokens out" attempts={attempts} of={(a) => (a.output_tokens === null ? UNKNOWN : `${count(a.output_tokens)}${a.reasoning_tokens === null ? '' : `, ${count(a.reasoning_tokens)} of them reasoning`}`)} />
            <Line name="First token" attempts={attempts} of={(a) => duration(a.ttft_ms)} />
            <Line name="Took" attempts={attempts} of={(a) => `${duration(a.duration_ms)}${speed(a)}`} />
            <Line name="Response id" attempts={attempts} of={(a) => (a.response_id === '' ? UNKNOWN : <CopyId label="response id" value={a.response_id} />)} />
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function Line({ name, attempts, of }: { name: string; attempts: readonly Span[]; of: (span: Span) => ComponentChildren }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {attempts.map((a) => (
        <td key={a.span_id}>{of(a)}</td>
      ))}
    </tr>
  )
}

function Outcome({ span }: { span: Span }) {
  if (span.status !== 'Error') return <span class="status good">✓ answered</span>
  return (
    <>
      <span class="status bad">✕ {span.error_code === '' ? 'failed' : span.error_code}</span>
      {span.status_message !== '' && <p class="said">{span.status_message}</p>}
      {isKnown(span.error_code) && <p class="remedy">{ERROR_CATALOGUE[span.error_code].remedy}</p>}
    </>
  )
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CATALOGUE, code)
}

function Cost({ span }: { span: Span }) {
  if (span.cost_usd === null) return <em class="warn">unpriced: cost unknown, not zero</em>
  const failed = span.status === 'Error'
  return (
    <>
      <b class={failed && span.cost_usd > 0 ? 'err' : undefined}>{usd(span.cost_usd)}</b> {failed && span.cost_usd > 0 ? 'wasted, ' : ''}
      {span.cost_source}
      {span.price_version !== '' && <small> · {span.price_version}</small>}
    </>
  )
}

function Input({ span }: { span: Span }) {
  const total = span.input_tokens
  if (total === null) return UNKNOWN
  const read = span.cache_read_tokens
  const write = span.cache_write_tokens
  const part = (n: number | null): string => `${total === 0 ? 0 : ((n ?? 0) / total) * 100}%`
  return (
    <>
      {count(total)}
      {(read !== null || write !== null) && (
        <>
          <span class="split" role="img" aria-label={`${count(read ?? 0)} read from cache, ${count(write ?? 0)} written`}>
            <i class="read" style={{ width: part(read) }} />
            <i class="write" style={{ width: part(write) }} />
          </span>
          <small>
            {read !== null && `${count(read)} read from cache`}
            {read !== null && write !== null && ', '}
            {write !== null && `${count(write)} written to it`}
          </small>
        </>
      )}
    </>
  )
}

function speed(span: Span): string {
  if (span.output_tokens === null || span.ttft_ms === null || span.status === 'Error') return ''
  const seconds = (span.duration_ms - span.ttft_ms) / 1_000
  return seconds > 0 ? ` · ${Math.round(span.output_tokens / seconds)} tokens/s` : ''
}
