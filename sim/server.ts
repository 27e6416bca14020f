// The simulated providers on one port: `/PROVIDER/v1` (and Google's `/PROVIDER/v1beta`) each, `/v1` for all, and the side channel
// under `/__sim/`. Takes HTTP, hands bodies to exchange.ts and plays what comes back; knows no wire format itself.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import { WeighbridgeError } from '../core/errors.ts'
import { jsonOf } from '../core/json.ts'
import type { Clock, Random } from '../core/seams.ts'
import type { Bank, TrafficRow } from './bank.ts'
import type { SimProbe } from './behaviour/labels.ts'
import { answerControl } from './control-http.ts'
import { simState, type SimControl } from './control.ts'
import { randomText } from './behaviour/random-text.ts'
import { exchanges, startRandom, type World } from './exchange.ts'
import { play } from './play.ts'
import { modelList } from './model-list.ts'
import { EMBEDDING_MODELS, type ModelProfile } from './profiles.ts'
import { planBody, planError, type Step } from './plan.ts'
import type { SimError } from './surfaces/surface.ts'
import { placeOf } from './surfaces/surfaces.ts'

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
  const missing = probes.filter((probe) => probe.kind !== 'task' && !bank.has(probe.id)).length
  if (missing > 0) log.warn({ missing }, 'the answer bank has no texts for some probes; they get general answers without a label')
  const state = simState([...models, ...EMBEDDING_MODELS])
  const exchange = exchanges(world, state)
  const closing = new AbortController()

  const stepsFor = async (request: IncomingMessage, requestId: string): Promise<readonly Step[]> => {
    const method = request.method ?? 'GET'
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://sim')
    if (path.startsWith('/__sim/')) {
      const isJson = request.headers['content-type']?.startsWith('application/json') === true
      const body = method === 'POST' && isJson ? await readBody(request) : undefined
      const { status, body: said } = answerControl(state, method, path, body === undefined ? undefined : jsonOf(body))
      return planBody(status, 'application/json', JSON.stringify(said), 0)
    }
    const { provider, surface, list, model, stream, errors } = placeOf(path)
    const refuse = (error: SimError): Step[] => planError(errors, error, '', 0)
    const served = [...models, ...EMBEDDING_MODELS].filter((one) => provider === undefined || one.provider === provider)
    if (list && method === 'GET' && served.length > 0) return planBody(200, 'application/json', modelList(served, errors.wire, request.headers['anthropic-version'] !== undefined, clock), 0)
    if (surface === undefined || served.length === 0) return refuse({ kind: 'unknown_path', message: `Invalid URL (${method} ${path})` })
    if (method !== 'POST') return refuse({ kind: 'method', message: `Not allowed to ${method} on ${path}.`, headers: { allow: 'POST' } })
    const text = await readBody(request)
    if (text === undefined) return refuse({ kind: 'too_large' })
    const body = jsonOf(text)
    if (body === undefined) return refuse({ kind: 'bad_request', message: 'We could not parse the JSON body of your request.' })
    return exchange({ surface, provider, path, query, model, stream, headers: request.headers, body, requestId })
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const requestId = `req_${randomText(random, 24)}`
    response.setHeader('x-weighbridge-simulated', '1')
    response.setHeader('x-request-id', requestId)
    response.setHeader('request-id', requestId)
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
