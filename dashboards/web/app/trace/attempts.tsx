// The attempts side by side, and what differs between them: outcome, model, tokens with their cache split, cost, times, and every
// attribute. Lines that are the same everywhere step back, or go.
import type { ComponentChildren } from 'preact'
import { ERROR_CATALOGUE, type ErrorCode } from '../../../../core/errors.ts'
import type { Span } from '../../api/trace.ts'
import type { Address, Go } from '../address.ts'
import { count, duration, UNKNOWN, usd } from '../format.ts'
import { Choice, CopyId, Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName } from '../targets.tsx'

type Fact = { readonly name: string; readonly text: (span: Span) => string; readonly show?: (span: Span) => ComponentChildren }

const FACTS: readonly Fact[] = [
  { name: 'Outcome', text: (a) => (a.status === 'Error' ? `${a.error_code} ${a.status_message}` : 'answered'), show: (a) => <Outcome span={a} /> },
  { name: 'Model', text: (a) => `${a.model}${a.effort === '' ? '' : `, effort ${a.effort}`} at ${a.provider}` },
  { name: 'Why this one', text: (a) => a.reason || UNKNOWN },
  { name: 'Served', text: (a) => (a.served_model === '' ? UNKNOWN : `${a.served_model}${a.system_fingerprint === '' ? '' : ` · ${a.system_fingerprint}`}`) },
  { name: 'Service tier', text: (a) => a.service_tier || UNKNOWN },
  { name: 'Finish', text: (a) => `${a.finish_reason || UNKNOWN}${a.http_status === 0 ? '' : ` · HTTP ${a.http_status}`}` },
  { name: 'Tokens in', text: (a) => `${a.input_tokens} ${a.cache_read_tokens} ${a.cache_write_tokens}`, show: (a) => <Input span={a} /> },
  { name: 'Tokens out', text: (a) => (a.output_tokens === null ? UNKNOWN : `${count(a.output_tokens)}${a.reasoning_tokens === null ? '' : `, ${count(a.reasoning_tokens)} of them reasoning`}`) },
  { name: 'Cost', text: (a) => `${a.cost_usd} ${a.cost_source} ${a.price_version}`, show: (a) => <Cost span={a} /> },
  { name: 'First token', text: (a) => duration(a.ttft_ms) },
  { name: 'Took', text: (a) => `${duration(a.duration_ms)}${speed(a)}` },
  { name: 'Response id', text: (a) => a.response_id, show: (a) => (a.response_id === '' ? UNKNOWN : <CopyId label="response id" value={a.response_id} />) },
]

const SHOWS = ['facts', 'differences', 'everything'] as const

export function Attempts({ attempts, address, go }: { attempts: readonly Span[]; address: Address; go: Go }) {
  if (attempts.length === 0) {
    return (
      <Panel title="Attempts">
        <p class="note">No provider was called: the decision above says why.</p>
      </Panel>
    )
  }
  const show = SHOWS.find((name) => name === address.own['attempts']) ?? 'facts'
  const lines = show === 'facts' ? FACTS : [...FACTS, ...attributeFacts(attempts)]
  const shown = lines.map((fact) => ({ fact, differs: new Set(attempts.map(fact.text)).size > 1 })).filter(({ differs }) => show !== 'differences' || differs)
  const several = attempts.length > 1
  return (
    <Panel
      title={several ? 'Attempts, side by side' : 'The attempt'}
      note={several ? '≠ where they differ' : undefined}
      more={
        <Choice
          label="What is compared"
          choices={[{ value: 'facts', name: 'Main facts' }, ...(several ? [{ value: 'differences' as const, name: 'What differs' }] : []), { value: 'everything', name: 'Every attribute' }]}
          chosen={show}
          choose={(value) => go({ own: { attempts: value === 'facts' ? '' : value } })}
        />
      }
    >
      <Scroll label="Attempts side by side">
        <table class={several ? 'attempts several' : 'attempts'}>
          <thead>
            <tr>
              <th scope="col">
                <span class="hidden">Fact</span>
              </th>
              {attempts.map((attempt) => (
                <th key={attempt.span_id} scope="col">
                  {attempt.attempt}. <TargetName name={attempt.target} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ fact, differs }) => (
              <tr key={fact.name} class={differs ? 'differs' : undefined}>
                <th scope="row">{fact.name}</th>
                {attempts.map((attempt) => (
                  <td key={attempt.span_id}>{fact.show === undefined ? fact.text(attempt) || UNKNOWN : fact.show(attempt)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}

function attributeFacts(attempts: readonly Span[]): Fact[] {
  const names = [...new Set(attempts.flatMap((attempt) => Object.keys(attempt.attributes)))].toSorted()
  return names.map((name) => ({ name, text: (span) => span.attributes[name] ?? '', show: (span) => <code>{span.attributes[name] ?? UNKNOWN}</code> }))
}

function Outcome({ span }: { span: Span }) {
  if (span.status !== 'Error') return <span class="badge good">✓ answered</span>
  return (
    <>
      <span class="badge bad">✕ {span.error_code === '' ? 'failed' : span.error_code}</span>
      {span.status_message !== '' && <p>{span.status_message}</p>}
      {isKnown(span.error_code) && <p class="muted">{ERROR_CATALOGUE[span.error_code].remedy}</p>}
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
  const { input_tokens: total, cache_read_tokens: read, cache_write_tokens: write } = span
  if (total === null) return UNKNOWN
  const part = (n: number | null): string => `${total === 0 ? 0 : ((n ?? 0) / total) * 100}%`
  return (
    <>
      {count(total)}
      {(read !== null || write !== null) && (
        <>
          <span class="split" role="img" aria-label={`${count(read ?? 0)} read from cache, ${count(write ?? 0)} written`}>
            <i class="read-part" style={{ width: part(read) }} />
            <i class="write-part" style={{ width: part(write) }} />
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
