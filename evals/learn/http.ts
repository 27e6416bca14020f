// /admin/routes over HTTP: what is in force and why, the history, the pending recommendation (as JSON, Markdown and a page), what
// has drifted, what it found and did, what-if, and what a person may do: ask, apply, go back, freeze, run a cycle. The router's guard has checked origin, host,
// key and scope before anything here runs.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { WB } from '../../core/attributes.ts'
import type { Config } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import type { Mount } from '../../core/mount.ts'
import { effectiveRoute, type RouteTable } from '../../core/route-table.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { State } from '../../store/state/state.ts'
import { readBody } from '../http/body.ts'
import { canarySettings, championOf } from './canaries.ts'
import type { EventLog } from './events.ts'
import { explainTask } from './explain.ts'
import type { Learner } from './learner.ts'
import type { Publisher } from './publish.ts'
import { renderHtml } from './render-html.ts'
import { renderMarkdown } from './render.ts'
import { LEARNING_RULES } from './rules.ts'
import { askWhatIf } from './whatif/ask.ts'
import { parseVerbosity } from './whatif/verbosity.ts'

/** Versions that the history answers without being asked for more. */
const HISTORY_LENGTH = 100

export type RoutesMountOptions = {
  readonly config: () => Config
  readonly learner: Learner
  readonly publisher: Publisher
  readonly events: EventLog
  readonly state: State
  readonly clock: Clock
  /** Reads as the read-only account. */
  readonly clickhouse: Pick<ClickHouse, 'query'>
}

const taskName = z.string().min(1).max(128)
const taskNames = z.array(taskName).max(1_000)
/** Text that people read on terminals: no control characters. */
const line = z.string().max(500).regex(/^\P{Cc}*$/u, 'must be one line without control characters')
const recommendBody = z.strictObject({ tasks: taskNames.optional(), simulated: z.boolean().optional() })
const applyBody = z.strictObject({ id: z.string().min(1).max(64).optional(), tasks: taskNames.optional(), canary: z.number().gt(0).lt(1).optional() })
const rollbackBody = z.strictObject({ to: z.number().int().min(0).max(2 ** 31).optional() })
const FREEZE_MS = LEARNING_RULES.trial.freezeHours * 3_600_000
const LONGEST_FREEZE_MS = 366 * 86_400_000
const freezeBody = z.strictObject({ task: taskName, for_ms: z.number().min(1).max(LONGEST_FREEZE_MS).default(FREEZE_MS), reason: line.default(''), by: line.max(128).default('person') })
const unfreezeBody = z.strictObject({ task: taskName })
const nothing = z.strictObject({})

const PREFIX = '/admin/routes'

type Answer = { readonly type: string; readonly text: string }
type Handler = (request: IncomingMessage, url: URL) => Promise<unknown> | unknown

/** The routes below /admin/routes; answers are JSON unless named otherwise, failures are thrown as WeighbridgeErrors. */
export function routesMount(options: RoutesMountOptions): Mount {
  const { config, learner, publisher, state } = options
  const current = (): RouteTable | undefined => state.publications.current()?.table
  const ask: Handler = async (request) => ({ recommendation: await learner.recommend(await readBody(request, recommendBody)) })
  const apply: Handler = async (request) => {
    const { id, tasks, canary } = await readBody(request, applyBody)
    const proposal = learner.proposal(id)
    if (proposal === undefined) throw new WeighbridgeError('nothing_to_apply', id === undefined ? 'No recommendation is pending.' : `There is no recommendation ${id}.`)
    const champions = new Map([...config().tasks.values()].map((task) => [task.name, championOf(config(), task, current())] as const))
    return { version: (await publisher.apply(proposal, { tasks, ...(canary === undefined ? {} : { canary: { share: canary, champions } }) })).version }
  }
  const rollback: Handler = async (request) => {
    const before = current()
    const table = await publisher.rollback((await readBody(request, rollbackBody)).to)
    return { version: table.version, frozen: freezeChanged(options, before, table) }
  }
  const freeze: Handler = async (request) => {
    const { task, for_ms, reason, by } = await readBody(request, freezeBody)
    refuseUnknown(config(), task)
    const frozen = state.freezes.freeze(task, for_ms, { reason, author: by })
    tellFreeze(options, 'freeze', task, `${task} is left to itself until ${new Date(frozen.until_at).toISOString()}${reason === '' ? '' : `: ${reason}`}`)
    return { freeze: frozen }
  }
  const unfreeze: Handler = async (request) => {
    const { task } = await readBody(request, unfreezeBody)
    if (!state.freezes.unfreeze(task)) throw new WeighbridgeError('nothing_to_apply', `Task ${task} is not frozen.`, { remedy: '`weighbridge routes show` says what is frozen.' })
    tellFreeze(options, 'unfreeze', task, `${task} may be changed by the learner again`)
    return { task }
  }
  const learn: Handler = async (request) => {
    await readBody(request, nothing)
    const version = await learner.cycle()
    return { version: version ?? null, report: learner.report() ?? null }
  }
  const explain: Handler = (_request, url) => {
    const task = url.searchParams.get('task') ?? ''
    const found = refuseUnknown(config(), task)
    const asked = url.searchParams.get('version')
    if (asked !== null && !/^\d{1,9}$/.test(asked)) throw new WeighbridgeError('bad_request', `A version is a whole number, not "${asked.slice(0, 32)}".`)
    const publication = asked === null ? state.publications.current() : state.publications.get(Number(asked))
    const parent = publication === undefined || publication.table.parent === 0 ? undefined : state.publications.get(publication.table.parent).table
    return explainTask(config(), found, publication, parent)
  }
  const document = (render: (recommendation: Parameters<typeof renderMarkdown>[0]) => Answer): Handler => () => {
    const pending = learner.proposal()?.recommendation
    if (pending === undefined) throw new WeighbridgeError('nothing_to_apply', 'No recommendation is pending.')
    return new Document(render(pending))
  }
  // Each path has one method.
  const routes = new Map<string, { readonly method: 'GET' | 'POST'; readonly handler: Handler }>([
    ['', { method: 'GET', handler: () => ({ ...inForce(options), learning: learner.report() ?? null }) }],
    ['/history', { method: 'GET', handler: (_request, url) => ({ versions: versionsOf(state, url) }) }],
    ['/explain', { method: 'GET', handler: explain }],
    ['/whatif', { method: 'GET', handler: (_request, url) => whatIf(options, url) }],
    ['/events', { method: 'GET', handler: (_request, url) => ({ events: state.learningEvents.recent(limitOf(url)).map(({ json }) => shownEvent(json)) }) }],
    ['/drift', { method: 'GET', handler: () => learner.drift() }],
    ['/recommendation', { method: 'GET', handler: () => ({ recommendation: learner.proposal()?.recommendation ?? null }) }],
    ['/recommendation.md', { method: 'GET', handler: document((pending) => ({ type: 'text/markdown; charset=utf-8', text: renderMarkdown(pending) })) }],
    ['/recommendation.html', { method: 'GET', handler: document((pending) => ({ type: 'text/html; charset=utf-8', text: renderHtml(pending) })) }],
    ['/recommend', { method: 'POST', handler: ask }],
    ['/apply', { method: 'POST', handler: apply }],
    ['/rollback', { method: 'POST', handler: rollback }],
    ['/freeze', { method: 'POST', handler: freeze }],
    ['/unfreeze', { method: 'POST', handler: unfreeze }],
    ['/learn', { method: 'POST', handler: learn }],
  ])
  return {
    prefix: PREFIX,
    readScope: 'read',
    writeScope: 'admin',
    async handle(request, response, url) {
      const route = routes.get(url.pathname.slice(PREFIX.length).replace(/\/$/, ''))
      if (route === undefined) throw new WeighbridgeError('route_not_found', `There is nothing at ${url.pathname}.`)
      if (request.method !== route.method && !(request.method === 'HEAD' && route.method === 'GET')) {
        response.setHeader('allow', route.method)
        throw new WeighbridgeError('method_not_allowed', `${url.pathname} takes ${route.method}, not ${request.method ?? 'nothing'}.`)
      }
      answer(response, await route.handler(request, url))
    },
  }
}

const whatIfQuery = z.strictObject({ from: z.string().min(1).max(128), to: z.string().min(1).max(128), since_days: z.coerce.number().positive().max(400).default(30), verbosity: z.string().max(200).optional() })

/** ?from=TARGET&to=TARGET[&since_days=N][&verbosity=…]: between configured targets at the prices in force. */
function whatIf({ config: configNow, clickhouse, clock }: RoutesMountOptions, url: URL): Promise<unknown> {
  const config = configNow()
  const asked = whatIfQuery.safeParse(Object.fromEntries(url.searchParams))
  if (!asked.success) throw new WeighbridgeError('bad_request', `The question has ${asked.error.issues.map((issue) => `${issue.path.join('.') || '(top level)'}: ${issue.message}`).join('; ')}.`)
  const targetOf = (name: string) => {
    const target = config.targets.get(name)
    if (target === undefined) throw new WeighbridgeError('unknown_target', `There is no target "${name}".`, { remedy: `Enabled: ${[...config.targets.keys()].join(', ')}.` })
    return target
  }
  const { from, to, since_days: days, verbosity } = asked.data
  const nowMs = clock.nowMs()
  return askWhatIf(clickhouse, config, { from: targetOf(from), to: targetOf(to), sinceMs: nowMs - days * 86_400_000, nowMs, verbosity: parseVerbosity(verbosity) })
}

/** An answer that is not JSON. */
class Document {
  readonly type: string
  readonly text: string
  constructor({ type, text }: Answer) {
    this.type = type
    this.text = text
  }
}

function refuseUnknown(config: Config, name: string) {
  const task = config.tasks.get(name)
  if (task === undefined) throw new WeighbridgeError('unknown_task', `There is no task "${name}"; the config has ${[...config.tasks.keys()].sort().join(', ')}.`)
  return task
}

/** What a person took back must not come again by itself the next day: the learner leaves those tasks alone for a while. */
function freezeChanged(options: RoutesMountOptions, before: RouteTable | undefined, after: RouteTable): string[] {
  const names = new Set([...Object.keys(before?.tasks ?? {}), ...Object.keys(after.tasks)])
  const changed = [...names].filter((task) => contentHash(before?.tasks[task] ?? null) !== contentHash(after.tasks[task] ?? null)).sort()
  for (const task of changed) {
    const { until_at } = options.state.freezes.freeze(task, FREEZE_MS, { reason: `rolled back as version ${after.version}`, author: 'person' })
    tellFreeze(options, 'freeze', task, `${task} is left to itself until ${new Date(until_at).toISOString()}: a person rolled it back`)
  }
  return changed
}

function tellFreeze({ config, events, state, clock }: RoutesMountOptions, kind: 'freeze' | 'unfreeze', task: string, message: string): void {
  const nowMs = clock.nowMs()
  events.tell([{ id: `${kind}_${task}_${Math.floor(nowMs)}`, kind, atMs: nowMs, task, version: state.publications.current()?.table.version ?? 0, message, simulated: config().tasks.get(task)?.simulated ?? false }])
}

function inForce({ config: configNow, state }: RoutesMountOptions): Record<string, unknown> {
  const config = configNow()
  const current = state.publications.current()?.table
  const freezes = state.freezes.active()
  return {
    current: current ?? null,
    canary: { share: canarySettings(config).share },
    tasks: [...config.tasks.values()].map((task) => {
      const route = effectiveRoute(config, task, current)
      const learned = route.source === 'table' ? current?.tasks[task.name] : undefined
      const shares = (weights: ReadonlyMap<string, number>): Record<string, number> => Object.fromEntries(candidateNames(task).map((target) => [target, weights.get(target) ?? 0]))
      const freeze = freezes.get(task.name)
      return {
        task: task.name,
        source: route.source,
        note: route.note ?? null,
        version: route.version,
        weights: shares(route.weights),
        configured: shares(task.route),
        excluded: Object.fromEntries(route.excluded),
        simulated: task.simulated,
        mode: task.learning.mode ?? null,
        canary: route.canary === undefined ? null : { version: route.canary.version, share: route.canary.share, since: route.canary.since, weights: shares(route.canary.weights) },
        frozen: freeze === undefined ? null : { until: new Date(freeze.until_at).toISOString(), reason: freeze.reason, author: freeze.author },
        evidence: learned?.evidence ?? {},
      }
    }),
  }
}

function limitOf(url: URL): number {
  const asked = url.searchParams.get('limit')
  const limit = asked === null ? HISTORY_LENGTH : Number(asked)
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw new WeighbridgeError('bad_request', 'limit takes a whole number from 1 to 1000.')
  return limit
}

/** What the learner found or did, as it is recorded (docs/schema.md, `learning_events`). */
function shownEvent(json: string): Record<string, unknown> {
  // Written by events.ts alone.
  const { timeMs, attributes } = JSON.parse(json) as LogRecord
  return {
    at: new Date(timeMs).toISOString(),
    kind: attributes[WB.learningKind] ?? null,
    task: attributes[WB.task] ?? null,
    target: attributes[WB.target] ?? null,
    version: attributes[WB.routeVersion] ?? null,
    message: attributes[WB.learningMessage] ?? null,
    simulated: attributes[WB.simulated] ?? null,
  }
}

function versionsOf(state: State, url: URL): unknown[] {
  return state.publications.history(limitOf(url)).map(({ table, action, author, publishedAt }) => ({
    version: table.version,
    parent: table.parent,
    hash: table.hash,
    published_at: new Date(publishedAt).toISOString(),
    action,
    rule: table.rule,
    author,
    simulated: table.simulated,
    tasks: Object.fromEntries(Object.entries(table.tasks).map(([task, route]) => [task, route.weights])),
    canaries: Object.fromEntries(Object.entries(table.tasks).flatMap(([task, { canary }]) => (canary === undefined ? [] : [[task, { version: canary.version, share: canary.share, weights: canary.weights }]]))),
  }))
}

function answer(response: ServerResponse, value: unknown): void {
  const { type, text } = value instanceof Document ? value : { type: 'application/json; charset=utf-8', text: `${JSON.stringify(value)}\n` }
  const body = Buffer.from(text)
  // A page of ours needs no script and no other origin; what a model answered stands in it as text.
  const guard = value instanceof Document ? { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'", 'x-content-type-options': 'nosniff' } : {}
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', 'content-length': body.byteLength, ...guard })
  response.end(body)
}
