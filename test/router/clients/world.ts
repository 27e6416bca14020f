// A router over simulated providers, one target for each wire they speak, for official clients that know nothing of it.
import { WIRES, type Wire } from '../../../core/model-request.ts'
import { ALL_MODELS } from '../../../sim/profiles.ts'
import { start } from '../../sim/fixture.ts'
import { running, type Running } from '../support/running.ts'

/** A simulated provider of each wire. */
const SERVED: Readonly<Record<Wire, { readonly path: string; readonly model: string }>> = {
  'openai-chat': { path: 'openai/v1', model: 'gpt-5.4' },
  'openai-responses': { path: 'openai/v1', model: 'gpt-5.5' },
  'anthropic-messages': { path: 'anthropic/v1', model: 'claude-opus-4.7' },
  gemini: { path: 'google/v1beta', model: 'gemini-3-flash-preview' },
}

export type ClientWorld = {
  /** The router's address, without /v1. */
  readonly url: string
  readonly up: Running
  /** A fetch that counts what the client really sends. */
  readonly counting: { readonly fetch: typeof fetch; count: number }
  close(): Promise<void>
}

/** Faults that each wire has targets for. */
const FAULTS = ['rate_limit_429', 'cut_mid_stream', 'overloaded_mid_stream', 'bad_request_400'] as const

/** Name of the target at a provider of this wire; `fault`: what it always does instead of answering. `surface`: who asks, since a target that failed rests for all. */
export function targetOn(wire: Wire, fault?: (typeof FAULTS)[number], surface = 'chat'): string {
  return fault === undefined ? `on-${wire}` : `on-${wire}-${fault}-${surface}`
}

export async function clientWorld(): Promise<ClientWorld> {
  // Models that never miss: what they say can be told from what nobody said.
  const sim = await start({ models: ALL_MODELS.map((model) => ({ ...model, everydayAccuracy: { ...model.everydayAccuracy, value: 1 } })) })
  const faulty = WIRES.flatMap((wire) => FAULTS.flatMap((fault) => ['chat', 'responses', 'messages'].map((surface) => [targetOn(wire, fault, surface), wire, `!${fault}`] as const)))
  const sound = WIRES.map((wire) => [targetOn(wire), wire, ''] as const)
  const all = [...sound, ...faulty]
  // A provider each: one that limits its callers rests for all its targets.
  const providers = all.map(([name, wire]) => `  p-${name}: { api: ${wire}, base_url: "${sim.url}/${SERVED[wire].path}", api_key: sk-anything, simulated: true, retries: 0 }`)
  const targets = all.map(([name, wire, suffix]) => `  ${name}: { provider: p-${name}, model: "${SERVED[wire].model}${suffix}", price: { input: 1, output: 2 } }`)
  const up = await running(`
providers:
${providers.join('\n')}
targets:
${targets.join('\n')}
router: { cooling_wait_ms: 0 }
`)
  const counting = {
    count: 0,
    fetch(input: Parameters<typeof fetch>[0], init?: Parameters<typeof fetch>[1]): Promise<Response> {
      counting.count += 1
      return fetch(input, init)
    },
  }
  return {
    url: up.router.url,
    up,
    counting,
    async close() {
      await up.close()
      await sim.close()
    },
  }
}

/** What the tools of all these tests take. */
export const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false } as const
/** Provokes two calls at once from a simulated model. */
export const TWO_CALLS = 'call:weather{"city":"Oslo"} call:weather{"city":"Rome"}'
export const QUESTION = 'How do I boil an egg?'
/** Whether a text is what the simulated models say to it: one of two sentences, and perhaps more. */
export function isAnswer(text: string | null | undefined): boolean {
  return ['Seven minutes in boiling water.', 'Start it in cold water.'].some((start) => text?.startsWith(start) === true)
}
