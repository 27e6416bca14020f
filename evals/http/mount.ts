// /admin/evals over HTTP, for a page that labels answers (runs, what comes next, what was said) and for harvesting. The guard has checked
// origin, host, key and scope; answers and questions are content, so reading them takes an admin key too.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Mount } from '../../core/mount.ts'
import { listRuns, readHead } from '../replay/journal.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { harvest, HARVEST_REASONS, type HarvestReason } from '../harvest/harvest.ts'
import { openLabelling, type LabellingParts } from '../labels/labelling.ts'
import { LABELS_PER_TARGET } from '../labels/queue.ts'
import { readBody } from './body.ts'
import { probeAnswers } from './probe-answers.ts'

const PREFIX = '/admin/evals'
/** Runs that are listed. */
const MOST_RUNS = 50

const saying = z.strictObject({ run: z.string().min(1).max(64), id: z.string().min(1).max(64), label: z.string().min(1).max(64), by: z.string().min(1).max(128), note: z.string().max(2_000).optional() })

/**
 * GET /admin/evals/runs · GET /admin/evals/answers?run&suite&probe · GET /admin/evals/labels/next?run&by&per_target&suite&target · POST /admin/evals/labels {run, id, label, by,
 * note?} · GET /admin/evals/harvest?task&why&days&limit&simulated. `parts` is asked anew for every request, so that the
 * configuration in force counts. `content`: a connection that may read captured text; undefined: there is none here.
 */
export function evalsMount(parts: () => LabellingParts, content: Pick<ClickHouse, 'query'> | undefined): Mount {
  return {
    prefix: PREFIX,
    readScope: 'admin',
    writeScope: 'admin',
    async handle(request, response, url) {
      const path = url.pathname.slice(PREFIX.length).replace(/\/$/, '')
      const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '')
      if (path === '/runs') return answer(response, await onlyBy(method, 'GET', response, () => runs(parts().evalsDir)))
      if (path === '/answers') return answer(response, await onlyBy(method, 'GET', response, () => probeAnswers(parts(), url.searchParams)))
      if (path === '/labels/next') return answer(response, await onlyBy(method, 'GET', response, () => next(parts(), url.searchParams)))
      if (path === '/labels') return answer(response, await onlyBy(method, 'POST', response, () => say(parts(), request)))
      if (path === '/harvest') return answer(response, await onlyBy(method, 'GET', response, () => candidates(parts(), content, url.searchParams)))
      throw new WeighbridgeError('route_not_found', `There is nothing at ${url.pathname}.`)
    },
  }
}

function onlyBy<T>(method: string, wanted: 'GET' | 'POST', response: ServerResponse, work: () => Promise<T>): Promise<T> {
  if (method === wanted) return work()
  response.setHeader('allow', wanted)
  throw new WeighbridgeError('method_not_allowed', `This takes ${wanted}, not ${method}.`)
}

async function runs(evalsDir: string): Promise<unknown> {
  const ids = (await listRuns(evalsDir)).slice(0, MOST_RUNS)
  const heads = await Promise.all(ids.map((id) => readHead(evalsDir, id)))
  return { runs: heads.flatMap((head) => (head === undefined ? [] : [{ run: head.runId, started_at: new Date(head.startedAtMs).toISOString(), suites: head.suites.map(({ name }) => name), targets: head.targets.map(({ name }) => name), grader: head.grader }])) }
}

async function next(parts: LabellingParts, query: URLSearchParams): Promise<unknown> {
  const by = query.get('by') ?? ''
  if (by === '') throw new WeighbridgeError('bad_request', 'Say who labels: by=NAME.')
  const perTarget = whole(query, 'per_target', LABELS_PER_TARGET, 100_000)
  const labelling = await openLabelling(parts, query.get('run') ?? undefined, { perTarget, suites: query.getAll('suite'), targets: query.getAll('target') })
  const { task, run, done, total } = await labelling.next(by)
  // The key names the target: labelling is blind.
  return { run, done, total, task: task === undefined ? null : { id: task.id, suite: task.suite, question: task.question, about: task.about, answer: task.answer, choices: task.choices } }
}

async function say(parts: LabellingParts, request: IncomingMessage): Promise<unknown> {
  const said = await readBody(request, saying)
  const labelling = await openLabelling(parts, said.run, { perTarget: LABELS_PER_TARGET, suites: [], targets: [] })
  return labelling.say({ ...said, via: 'web' })
}

function candidates({ config, clock }: LabellingParts, content: Pick<ClickHouse, 'query'> | undefined, query: URLSearchParams): Promise<unknown> {
  if (content === undefined) throw new WeighbridgeError('content_not_captured', 'This router has no account that may read captured text.', { remedy: 'Ask the primary router (`weighbridge up`), or give it an account with a right to the table content.' })
  const reasons = query.getAll('why').filter((reason): reason is HarvestReason => HARVEST_REASONS.some((known) => known === reason))
  if (reasons.length < query.getAll('why').length) throw new WeighbridgeError('bad_request', `why is one of ${HARVEST_REASONS.join(', ')}.`)
  const request = { tasks: query.getAll('task'), reasons, days: whole(query, 'days', 30, 3_650), limit: whole(query, 'limit', 200, 5_000), simulated: query.get('simulated') === 'true' }
  return harvest(content, clock, request, config.settings.evals.redact)
}

function whole(query: URLSearchParams, name: string, otherwise: number, most: number): number {
  const value = Number(query.get(name) ?? otherwise)
  if (!Number.isInteger(value) || value < 1 || value > most) throw new WeighbridgeError('bad_request', `${name} is a whole number from 1 to ${most}, not "${query.get(name)}".`)
  return value
}

function answer(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`)
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', 'content-length': body.byteLength })
  response.end(body)
}
