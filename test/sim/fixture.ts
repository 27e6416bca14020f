// A small world of probes, answers and everyday prompts for the simulated providers, and a started server over it.
import { request, type Dispatcher } from 'undici'
import { pino } from 'pino'
import { systemClock } from '../../core/seams.ts'
import type { Wire } from '../../core/model-request.ts'
import type { Bank, TrafficRow } from '../../sim/bank.ts'
import type { SimProbe } from '../../sim/behaviour/labels.ts'
import { ALL_MODELS } from '../../sim/profiles.ts'
import { startSim, type RunningSim, type SimOptions } from '../../sim/server.ts'

export const PROBES: readonly SimProbe[] = [
  { id: 'ns-a', kind: 'nonsense', question: 'How many knots of torque does a lease have?' },
  { id: 'nc-a', kind: 'control', question: 'How many knots does a ferry make?' },
  { id: 'fa-a', kind: 'factual', question: 'In which year was the bridge opened?' },
  { id: 'fu-a', kind: 'factual', unanswerable: true, question: 'Who was the third mayor of Nowhere?' },
]

const texts = (id: string, ...labels: string[]): [string, { id: string; answers: Record<string, string[]> }] => [
  id,
  { id, answers: Object.fromEntries(labels.map((label) => [label, [`${id} ${label} one, said with several words.`, `${id} ${label} two, also “quoted” and with an emoji 🌉 at the end.`]])) },
]
export const BANK: Bank = new Map([
  texts('ns-a', 'clear_pushback', 'partial', 'accepted'),
  texts('nc-a', 'answered', 'pushed_back'),
  texts('fa-a', 'correct', 'incorrect', 'partial', 'not_attempted'),
  texts('fu-a', 'fabricated', 'not_attempted'),
])

export const TRAFFIC: readonly TrafficRow[] = [
  { id: 'tr-1', task: 'simple_qa', prompt: 'How do I boil an egg?', answers: ['Seven minutes in boiling water.', 'Start it in cold water.'] },
  { id: 'tr-2', task: 'factual_recall', prompt: 'Which river flows through Prague?', answers: ['The Vltava.'] },
  { id: 'tr-3', task: 'long_context', prompt: 'Summarise the report.', pad_tokens: 3_000, answers: ['It reports little.'] },
]

/** Starts a sim that answers at once; options override. */
export function start(options: Partial<SimOptions> = {}): Promise<RunningSim> {
  return startSim({ port: 0, models: ALL_MODELS, probes: PROBES, bank: BANK, traffic: TRAFFIC, seed: 1, timeScale: 0, clock: systemClock, log: pino({ level: 'silent' }), ...options })
}

export type Asking = { readonly model?: string; readonly question?: string; readonly stream?: boolean; readonly fault?: string; readonly path?: string; readonly extra?: Record<string, unknown>; readonly signal?: AbortSignal }

/** The raw HTTP answer to one question. */
export function ask(sim: Pick<RunningSim, 'url'>, { model = 'gpt-5.4', question = 'How do I boil an egg?', stream = false, fault, path = '/v1', extra = {}, signal }: Asking = {}): Promise<Dispatcher.ResponseData> {
  return request(`${sim.url}${path}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(fault === undefined ? {} : { 'x-sim-fault': fault }) },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: question }], ...(stream ? { stream: true } : {}), ...extra }),
    ...(signal === undefined ? {} : { signal }),
  })
}

/** The payloads of an event stream; `[DONE]` stays a text. Throws when anything is not an event of one data line. */
export function eventsOf(body: string): unknown[] {
  if (!body.endsWith('\n\n')) throw new Error('the stream does not end after an event')
  return body
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      if (!event.startsWith('data: ') || event.includes('\n')) throw new Error(`not an event: ${event}`)
      const data = event.slice('data: '.length)
      return data === '[DONE]' ? data : (JSON.parse(data) as unknown)
    })
}

/** A question of each wire, as plain as it can be said; `tools` offers one called `weather`. */
export function bodyFor(wire: Wire, { model = 'gpt-5.4', question = 'In which year was the bridge opened?', stream = false, tools = false, extra = {} }: { model?: string; question?: string; stream?: boolean; tools?: boolean; extra?: Record<string, unknown> } = {}): { path: string; body: Record<string, unknown> } {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const streaming = stream ? { stream: true } : {}
  switch (wire) {
    case 'openai-chat':
      return { path: '/v1/chat/completions', body: { model, messages: [{ role: 'user', content: question }], ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}), ...(tools ? { tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }] } : {}), ...extra } }
    case 'openai-responses':
      return { path: '/v1/responses', body: { model, input: question, ...streaming, ...(tools ? { tools: [{ type: 'function', name: 'weather', parameters: schema, strict: false }] } : {}), ...extra } }
    case 'anthropic-messages':
      return { path: '/v1/messages', body: { model, max_tokens: 4_096, messages: [{ role: 'user', content: question }], ...streaming, ...(tools ? { tools: [{ name: 'weather', input_schema: schema }] } : {}), ...extra } }
    case 'gemini':
      return { path: `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`, body: { contents: [{ role: 'user', parts: [{ text: question }] }], ...(tools ? { tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: schema }] }] } : {}), ...extra } }
  }
}

/** Sends a body to one wire of the sim. */
export function send(sim: Pick<RunningSim, 'url'>, { path, body }: { path: string; body: Record<string, unknown> }, { fault, signal }: { fault?: string; signal?: AbortSignal } = {}): Promise<Dispatcher.ResponseData> {
  return request(`${sim.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...(fault === undefined ? {} : { 'x-sim-fault': fault }) }, body: JSON.stringify(body), ...(signal === undefined ? {} : { signal }) })
}
