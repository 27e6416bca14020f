// Answers with status 200 whose bytes are wrong: no body, another kind of body, broken encodings and lengths, far too much,
// or more after the end.
import { gzipSync } from 'node:zlib'
import { lastMs, planBody, REFUSAL_MS, STREAM_HEADERS, type Step } from '../plan.ts'
import { beforeOutput, bodyOf, CUT_AFTER_MS, endAfter, event, half, headOf, isPart, otherHalf, unsized, withHeaders, type Fault, type FaultContext } from './fault.ts'

const BLOCK = 'x'.repeat(64 * 1024)
const blocks = (megabytes: number): number => Math.ceil((megabytes * 1024 * 1024) / BLOCK.length)

const sized = ({ answer, said }: FaultContext, lengthOf: (bytes: number) => number): Step[] => {
  const steps = answer(said)
  return withHeaders(steps, (headers) => ({ ...headers, 'content-length': String(Math.max(1, lengthOf(bodyOf(steps).length))) }))
}

/** The last bytes that say an answer is over, in whatever part its wire says it. */
const terminal = (steps: readonly Step[]): Step[] => {
  const ends = steps.filter((step) => isPart(step, 'end'))
  return ends.length > 0 ? ends : steps.filter((step) => isPart(step, 'finish')).slice(-1)
}

const beforeEnd = (steps: readonly Step[], more: readonly Step[]): Step[] => [...steps.filter((step) => step.kind !== 'end'), ...more.map((step) => ('atMs' in step ? { ...step, atMs: lastMs(steps) } : step)), ...steps.filter((step) => step.kind === 'end')]

export const BODIES = {
  empty_200: { about: 'Status 200 and no body at all', delivers: false, steps: ({ asked, timeScale }) => planBody(200, asked.stream ? 'text/event-stream; charset=utf-8' : 'application/json', '', REFUSAL_MS * timeScale) },
  html_200: { about: "A proxy's page with status 200", delivers: false, steps: ({ timeScale }) => planBody(200, 'text/html; charset=utf-8', '<!doctype html><html><head><title>One moment</title></head><body><h1>Checking your browser</h1></body></html>', REFUSAL_MS * timeScale) },
  not_http: { about: 'Bytes that are no HTTP answer', delivers: false, steps: ({ timeScale }) => [{ kind: 'raw', atMs: 5 * timeScale, data: 'SSH-2.0-OpenSSH_9.6\r\n' }, { kind: 'cut', atMs: 5 * timeScale + CUT_AFTER_MS }] },
  wrong_content_type: { about: 'The right body under the name of another', delivers: true, steps: ({ answer, said }) => withHeaders(answer(said), (headers) => ({ ...headers, 'content-type': 'text/html' })) },
  wrong_form: {
    about: 'A whole body where a stream was asked for, and the other way round',
    delivers: false,
    steps: ({ surface, asked, said, timeScale }) =>
      asked.stream
        ? planBody(200, 'application/json', surface.whole(said, asked), REFUSAL_MS * timeScale)
        : withHeaders(planBody(200, '', surface.events(said, asked).map(({ data }) => data).join(''), REFUSAL_MS * timeScale), () => ({ ...STREAM_HEADERS })),
  },
  malformed_json: {
    about: 'JSON that ends in the middle; streamed: one such event after the start',
    delivers: false,
    steps: ({ asked, answer, said }) => {
      if (!asked.stream) return endAfter(half(answer(said)))
      const steps = beforeOutput(answer(said))
      return endAfter([...steps, event(steps, 'output', 'data: {"id":"broken","choices":[{"delta":{"content":"Hel\n\n')])
    },
  },
  malformed_chunk: {
    about: 'One event in the middle that is no JSON, the rest as it should be; unstreamed: a comma too many',
    delivers: false,
    steps: ({ asked, answer, said }) => {
      const steps = answer(said)
      if (!asked.stream) return unsized(steps).map((step) => (step.kind === 'bytes' ? { ...step, data: Buffer.from(step.data).toString('utf8').replace('{', '{,') } : step))
      const first = half(steps)
      return [...first, event(first, 'output', 'data: {"broken": "chunk\n\n'), ...otherHalf(steps)]
    },
  },
  invalid_utf8: {
    about: 'Bytes inside a text that are no UTF-8',
    delivers: false,
    steps: ({ asked, answer, said }) => {
      const steps = unsized(answer(said))
      const outputs = steps.filter((step) => isPart(step, 'output', 'whole'))
      const victim = outputs[Math.floor(outputs.length / 2)]
      return steps.map((step) => (step === victim && step.kind === 'bytes' ? { ...step, data: spoilt(step.data, asked.stream) } : step))
    },
  },
  length_too_long: {
    about: 'content-length promises more than comes before the connection closes',
    delivers: false,
    steps: (context) => {
      const steps = sized(context, (bytes) => bytes + 500).filter((step) => step.kind !== 'end')
      return [...steps, { kind: 'cut', atMs: lastMs(steps) + CUT_AFTER_MS }]
    },
  },
  length_too_short: { about: 'content-length promises half of what comes', delivers: false, steps: (context) => sized(context, (bytes) => Math.floor(bytes / 2)) },
  gzip_mislabelled: { about: 'content-encoding: gzip over a body that is not', delivers: false, steps: ({ answer, said }) => withHeaders(answer(said), (headers) => ({ ...headers, 'content-encoding': 'gzip' })) },
  gzip_unlabelled: {
    about: 'A gzip body that nobody asked for and no header names',
    delivers: false,
    steps: ({ asked, answer, said }) => {
      const steps = answer(said)
      const head = unsized(headOf(steps))
      return [...head, { kind: 'bytes', atMs: lastMs(head), part: asked.stream ? 'output' : 'whole', data: gzipSync(bodyOf(steps)) }, { kind: 'end', atMs: lastMs(head) }]
    },
  },
  huge_head: { about: 'More response headers than anyone reads', delivers: false, params: { kb: 256 }, steps: ({ answer, said, param }) => withHeaders(answer(said), (headers) => ({ ...headers, 'x-padding': 'x'.repeat(param('kb') * 1024) })) },
  huge_body: {
    about: 'An answer that does not stop; unstreamed: a body of many megabytes',
    delivers: false,
    params: { mb: 256 },
    steps: ({ asked, answer, said, param }) => {
      const steps = unsized(answer(said))
      const first = steps.find((step) => isPart(step, 'output'))
      if (!asked.stream || first?.kind !== 'bytes') return bulk(steps, param('mb'))
      // Many events a write, or the writing itself would be the bound.
      const text = Buffer.from(first.data).toString('utf8')
      const many = text.repeat(Math.max(1, Math.floor(BLOCK.length / text.length)))
      return [...beforeOutput(steps), { kind: 'flood', atMs: first.atMs, data: many, times: Math.ceil((param('mb') * 1024 * 1024) / many.length) }, ...steps.slice(steps.indexOf(first))]
    },
  },
  huge_event: { about: 'One event of many megabytes', delivers: false, params: { mb: 256 }, steps: ({ answer, said, param }) => bulk(unsized(answer(said)), param('mb')) },
  duplicate_terminal: {
    about: 'The terminal event twice; unstreamed: the body twice',
    delivers: true,
    steps: ({ asked, answer, said }) => {
      const steps = answer(said)
      return asked.stream ? beforeEnd(steps, terminal(steps)) : beforeEnd(unsized(steps), steps.filter((step) => step.kind === 'bytes'))
    },
  },
  data_after_terminal: {
    about: 'More output after the terminal event; unstreamed: text after the body',
    delivers: true,
    steps: ({ asked, answer, said }) => {
      const steps = unsized(answer(said))
      const output = steps.find((step) => isPart(step, 'output'))
      return beforeEnd(steps, asked.stream && output !== undefined ? [output] : [event(steps, 'close', '\nand more')])
    },
  },
  crlf: {
    about: 'A stream with CRLF line ends and a byte order mark, as the format allows',
    delivers: true,
    steps: ({ asked, answer, said }) => {
      let marked = false
      return answer(said).map((step) => {
        if (!asked.stream || step.kind !== 'bytes') return step
        const text = Buffer.from(step.data).toString('utf8').replaceAll(/\r?\n/g, '\r\n')
        const bom = marked ? '' : '\uFEFF'
        marked = true
        return { ...step, data: bom + text }
      })
    },
  },
  unknown_events: {
    about: 'Events, comments and members that this version of the wire does not have, between those it does',
    delivers: true,
    steps: ({ surface, asked, answer, said }) => answer(said).flatMap((step) => (asked.stream && isPart(step, 'output') ? [{ ...step, data: NEWS[surface.wire] }, step] : [step])),
  },
  early_hints: { about: 'An informational answer (103) before the real one', delivers: true, steps: ({ answer, said }) => [{ kind: 'hints', atMs: 0, headers: { link: '</style.css>; rel=preload; as=style' } }, ...answer(said)] },
} as const satisfies Record<string, Fault>

/** What a later version of each wire might send. */
const NEWS = {
  'openai-chat': ': a comment\n\ndata: {"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[]}\n\n',
  'openai-responses': ': a comment\n\nevent: response.something_new\ndata: {"type":"response.something_new","sequence_number":0}\n\n',
  'anthropic-messages': ': a comment\n\nevent: something_new\ndata: {"type":"something_new"}\n\n',
  gemini: ': a comment\r\n\r\ndata: {"somethingNew":{}}\r\n\r\n',
} as const

/** A body of so many megabytes that keeps the form of JSON or of one event. */
function bulk(steps: readonly Step[], megabytes: number): Step[] {
  const before = beforeOutput(steps)
  const atMs = lastMs(before)
  const isStream = !steps.some((step) => isPart(step, 'whole'))
  const [open, close] = isStream ? ['data: {"padding":"', '"}\n\n'] : ['{"padding":"', '"}']
  const rest = isStream ? steps.slice(before.length) : [{ kind: 'end', atMs } as const]
  return [...before, { kind: 'bytes', atMs, part: 'output', data: open }, { kind: 'flood', atMs, data: BLOCK, times: blocks(megabytes) }, { kind: 'bytes', atMs, part: 'close', data: close }, ...rest]
}

/** Puts a half and an impossible byte inside the last JSON text of some bytes. */
function spoilt(data: string | Uint8Array, stream: boolean): Uint8Array {
  const bytes = Buffer.from(data)
  const text = bytes.toString('latin1')
  const found = text.search(stream ? /"(content|delta|text|partial_json)":"[^"]/ : /"(content|text)":"[^"]/)
  const at = found === -1 ? Math.floor(bytes.length / 2) : text.indexOf('":"', found) + 3
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xc3, 0x28, 0xff]), bytes.subarray(at)])
}
