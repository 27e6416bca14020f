// The simulated providers on one port: `/PROVIDER/v1` each, `/v1` for all, and the side channel under `/__sim/`. Takes HTTP,
// hands bodies to exchange.ts and plays what comes back; knows no wire format itself.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { WeighbridgeError } from '../core/errors.ts'
import type { Clock, Random } from '../core/seams.ts'
import type { Bank, TrafficRow } from './bank.ts'
import type { SimProbe } from './behaviour/labels.ts'
import { answerControl } from './control-http.ts'
import { simState, type SimControl } from './control.ts'
import { exchanges, randomText, startRandom, type World } from './exchange.ts'
import { play } from './play.ts'
import type { ModelProfile } from './profiles.ts'
import { planBody, planError, type Step } from './plan.ts'
import type { SimError } from './surfaces/surface.ts'
import { DEFAULT_SURFACE, SURFACES } from './surfaces/surfaces.ts'

export type SimOptions = {
  /** 0: any free port. */
  readonly port: number
  /** Default 127.0.0.1; the side channel has no key, so keep it there. */
  readonly host?: string
  readonly models: readonly ModelProfile[]
  readonly probes: readonly SimProbe[]
  readonly bank: Bank
  readonly traffic: readonly TrafficRow[]
  /** Decides every label and text. */
  readonly seed: number | string
  /** Factor on every simulated duration; 1: as the profiles say, 0: at once. */
  readonly timeScale: number
  readonly clock: Clock
  /** For ids and timings; default: from the seed and the time of the start. */
  readonly random?: Random
  /** What to do with a prompt that is neither probe, traffic nor scripted; default: answer something general. */
  readonly unscripted?: 'answer' | 'refuse'
  readonly log: Logger
}

export type RunningSim = {
  readonly url: string
  readonly port: number
  readonly control: SimControl
  /** Ends every open exchange and stops listening. */
  close(): Promise<void>
}

const MAX_BODY_BYTES = 64 * 1024 * 1024
/** Providers keep idle connections for about a minute; Node's default of 5 s would race with clients' pools. */
const KEEP_ALIVE_MS = 65_000

/** Starts the simulated providers. Rejects with `port_taken` when the port is in use. */
export async function startSim(options: SimOptions): Promise<RunningSim> {
  const { models, probes, bank, traffic, seed, timeScale, clock, log } = options
  const random = options.random ?? startRandom(seed, clock)
  const world: World = { models, probes, bank, traffic, seed, timeScale, clock, random, unscripted: options.unscripted ?? 'answer' }
  const missing = probes.filter((probe) => !bank.has(probe.id)).length
  if (missing > 0) log.warn({ missing }, 'the answer bank has no texts for some probes; they get general answers without a label')
  const state = simState(models)
  const exchange = exchanges(world, state)
  const closing = new AbortController()

  const stepsFor = async (request: IncomingMessage, requestId: string): Promise<readonly Step[]> => {
    const method = request.method ?? 'GET'
    const path = new URL(request.url ?? '/', 'http://sim').pathname
    if (path.startsWith('/__sim/')) {
      const isJson = request.headers['content-type']?.startsWith('application/json') === true
      const body = method === 'POST' && isJson ? await readBody(request) : undefined
      const { status, body: said } = answerControl(state, method, path, body === undefined ? undefined : parse(body))
      return planBody(status, 'application/json', JSON.stringify(said), 0)
    }
    const [, provider, below = ''] = /^(?:\/([^/]+))?\/v1(\/.*)$/.exec(path) ?? []
    const served = models.filter((model) => provider === undefined || model.provider === provider)
    if (below === '/models' && method === 'GET' && served.length > 0) return planBody(200, 'application/json', modelList(served, clock), 0)
    const surface = SURFACES.find((one) => one.path === below)
    if (surface === undefined || served.length === 0) return refuse({ status: 404, code: 'unknown_url', message: `Invalid URL (${method} ${path})` })
    if (method !== 'POST') return refuse({ status: 405, code: 'method_not_supported', message: `Not allowed to ${method} on ${path}.`, headers: { allow: 'POST' } })
    const text = await readBody(request)
    if (text === undefined) return refuse({ status: 413, code: 'request_too_large', message: 'The request body is too large.' })
    const body = parse(text)
    if (body === undefined) return refuse({ status: 400, code: null, message: 'We could not parse the JSON body of your request.' })
    return exchange({ surface, provider, path, headers: request.headers, body, requestId })
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = `req_${randomText(random, 24)}`
    response.setHeader('x-weighbridge-simulated', '1')
    response.setHeader('x-request-id', requestId)
    await play(await stepsFor(request, requestId), response, clock, closing.signal)
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
    handle(request, response).catch((thrown: unknown) => {
      // A client that goes while its body is read is no fault of ours; anything else is.
      if (!request.destroyed) log.error({ err: thrown }, 'a simulated exchange failed')
      response.destroy()
    })
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  await listen(server, options.port, options.host ?? '127.0.0.1')
  // An AddressInfo, because the server listens on a port and not on a pipe.
  const { port } = server.address() as AddressInfo
  const url = `http://${options.host ?? '127.0.0.1'}:${port}`
  log.debug({ url, models: models.map((model) => model.name) }, 'simulated providers are listening')
  return {
    url,
    port,
    control: state,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        closing.abort()
        server.closeAllConnections()
      }),
  }
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE' ? new WeighbridgeError('port_taken', `Port ${port} for the simulated providers is in use.`, { cause }) : cause)
    })
    server.listen(port, host, () => resolve())
  })
}

function refuse(error: Omit<SimError, 'type'>): Step[] {
  return planError(DEFAULT_SURFACE, { type: 'invalid_request_error', ...error }, 0)
}

function modelList(models: readonly ModelProfile[], clock: Clock): string {
  const created = Math.floor(clock.nowMs() / 1000)
  return JSON.stringify({ object: 'list', data: models.map((model) => ({ id: model.name, object: 'model', created, owned_by: model.provider })) })
}

/** The body as text; `undefined` when it is larger than the limit. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
