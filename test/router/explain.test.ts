// What `config explain` says of a call and what then happens to it agree, for every reason a target is chosen by and every reason
// one is left out: the question is asked right before the call, and compared with the decision on its trace.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { REASONS, type Reason } from '../../core/attributes.ts'
import type { Target } from '../../core/config.ts'
import type { KeyFacts, KeyRing } from '../../core/mount.ts'
import { explainRequest } from '../../core/explanation.ts'
import { sealRouteTable, type RouteTable } from '../../core/route-table.ts'
import type { ExclusionReason } from '../../router/decide/admit.ts'
import type { DecisionRecord } from '../../router/decide/decision-record.ts'
import { eventually, parse, running, type Running } from './support/running.ts'
import { answering, failing, scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'

const SCHEMA = { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false } } }
const yaml = (url: string): string => `
providers:
  one: { retries: 0, base_url: "${url}", api_keys: [k1, k2] }
  two: { retries: 0, base_url: "${url}", api_key: k }
  fake: { retries: 0, base_url: "${url}", simulated: true }
  claude: { retries: 0, api: anthropic-messages, base_url: "${url}", api_key: k }
targets:
  alpha: { provider: one, model: alpha, price: { input: 2, output: 10 }, context_window: 200000 }
  beta: { provider: two, model: beta, price: { input: 4, output: 20 }, lacks: [json_schema] }
  high: { provider: two, model: beta, effort: high, price: { input: 4, output: 20 } }
  short: { provider: two, model: short, price: { input: 1, output: 5 }, context_window: 100 }
  free: { provider: two, model: free }
  opus: { provider: claude, model: opus, price: { input: 5, output: 25 } }
  vectors: { provider: two, model: v, kind: embedding, price: { input: 1, output: 1 } }
  pretend: { provider: fake, model: p, price: { input: 1, output: 5 } }
chains:
  default: [ { target: alpha }, { target: beta } ]
  capped: [ { target: alpha, max_cost_per_1k: 0.0001 }, { target: short } ]
  windows: [ { target: short }, { target: alpha } ]
  mixed_efforts: [ { target: high }, { target: alpha } ]
  unpriced: [ { target: free, max_cost_per_1k: 1 }, { target: alpha } ]
  wires: [ { target: opus }, { target: alpha } ]
  with_vectors: [ { target: vectors }, { target: alpha } ]
  shown: [ { target: pretend } ]
tasks:
  general: { route: { alpha: 0.6, beta: 0.4 } }
  capped: { chain: capped, route: { alpha: 1 } }
  windows: { chain: windows, route: { short: 0.5, alpha: 0.5 } }
  mixed_efforts: { chain: mixed_efforts, route: { high: 0.5, alpha: 0.5 } }
  unpriced: { chain: unpriced, route: { free: 1 } }
  wires: { chain: wires, route: { opus: 0.5, alpha: 0.5 } }
  with_vectors: { chain: with_vectors, route: { alpha: 1 } }
  strict: { route: { alpha: 0.5, beta: 0.5 }, strict: true }
  floored: { route: { alpha: 0.5, beta: 0.5 } }
  explored: { route: { alpha: 1 } }
  shown: { chain: shown }
  rules: { route: { beta: 1 }, rules: [ { name: mine, phrases: [ "gotland" ] } ] }
  tight: { route: { alpha: 0.5, beta: 0.5 } }
budgets: { tasks: { tight: { usd: 0.015 } } }
classify: { built_in: false }
`

let provider: ScriptedProvider
let up: Running
let drained: string | undefined
/** Whether keys are in force; the one there is may use alpha only. */
let locked: boolean
const app: KeyFacts = { id: 'key_app', name: 'app', scopes: ['call'], policy: { targets: ['one/*'] } }
const keys: KeyRing = { find: (secret) => (secret === 'secret' ? app : undefined), has: () => locked, byId: (id) => (id === app.id ? app : undefined) }
beforeEach(async () => {
  provider = await scriptedProvider(answering('{"a":"b"}'))
  drained = undefined
  locked = false
  up = await running(yaml(provider.url), { keys, drains: { reason: (target: Target) => (target.name === drained ? `target ${target.name} is drained` : undefined) } })
})
afterEach(async () => {
  await up.close()
  await provider.close()
})

async function publish(): Promise<void> {
  const tasks = parse(yaml(provider.url)).tasks
  const entry = (name: string, over: Partial<RouteTable['tasks'][string]>): RouteTable['tasks'] => ({ [name]: { weights: { alpha: 1, beta: 0 }, excluded: {}, config_hash: tasks.get(name)?.configHash ?? '', exploration: 0, rule: 'test', evidence: {}, ...over } })
  const table = sealRouteTable({
    schema: 1, version: 4, parent: 3, created_at: '2026-11-02T00:00:00Z', author: 'test', rule: 'test', simulated: false,
    tasks: { ...entry('explored', { weights: { alpha: 0.5, beta: 0.5 }, core: { alpha: 1, beta: 0 }, exploration: 0.5 }), ...entry('strict', { excluded: { beta: 'quality .4 < .6' } }), ...entry('floored', { excluded: { beta: 'quality .4 < .6' } }) },
  })
  await writeFile(join(up.dataDir, 'route-table.json'), JSON.stringify(table))
  await eventually(() => (up.router.readiness().route_version === 4 ? true : undefined))
}

const content = (text: string): Record<string, unknown> => ({ messages: [{ role: 'user', content: text }] })
type Case = { readonly body?: Record<string, unknown>; readonly headers?: Record<string, string>; readonly before?: () => void | Promise<void>; readonly key?: string }

/** Asks, calls, and holds the two against each other. Answers the decision. */
async function agree({ body = {}, headers = {}, before, key }: Case): Promise<DecisionRecord> {
  await before?.()
  const whole = { model: 'auto', ...content('Hello there'), ...body }
  const explained = up.router.explain(explainRequest.parse({ body: whole, headers, key }))
  const response = await up.chat(whole, headers)
  await response.text()
  const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
  const decision = JSON.parse(String(call.attributes['weighbridge.decision'])) as DecisionRecord
  expect(explained.live).toBe(true)
  expect(explained.task.name).toBe(decision.task)
  expect(explained.task.source).toBe(decision.task_source)
  if (decision.rules !== null) expect(explained.task.verdict.because).toEqual(decision.rules.because)
  expect(explained.candidates.map(({ target, weight, est_usd, est_per_1k, ceiling }) => ({ target, weight, est_usd, est_per_1k, ceiling }))).toEqual(decision.candidates)
  expect(timeless([...explained.excluded, ...explained.noted])).toEqual(timeless(decision.exclusions))
  expect([explained.weights_source, explained.route_version, explained.exploration]).toEqual([decision.weights_source, decision.route_version, decision.exploration])
  expect(explained.reasons.map(({ reason }) => reason)).toContain(decision.reason)
  const drawn = explained.candidates.find(({ target }) => target === decision.drawn)
  expect(drawn?.share).toBeGreaterThan(0)
  if (decision.propensity !== null) expect(drawn?.share).toBeCloseTo(decision.propensity, 9)
  return decision
}

/** A cooldown has less to go by the time of the call. */
function timeless(exclusions: DecisionRecord['exclusions']): DecisionRecord['exclusions'] {
  return exclusions.map((exclusion) => ({ ...exclusion, detail: exclusion.detail.replace(/another \d+ ms/, 'another while') }))
}

describe('an explanation agrees with what happens', () => {
  const reasons: Record<Reason, (seen: Set<string>) => Promise<void>> = {
    async weighted(seen) {
      seen.add(String((await agree({})).reason))
    },
    async explore(seen) {
      await publish()
      // Half of the draw explores: twenty draws without one happen once in a million.
      for (let i = 0; i < 20; i += 1) seen.add(String((await agree({ body: { model: 'task:explored' } })).reason))
    },
    async pinned(seen) {
      seen.add(String((await agree({ body: { model: 'beta' } })).reason))
      seen.add(String((await agree({ headers: { 'x-weighbridge-pin': 'high' } })).reason))
    },
    async failover(seen) {
      drained = 'beta'
      seen.add(String((await agree({ body: { model: 'beta' } })).reason))
      drained = undefined
      seen.add(String((await agree({ body: { model: 'task:capped', max_tokens: 10 } })).reason))
      seen.add(String((await agree({ body: { model: 'task:unpriced' } })).reason))
    },
    async sticky(seen) {
      const first = await up.chat({ model: 'auto', messages: [{ role: 'user', content: 'How do I get there?' }] })
      const target = first.headers.get('x-weighbridge-target') ?? ''
      await first.text()
      const messages = [{ role: 'user', content: 'How do I get there?' }, { role: 'assistant', content: '{"a":"b"}' }, { role: 'user', content: 'And back again?' }]
      const explained = up.router.explain(explainRequest.parse({ body: { model: 'auto', messages }, home: { target } }))
      const response = await up.chat({ model: 'auto', messages })
      const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
      const decision = JSON.parse(String(call.attributes['weighbridge.decision'])) as DecisionRecord
      expect(explained.reasons).toEqual([{ reason: 'sticky', share: 1 }])
      expect(decision).toMatchObject({ reason: 'sticky', drawn: target, home: { target, how: 'kept' } })
      seen.add(String(decision.reason))
    },
  }
  it.each(REASONS)('for the reason %s', async (reason) => {
    const seen = new Set<string>()
    await reasons[reason](seen)
    expect([...seen]).toContain(reason)
  })

  const rateLimit = async (): Promise<void> => {
    provider.script = failing(429, { message: 'slow down', code: 'rate_limit_exceeded' }, { 'retry-after': '60' })
    await (await up.chat({ model: 'beta' }, { 'x-weighbridge-failover': 'off' })).text()
    provider.script = answering('{"a":"b"}')
  }
  const breakIt = async (): Promise<void> => {
    provider.script = failing(500, { message: 'down' })
    for (let i = 0; i < 8; i += 1) await (await up.chat({ model: 'beta' }, { 'x-weighbridge-failover': 'off' })).text()
    provider.script = answering('{"a":"b"}')
  }
  /** Reasons of embedding calls, which are planned by their own rules (plan-embedding.ts), and of stored responses. */
  type Elsewhere = 'other_model' | 'bound'
  const exclusions: Record<Exclude<ExclusionReason, Elsewhere>, Case> = {
    drained: { before: () => void (drained = 'beta') },
    rate_limited: { before: rateLimit },
    cooling: { before: breakIt },
    unpriced: { body: { model: 'task:unpriced' } },
    over_ceiling: { body: { model: 'task:capped', max_tokens: 10 } },
    over_max_cost: { headers: { 'x-weighbridge-max-cost-usd': '0.0045' } },
    context_window: { body: { model: 'task:windows', ...content('word '.repeat(400)) } },
    quality_floor: { body: { model: 'task:strict' }, before: publish },
    effort: { body: { model: 'task:mixed_efforts', reasoning_effort: 'high' } },
    simulated_mix: { body: { model: 'pretend', ...content('Hi') }, headers: { 'x-weighbridge-task': 'general' } },
    kind: { body: { model: 'task:with_vectors' } },
    lacks: { body: { response_format: SCHEMA } },
    untranslatable: { body: { model: 'task:wires', n: 3 } },
    not_allowed: { before: () => void (locked = true), headers: { authorization: 'Bearer secret' }, key: app.id },
    over_budget: { body: { model: 'task:tight' } },
  }
  it.each(Object.keys(exclusions) as Exclude<ExclusionReason, Elsewhere>[])('for a target left out as %s', async (reason) => {
    const { exclusions: made } = await agree(exclusions[reason])
    expect(made.map((exclusion) => exclusion.reason)).toContain(reason)
  })

  it('for a floor that takes a target out of the draw but not of the chain, and for a task by a rule', async () => {
    await publish()
    const floored = await agree({ body: { model: 'task:floored' } })
    expect(floored).toMatchObject({ drawn: 'alpha', exclusions: [{ target: 'beta', reason: 'quality_floor' }] })
    const ruled = await agree({ body: content('How do I get to Gotland?') })
    expect(ruled).toMatchObject({ task: 'rules', task_source: 'rule', rules: { task: 'rules', because: ['rule rules/mine'] }, drawn: 'beta' })
  })

  it('when everything cools and one call is let through as a probe', async () => {
    provider.script = failing(500, { message: 'down' })
    for (let i = 0; i < 8; i += 1) await (await up.chat({ model: 'auto' })).text()
    provider.script = answering('{"a":"b"}')
    expect((await agree({})).exclusions).toEqual([])
  })

  it('refuses what limits would refuse, and takes nothing of them', async () => {
    const asked = explainRequest.parse({ body: { model: 'task:tight', ...content('word '.repeat(9_000)) } })
    expect(() => up.router.explain(asked)).toThrow(expect.objectContaining({ code: 'budget_exceeded' }))
    const small = explainRequest.parse({ body: { model: 'task:tight', max_tokens: 1_000, ...content('Hello there') } })
    for (let i = 0; i < 5; i += 1) expect(up.router.explain(small).candidates.map(({ target }) => target)).toEqual(['alpha'])
    expect(up.router.limits.ledger.cell('task', 'tight', 'total', 0).held.usd).toBe(0)
    expect(() => up.router.explain(explainRequest.parse({ key: app.id, model: 'beta' }))).toThrow(expect.objectContaining({ code: 'not_allowed_target' }))
  })

  it('refuses a question about a name that nobody has, as the call would be', () => {
    expect(() => up.router.explain(explainRequest.parse({ model: 'alpah' }))).toThrow(/Did you mean alpha/)
    expect(() => up.router.explain(explainRequest.parse({ headers: { 'x-weighbridge-task': 'nothing' } }))).toThrow(/no task "nothing"/)
  })
})
