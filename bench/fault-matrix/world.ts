// The world the matrix runs in: a simulated provider that fails, one that does not, places where nobody answers, and a real
// router between them and us with short deadlines. One provider, target and task for each cell, so that no cell's cooling or
// open connection is another's.
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import type { Wire } from '../../core/model-request.ts'
import { seededRandom, systemClock } from '../../core/seams.ts'
import { GPT_5_4 } from '../../sim/profiles.ts'
import { startSim, type RunningSim } from '../../sim/server.ts'
import { running, type Running } from '../../test/router/support/running.ts'
import { bodyOf, MARKER_QUESTION, type Kind } from './asking.ts'
import { judgeWhole } from './judge.ts'
import type { Cell, Place } from './rows.ts'

/** Milliseconds of the router's deadlines in the matrix. */
export const DEADLINES = { connect: 600, first: 400, idle: 400, total: 3_000 } as const
/** Bytes the router takes from a provider in the matrix. */
const MAX_RESPONSE_BYTES = 2 * 1024 * 1024

/** What a target says in full: its words, the JSON of the wanted form, the arguments of its call. */
export type Words = { readonly text: string; readonly schema: string; readonly tool: string }

export type MatrixWorld = { readonly running: Running; readonly faulty: Words; readonly healthy: Words; close(): Promise<void> }

const COUNT = 48
const wordsOf = (name: string): string => Array.from({ length: COUNT }, (_, i) => `${name}-${String(i).padStart(2, '0')}`).join(' ')

async function marked(name: string): Promise<{ sim: RunningSim; words: Words }> {
  const texts = [wordsOf(name)]
  const sim = await startSim({
    port: 0,
    models: [{ ...GPT_5_4, name, thinks: 'never' }],
    probes: [{ id: 'words', kind: 'control', question: MARKER_QUESTION }],
    bank: new Map([['words', { id: 'words', answers: { answered: texts, pushed_back: texts } }]]),
    traffic: [],
    seed: name,
    timeScale: 0,
    clock: systemClock,
    random: seededRandom(name),
    log: pino({ level: 'silent' }),
  })
  const said = async (kind: Kind): Promise<ReturnType<typeof judgeWhole>> => {
    const { path, body } = bodyOf('openai-chat', name, false, kind)
    const answer = await fetch(`${sim.url}/openai${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    return judgeWhole('openai-chat', await answer.text())
  }
  const [text, schema, tool] = [await said('text'), await said('schema'), await said('tool')]
  if (text.text !== texts[0] || tool.calls[0] === undefined) throw new Error(`the simulated ${name} does not say its words`)
  return { sim, words: { text: text.text, schema: schema.text, tool: tool.calls[0] } }
}

/** Starts everything for these cells. */
export async function startWorld(cells: readonly Cell[]): Promise<MatrixWorld> {
  const [faulty, healthy] = [await marked('alpha'), await marked('beta')]
  if (faulty.words.schema === healthy.words.schema) throw new Error('the two simulated providers say the same JSON, so a splice would not show')
  const silent = await listening(createServer((socket) => void socket.on('error', () => socket.destroy())))
  const closed = await listening(createServer())
  await new Promise((resolve) => closed.server.close(resolve))
  const places: Record<Place, string> = {
    refused: `http://127.0.0.1:${closed.port}`,
    unknown_name: 'http://no-such-host.invalid',
    no_tls: faulty.sim.url.replace('http:', 'https:'),
    tls_silent: `https://127.0.0.1:${silent.port}`,
  }
  const addresses = (cell: Cell): string => (cell.row.place === undefined ? faulty.sim.url : places[cell.row.place])
  const started = await running(configFor(cells, addresses, healthy.sim.url))
  return {
    running: started,
    faulty: faulty.words,
    healthy: healthy.words,
    async close() {
      await started.close()
      await Promise.all([faulty.sim.close(), healthy.sim.close()])
      silent.server.close()
      for (const socket of silent.sockets) socket.destroy()
    },
  }
}

async function listening(server: Server): Promise<{ server: Server; port: number; sockets: Set<{ destroy(): void }> }> {
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // An AddressInfo, because the server listens on a port and not on a pipe.
  return { server, port: (server.address() as AddressInfo).port, sockets }
}

function configFor(cells: readonly Cell[], addressOf: (cell: Cell) => string, healthyUrl: string): string {
  const timeouts = `{ connect_ms: ${DEADLINES.connect}, first_token_ms: ${DEADLINES.first}, idle_ms: ${DEADLINES.idle}, total_ms: ${DEADLINES.total} }`
  const provider = (name: string, wire: Wire, url: string): string => `  ${name}: { api: ${wire}, base_url: "${url}/openai/${wire === 'gemini' ? 'v1beta' : 'v1'}", simulated: true, timeouts: ${timeouts} }`
  const wires = [...new Set(cells.map(({ wire }) => wire))]
  return [
    'providers:',
    ...wires.map((wire) => provider(`healthy-${wire}`, wire, healthyUrl)),
    ...cells.map((cell) => provider(`p-${cell.id}`, cell.wire, addressOf(cell))),
    'targets:',
    ...wires.map((wire) => `  beta-${wire}: { provider: healthy-${wire}, model: beta, price: { input: 5, output: 30 }, context_window: 1000000 }`),
    ...cells.map(({ id, row }) => `  t-${id}: { provider: p-${id}, model: "${row.spec === undefined ? 'alpha' : `alpha!${row.spec}`}", price: { input: 2.5, output: 15 }, context_window: 100000 }`),
    'chains:',
    ...cells.map(({ id, wire, alone }) => `  c-${id}: [ { target: t-${id} }${alone ? '' : `, { target: beta-${wire} }`} ]`),
    ...cells.filter(({ row, alone }) => row.onRefusal && !alone).map(({ id, wire }) => `  r-${id}: [ { target: beta-${wire} } ]`),
    'tasks:',
    ...cells.map(({ id, row, alone }) => `  m-${id}: { route: { t-${id}: 1 }, chain: c-${id}${row.onRefusal && !alone ? `, on_refusal: r-${id}` : ''} }`),
    'router:',
    `  max_response_bytes: ${MAX_RESPONSE_BYTES}`,
    '  cooling_wait_ms: 300',
  ].join('\n')
}
