// A stage for the pages' tests: mounts on a real server on port 0, and the admin routes' JSON as the contract writes it.
// The admin side here is a script, not the learning room; it remembers what was posted.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asWeighbridgeError } from '../../core/errors.ts'
import type { CallExplanation } from '../../core/explanation.ts'
import type { Mount } from '../../core/mount.ts'
import type { OperationsDocument } from '../../core/operations.ts'
import type { HistoryAnswer, Recommendation, RoutesAnswer, Shares, WhatIfAnswer } from '../../dashboards/web/api/routes.ts'
import { FIXTURE_WEIGHTS, fixtureTargets } from '../dashboards/fixture-rows.ts'

export type Stage = { readonly url: string; readonly close: () => Promise<void> }

/** Serves mounts the way the router does: the longest prefix wins, a thrown error becomes its JSON. */
export async function startStage(mounts: readonly Mount[]): Promise<Stage> {
  const byLength = mounts.toSorted((a, b) => b.prefix.length - a.prefix.length)
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stage')
    const mount = byLength.find((m) => url.pathname.startsWith(m.prefix))
    void (async () => {
      try {
        if (mount === undefined) throw new Error('no mount')
        await mount.handle(request, response, url)
      } catch (thrown) {
        const error = asWeighbridgeError(thrown)
        response.writeHead(error.answer.httpStatus, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ error: { code: error.code, message: error.message, remedy: error.remedy } }))
      }
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Posted = { readonly path: string; readonly body: unknown }
export type AdminScript = { readonly mounts: readonly Mount[]; readonly posted: Posted[]; fail: { status: number } | undefined }

/** The admin routes over the fixture's four targets: version 2 in force, a move of two tasks waiting; applying publishes version 3. */
export function adminScript(nowMs: number, hours: number): AdminScript {
  let version = 2
  const posted: Posted[] = []
  const answerTo = (response: ServerResponse) => (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
  const admin = (prefix: string, handle: Mount['handle']): Mount => ({ prefix, readScope: 'read', writeScope: 'admin', handle })
  const script: AdminScript = {
    posted,
    fail: undefined,
    mounts: [
      admin('/admin/operations', (_request, response) => answerTo(response)(200, operations(nowMs))),
      admin('/admin/explain', async (request, response) => {
        posted.push({ path: '/explain', body: JSON.parse(await textOf(request)) })
        answerTo(response)(200, explanation())
      }),
      admin('/admin/routes', async (request, response, url) => {
        const answer = answerTo(response)
        if (script.fail !== undefined) return answer(script.fail.status, { error: { code: 'router_unreachable', message: 'The learner does not run here.', remedy: 'Start `weighbridge up`, or the router with --primary.' } })
        const path = url.pathname.slice('/admin/routes'.length)
        if (request.method === 'POST') {
          posted.push({ path, body: JSON.parse(await textOf(request)) })
          if (path === '/recommend') return answer(200, { recommendation: recommendation(nowMs) })
          version += 1
          return answer(200, { version })
        }
        if (path === '') return answer(200, routes(nowMs, version))
        if (path === '/history') return answer(200, history(nowMs, hours, version))
        if (path === '/recommendation') return answer(200, { recommendation: version === 2 ? recommendation(nowMs) : null })
        if (path === '/events') return answer(200, { events: [{ at: new Date(nowMs - 7_200_000).toISOString(), kind: 'drift', task: 'factual_recall', target: 'opus-4.7', version: version, message: 'opus-4.7 answers shorter than before: did the provider change the model?', simulated: true }] })
        if (path === '/whatif') return answer(200, whatIf(nowMs))
        return answer(404, { error: { code: 'route_not_found', message: 'nothing here', remedy: '' } })
      }),
    ],
  }
  return script
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

const NAMES = fixtureTargets(true)
const QUALITY = [0.6, 0.63, 0.61, 0.71]
const COST = [0.0031, 0.0068, 0.0011, 0.0059]
const PROPOSED: Readonly<Record<string, readonly number[]>> = { simple_qa: [0.08, 0.02, 0.85, 0.05], factual_recall: [0.1, 0.07, 0.08, 0.75] }

function shares(task: string, version: number): Shares {
  const weights = version > 2 ? (PROPOSED[task] ?? FIXTURE_WEIGHTS[task]?.[2] ?? []) : (FIXTURE_WEIGHTS[task]?.[version] ?? [])
  return Object.fromEntries(NAMES.map((name, i) => [name, weights[i] ?? 0]).filter(([, w]) => w !== 0))
}

function evidenceOf(i: number, scale: number) {
  const q = QUALITY[i] ?? 0.5
  const c = (COST[i] ?? 0.001) * scale
  return {
    quality: { value: q, low: q - 0.08, high: q + 0.08, n: 92 },
    cost_per_call_usd: { value: c, low: c * 0.85, high: c * 1.2, n: 320 },
    latency_p95_ms: 2600 + i * 900,
    error_rate: { value: 0.02, low: 0.008, high: 0.05, n: 320 },
    hallucination_rate: { value: 0.6, low: 0.45, high: 0.74, n: 36 },
    pushback_rate: { value: 0.5, low: 0.36, high: 0.64, n: 46 },
    p_best: [0.06, 0.02, 0.31, 0.61][i] ?? 0,
    evals: 92,
    calls: 320,
  }
}

function routes(nowMs: number, version: number): RoutesAnswer {
  const tasks: RoutesAnswer['tasks'][number][] = Object.keys(FIXTURE_WEIGHTS).map((task, t) => {
    const learned = task === 'simple_qa' || task === 'factual_recall'
    return {
      task,
      source: learned ? 'table' : 'config',
      note: task === 'code_generation' ? `the task was changed in the config since version ${version}; configured weights until the next publish` : null,
      weights: shares(task, learned ? version : 0),
      configured: shares(task, 0),
      excluded: task === 'factual_recall' ? { 'gpt-5.5-low': 'hallucination rate above its ceiling of 40%' } : {},
      simulated: true,
      evidence: learned ? Object.fromEntries(NAMES.map((name, i) => [name, evidenceOf(i, 1 + t)])) : {},
    }
  })
  const real = { task: 'real_qa', source: 'config', note: null, weights: { 'local-smollm2': 0.3, 'mistral-small': 0.7 }, configured: { 'local-smollm2': 0.3, 'mistral-small': 0.7 }, excluded: {}, simulated: false, evidence: {} } as const
  return { current: { version, created_at: new Date(nowMs - 21_600_000).toISOString(), author: 'ui', rule: 'expected gain' }, tasks: [...tasks, real] }
}

function history(nowMs: number, hours: number, version: number): HistoryAnswer {
  const at = (v: number): number => (v === 1 ? nowMs - hours * 2_400_000 : v === 2 ? nowMs - hours * 900_000 : nowMs)
  return {
    versions: Array.from({ length: version }, (_, i) => version - i).map((v) => ({
      version: v,
      parent: v - 1,
      hash: `hash${v}`,
      published_at: new Date(at(v)).toISOString(),
      action: 'apply',
      rule: v === 1 ? 'gain .021 (.006 to .038), P .97: the cheaper target within .02 takes the share' : 'gain .014 (.004 to .026), P .95',
      author: v === 1 ? 'cli' : 'ui',
      simulated: true,
      tasks: Object.fromEntries(Object.keys(FIXTURE_WEIGHTS).map((task) => [task, shares(task, v)])),
    })),
  }
}

function recommendation(nowMs: number): Recommendation {
  const advice = (task: string, headline: string, reasons: readonly string[]): Recommendation['tasks'][number] => ({
    task,
    verdict: 'move',
    headline,
    rule: 'expected gain at least .005 with P(gain > 0) at least .9',
    reasons,
    before: shares(task, 2),
    after: shares(task, 3),
    gain: { value: 0.013, low: 0.003, high: 0.024 },
    p_gain: 0.96,
    saved_per_1k_usd: { value: 1.42, low: 0.81, high: 2.07 },
    quality_change: { value: 0.004, low: -0.011, high: 0.019 },
    evals: 368,
    calls: 1280,
    value_per_answer_usd: 0.05,
    value_is_assumed: true,
    flips_at_value_usd: 0.31,
    targets: NAMES.map((name, i) => ({ ...evidenceOf(i, 1), target: name, before: shares(task, 2)[name] ?? 0, after: shares(task, 3)[name] ?? 0 })),
  })
  const hold = (task: string, verdict: 'hold' | 'insufficient_evidence', headline: string): Recommendation['tasks'][number] => ({ ...advice(task, headline, ['No suite in the config informs this task.']), verdict, gain: null, p_gain: null, saved_per_1k_usd: null, quality_change: null, flips_at_value_usd: null, targets: [], before: shares(task, 0), after: shares(task, 0) })
  return {
    id: 'rec-1',
    created_at: new Date(nowMs - 240_000).toISOString(),
    expires_at: new Date(nowMs + 86_000_000).toISOString(),
    parent: 2,
    simulated: true,
    tasks: [
      advice('factual_recall', 'opus-4.7 from 60% to 75%: it makes up far fewer answers, and that is worth its price here.', ['opus-4.7 hallucinates on 36% of what it does not know (24 to 50), gpt-5.5-low on 86% (73 to 93).', 'At $0.05 a right answer the difference outweighs $2.80 more per 1,000 calls.']),
      advice('simple_qa', 'kimi-k2.6 from 73% to 85%: as good within .02, at a third of the cost.', ['Quality of kimi-k2.6 and gpt-5.4 differs by .01 (-.07 to .09): inside the band of indifference.', 'The cheaper of the two takes the share.']),
      hold('agent_tasks', 'hold', 'Nothing beats the current weights by .005 with P at least .9.'),
      hold('code_generation', 'insufficient_evidence', 'No eval evidence: this task keeps its configured weights.'),
      hold('long_context', 'insufficient_evidence', 'No eval evidence: this task keeps its configured weights.'),
    ],
  }
}

const PROVIDERS = ['sim-openai', 'sim-openai', 'sim-moonshot', 'sim-anthropic']

/** One target cools, another is drained. */
function operations(nowMs: number): OperationsDocument {
  return {
    config_hash: 'c0ffee',
    route_version: 2,
    for_request: { input_tokens: 1_000, output_tokens: 350 },
    targets: NAMES.map((target, i) => ({ target, provider: PROVIDERS[i] ?? '', model: target, effort: null, kind: 'chat', state: i === 0 ? 'cooling' : 'ok', code: i === 0 ? 'provider_overloaded' : null, held_ms: i === 0 ? 40_000 : null, left_ms: i === 0 ? 25_000 : null, keys: { total: 1, resting: [] }, in_flight: i, last_minute: { attempts: 12, errors: i === 0 ? 4 : 0 } })),
    tasks: Object.keys(FIXTURE_WEIGHTS).map((task) => ({ task, weights: shares(task, 2), shares: shares(task, 1), failover: [...NAMES], excluded: [] })),
    spool: { records: 0, bytes: 0, oldest_ms: null, dropped: 0 },
    now_at: nowMs,
    ready: true,
    route_table: { source: 'route-table.json', fault: null },
    notes: {},
    config_fault: null,
    warnings: [],
    following: null,
    drains: [{ id: 'd1', scope: 'target', name: NAMES[1] ?? '', reason: 'answers too slowly', author: 'ops', key_id: null, started_at: nowMs - 60_000, until_at: nowMs + 3_600_000, ended_at: null, ended_how: null, ended_by: null }],
    price_changes: [],
  }
}

function explanation(): CallExplanation {
  return {
    task: { name: 'simple_qa', source: 'caller', verdict: { task: 'simple_qa', confidence: 0.82, because: ['one short question'] }, rules: [], built_in: null },
    request: { model: 'auto', pinned: null, purpose: 'production', effort: null, input_tokens: 312, max_output_tokens: null, needs: [] },
    reasons: [{ reason: 'weighted', share: 1 }],
    candidates: NAMES.map((target, i) => ({ target, evidence_key: target, weight: [0, 0.05, 0.85, 0.1][i] ?? 0, core: [0, 0.05, 0.85, 0.1][i] ?? 0, link: i + 1, ceiling: null, est_usd: 0.001 * (i + 1), est_per_1k: 0.002 * (i + 1), cold_usd: null, share: [0, 0.05, 0.85, 0.1][i] ?? 0, waived: false, dropped: [] })),
    failover: [...NAMES],
    excluded: [],
    noted: [],
    home: null,
    exploration: 0,
    weights_source: 'table',
    route_version: 3,
    note: null,
    live: true,
  }
}

function whatIf(nowMs: number): WhatIfAnswer {
  const then = { value: 0.61, low: 0.55, high: 0.68 }
  const change = { value: -0.42, low: -0.48, high: -0.35 }
  return {
    from: NAMES[0] ?? '',
    to: NAMES[2] ?? '',
    simulated: true,
    since: new Date(nowMs - 30 * 86_400_000).toISOString(),
    calls: 214,
    sampled: 214,
    charged_usd: 1.06,
    now_usd: 1.05,
    then_usd: then,
    change,
    causes: { list_price: -0.52, verbosity: 0.09, cache: 0.01, retries: -0.02 },
    buckets: [{ bucket: '<2k', calls: 200, now_usd: 0.8, then_usd: then, change }],
    ceilings: [{ chain: 'default', target: NAMES[0] ?? '', ceiling: 0.002, over_now: 0.01, over_then: 0.12 }],
  }
}
