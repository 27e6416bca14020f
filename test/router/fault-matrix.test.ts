// The fault matrix in small: that its judges can tell every way of lying to a client, and that a real router, met with a few
// faults of each kind, lies in none. The whole of it: node bench/fault-matrix.ts.
import { beforeAll, describe, expect, it } from 'vitest'
import { bodyOf } from '../../bench/fault-matrix/asking.ts'
import { HARD, verdictOf, type Evidence } from '../../bench/fault-matrix/cell.ts'
import { judgeStream, judgeWhole } from '../../bench/fault-matrix/judge.ts'
import { differences, page } from '../../bench/fault-matrix/page.ts'
import { cellsOf, ROWS } from '../../bench/fault-matrix/rows.ts'
import { runCells, type Recorded } from '../../bench/fault-matrix/run.ts'
import { FAULT_NAMES } from '../../sim/faults/table.ts'

describe('a verdict', () => {
  const row = ROWS.find(({ name }) => name === 'cut_mid_stream')
  if (row === undefined) throw new Error('the matrix has no such row')
  const faulty = { text: 'alpha-00 alpha-01', schema: '{"a":1}', tool: '{"c":1}' }
  const healthy = { text: 'beta-00 beta-01', schema: '{"a":2}', tool: '{"c":2}' }
  const chunk = (content: string, finish: string | null = null): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`
  const of = (body: string, more: Partial<Evidence> = {}): string => verdictOf({ cell: { row }, status: 200, end: 'clean', judged: judgeStream('openai-chat', body), streamed: true, faulty, healthy, ...more }).verdict

  it('passes whole answers and honest errors', () => {
    expect(of(`${chunk('beta-00 ')}${chunk('beta-01', 'stop')}data: [DONE]\n\n`)).toBe('next')
    expect(of(`${chunk('alpha-00 alpha-01', 'stop')}data: [DONE]\n\n`)).toBe('own')
    expect(of(`${chunk('alpha-00')}data: {"error":{"message":"cut"}}\n\n`)).toBe('error')
    expect(of('', { status: 502, streamed: false, judged: judgeWhole('openai-chat', '{"error":{"message":"gone"}}') })).toBe('error')
    expect(of(`${chunk('alpha-00', 'content_filter')}data: [DONE]\n\n`)).toBe('declined')
  })

  it('fails every lie', () => {
    expect(of(`${chunk('alpha-00 ')}${chunk('beta-01', 'stop')}data: [DONE]\n\n`)).toBe('spliced')
    expect(of(`${chunk('alpha-00 ')}${chunk('beta-01')}data: {"error":{"message":"late"}}\n\n`)).toBe('spliced')
    expect(of(chunk('alpha-00'))).toBe('truncated')
    expect(of(`${chunk('alpha-00')}data: [DONE]\n\n`)).toBe('truncated')
    expect(of(`${chunk('alpha-00', 'stop')}data: [DONE]\n\n`)).toBe('truncated')
    expect(of(`${chunk('something else', 'stop')}data: [DONE]\n\n`)).toBe('altered')
    expect(of(`${chunk('alpha-00 alpha-01')}data: {"cut\n\n`)).toBe('malformed')
    expect(of(chunk('alpha-00'), { end: 'broken' })).toBe('broken')
    expect(of(chunk('alpha-00'), { end: 'hang' })).toBe('hang')
    expect(of('', { status: 502, streamed: false, judged: judgeWhole('openai-chat', '<html>') })).toBe('malformed')
    expect(of('', { status: 200, streamed: false, judged: judgeWhole('openai-responses', JSON.stringify({ object: 'response', status: 'in_progress', output: [{ type: 'message', content: [{ type: 'output_text', text: faulty.text }] }] })) })).toBe('malformed')
    expect([...HARD]).toEqual(['truncated', 'spliced', 'altered', 'malformed', 'broken', 'hang'])
  })
})

describe('a judge', () => {
  it('does not take a Response whose end contradicts its stream', () => {
    const event = (type: string, payload: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...payload })}\n\n`
    const final = { object: 'response', status: 'completed', output: [{ type: 'message', content: [{ type: 'output_text', text: 'one two' }] }] }
    const streamed = (delta: string) => judgeStream('openai-responses', event('response.output_text.delta', { delta }) + event('response.completed', { response: final }))
    expect(streamed('one two')).toMatchObject({ complete: true, malformed: undefined })
    expect(streamed('one')).toMatchObject({ complete: false, malformed: expect.stringContaining('not the streamed one') })
  })

  it('wants the terminal event of a message, not only its stop reason', () => {
    const delta = 'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n'
    expect(judgeStream('anthropic-messages', delta).complete).toBe(false)
    expect(judgeStream('anthropic-messages', `${delta}event: message_stop\ndata: {"type":"message_stop"}\n\n`).complete).toBe(true)
  })
})

describe('the rows', () => {
  it('hold every fault the sim has, and faults of the way there', () => {
    for (const name of FAULT_NAMES) expect(ROWS.some((row) => row.name === name), name).toBe(true)
    expect(ROWS.filter(({ place }) => place !== undefined)).toHaveLength(4)
    expect(cellsOf(ROWS, false)).toHaveLength(ROWS.length * 3 * 2 * 2)
    expect(bodyOf('gemini', 'm', true, 'text').path).toContain('alt=sse')
  })
})

describe('a real router', () => {
  const OWN = ['refused', 'tls_silent', 'rate_limit_429', 'server_500', 'hang_mid_stream', 'reset_mid_headers', 'cut_before_first_token', 'cut_mid_stream', 'end_mid_stream', 'missing_done', 'empty_200', 'malformed_chunk', 'error_event_mid_stream', 'overloaded_first', 'duplicate_terminal', 'data_after_terminal', 'no_usage', 'slow_drip']
  const ACROSS = ['cut_before_first_token', 'cut_mid_stream', 'end_mid_stream', 'error_event_mid_stream']
  let records: Recorded[] = []
  beforeAll(async () => {
    const rows = (names: readonly string[]) => ROWS.filter(({ name }) => names.includes(name))
    records = [...(await runCells(cellsOf(rows(OWN), false), 6)), ...(await runCells(cellsOf(rows(ACROSS), true), 6))]
  }, 60_000)

  const told = ({ outcome: { cell, verdict, status, detail } }: Recorded): string => `${cell.row.name} ${cell.surface}→${cell.wire}${cell.stream ? ' stream' : ''}${cell.alone ? ' alone' : ''}: ${verdict} ${status}, ${detail}`
  const of = (name: string): Recorded[] => records.filter(({ outcome }) => outcome.cell.row.name === name)

  it('never cuts, splices, alters or withholds an answer unsaid', () => {
    expect(records.length).toBe(OWN.length * 12 + ACROSS.length * 36)
    expect(records.filter(({ outcome }) => HARD.has(outcome.verdict)).map(told)).toEqual([])
  })

  it('answers from the next link while nothing has gone out, and says so honestly when there is none', () => {
    for (const name of ['refused', 'tls_silent', 'rate_limit_429', 'server_500', 'reset_mid_headers', 'cut_before_first_token', 'empty_200', 'overloaded_first']) {
      for (const record of of(name)) expect(record.outcome.verdict, told(record)).toBe(record.outcome.cell.alone ? 'error' : 'next')
    }
  })

  it('ends a stream that has begun with an error event, whatever stands next in the chain', () => {
    for (const name of ['hang_mid_stream', 'cut_mid_stream', 'end_mid_stream', 'malformed_chunk', 'error_event_mid_stream']) {
      for (const record of of(name).filter(({ outcome }) => outcome.cell.stream)) expect(record.outcome, told(record)).toMatchObject({ verdict: 'error', inStream: true, status: 200 })
    }
  })

  it('gets over what is no harm', () => {
    for (const name of ['no_usage', 'slow_drip']) for (const record of of(name)) expect(record.outcome.verdict, told(record)).toBe('own')
  })

  it('records what every attempt cost, and the call as their sum', () => {
    for (const record of records) expect(record.sums, told(record)).not.toBe(false)
    for (const record of of('cut_mid_stream').filter(({ outcome }) => outcome.cell.stream)) expect(record.failedCost, told(record)).toEqual(['estimated'])
    for (const record of [...of('refused'), ...of('server_500')]) expect(record.failedCost, told(record)).toEqual(['nothing'])
  })

  it('fills a page that does not change with the clock', () => {
    const text = page(records.slice(0, 24), [])
    expect(text).toContain('| `refused` | next')
    expect(differences(text, text.replaceAll(/\d\.\d s/g, '9.9 s'))).toEqual([])
    expect(differences(text, text.replace('| next', '| **HANG**'))).toHaveLength(2)
  })
})
