// /admin/routes over HTTP: what is in force and why, the history, the pending recommendation, and the three things a person
// may do: ask, apply, go back. The router's guard has checked origin, host, key and scope before anything here runs.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Config } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Mount } from '../../core/mount.ts'
import { effectiveRoute, type RouteTable } from '../../core/route-table.ts'
import type { State } from '../../store/state/state.ts'
import type { Learner } from './learner.ts'
import type { Publisher } from './publish.ts'

export type RoutesMountOptions = {
  readonly config: () => Config
  readonly learner: Pick<Learner, 'recommend' | 'proposal'>
  readonly publisher: Publisher
  readonly state: State
}

const taskNames = z.array(z.string().min(1).max(128)).max(1_000)
const recommendBody = z.strictObject({ tasks: taskNames.optional(), simulated: z.boolean().optional() })
const applyBody = z.strictObject({ id: z.string().min(1).max(64).optional(), tasks: taskNames.optional() })
const rollbackBody = z.strictObject({ to: z.number().int().min(0).max(2 ** 31).optional() })

const MAX_BODY_BYTES = 64 * 1024
const PREFIX = '/admin/routes'

type Handler = (request: IncomingMessage) => Promise<unknown> | unknown

/** The routes below /admin/routes; answers are JSON, failures are thrown as WeighbridgeErrors. */
export function routesMount({ config, learner, publisher, state }: RoutesMountOptions): Mount {
  const ask: Handler = async (request) => ({ recommendation: await learner.recommend(await readBody(request, recommendBody)) })
  const apply: Handler = async (request) => {
    const { id, tasks } = await readBody(request, applyBody)
    const proposal = learner.proposal(id)
    if (proposal === undefined) throw new WeighbridgeError('nothing_to_apply', id === undefined ? 'No recommendation is pending.' : `There is no recommendation ${id}.`)
    return { version: (await publisher.apply(proposal, { tasks })).version }
  }
  const rollback: Handler = async (request) => ({ version: (await publisher.rollback((await readBody(request, rollbackBody)).to)).version })
  // Each path has one method.
  const routes = new Map<string, { readonly method: 'GET' | 'POST'; readonly handler: Handler }>([
    ['', { method: 'GET', handler: () => routesInForce(config(), state.publications.current()?.table) }],
    ['/history', { method: 'GET', handler: () => ({ versions: versionsOf(state) }) }],
    ['/recommendation', { method: 'GET', handler: () => ({ recommendation: learner.proposal()?.recommendation ?? null }) }],
    ['/recommend', { method: 'POST', handler: ask }],
    ['/apply', { method: 'POST', handler: apply }],
    ['/rollback', { method: 'POST', handler: rollback }],
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
      answer(response, await route.handler(request))
    },
  }
}

function routesInForce(config: Config, current: RouteTable | undefined): unknown {
  return {
    current: current ?? null,
    tasks: [...config.tasks.values()].map((task) => {
      const route = effectiveRoute(config, task, current)
      const learned = route.source === 'table' ? current?.tasks[task.name] : undefined
      const shares = Object.fromEntries(candidateNames(task).map((target) => [target, route.weights.get(target) ?? 0]))
      return {
        task: task.name,
        source: route.source,
        note: route.note ?? null,
        weights: shares,
        configured: Object.fromEntries(candidateNames(task).map((target) => [target, task.route.get(target) ?? 0])),
        excluded: Object.fromEntries(route.excluded),
        simulated: task.simulated,
        evidence: learned?.evidence ?? {},
      }
    }),
  }
}

function versionsOf(state: State): unknown[] {
  return state.publications.history().map(({ table, action, author, publishedAt }) => ({
    version: table.version,
    parent: table.parent,
    hash: table.hash,
    published_at: new Date(publishedAt).toISOString(),
    action,
    rule: table.rule,
    author,
    simulated: table.simulated,
    tasks: Object.fromEntries(Object.entries(table.tasks).map(([task, route]) => [task, route.weights])),
  }))
}

/** Reads a JSON body; none at all counts as `{}`. Throws `body_too_large`, `unsupported_media_type`, `bad_request`. */
async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const piece = Buffer.from(chunk)
    bytes += piece.byteLength
    if (bytes > MAX_BODY_BYTES) throw new WeighbridgeError('body_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`, { remedy: 'Send a smaller body.' })
    chunks.push(piece)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() === '') return schema.parse({})
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw new WeighbridgeError('unsupported_media_type', `The body is ${request.headers['content-type'] ?? 'of no stated type'}, not JSON.`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new WeighbridgeError('bad_request', 'The body is not JSON.', { cause })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new WeighbridgeError('bad_request', `The body has ${parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top level)'}: ${issue.message}`).join('; ')}.`)
}

function answer(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', 'content-length': body.byteLength })
  response.end(body)
}
