// Where the route table comes from: a file (looked at twice a second) or a URL (every five seconds, with ETag). A new table
// takes effect when it is valid; an invalid one changes nothing and is reported once. The last good one is kept on disk.
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { request } from 'undici'
import { contentHash } from '../core/hash.ts'
import { asWeighbridgeError } from '../core/errors.ts'
import { parseRouteTable, type RouteTable } from '../core/route-table.ts'

export type RoutesState = {
  /** `undefined`: configured weights. */
  readonly table: RouteTable | undefined
  readonly source: string
  /** Whether the table comes from the copy kept on disk because the source gave no valid one. */
  readonly fromCopy: boolean
  /** Why the newest table was not taken; `undefined` when it was. */
  readonly fault: string | undefined
}

export interface RoutesSource {
  current(): RoutesState
  stop(): Promise<void>
}

const FILE_POLL_MS = 500
const URL_POLL_MS = 5_000
const URL_TIMEOUT_MS = 5_000
const LARGEST_TABLE_BYTES = 16 * 1024 * 1024

type Fetched = { readonly kind: 'same' } | { readonly kind: 'gone' } | { readonly kind: 'text'; readonly text: string }

/** Loads the table (or the copy) and goes on watching. A missing file means configured weights. */
export async function watchRoutes(options: { readonly source: string; readonly dataDir: string; readonly log: Logger; readonly pollMs?: number }): Promise<RoutesSource> {
  const { source, log } = options
  const isUrl = /^https?:\/\//.test(source)
  // One copy per source: after a change of source the old one's table must not come back as this one's.
  const copyPath = join(options.dataDir, `route-table.last-good.${contentHash(source).slice(0, 8)}.json`)
  const read = isUrl ? urlReader(source) : fileReader(source)
  let state: RoutesState = { table: undefined, source, fromCopy: false, fault: undefined }
  let stopped = false
  let unreached: string | undefined
  let refused: string | undefined

  const look = async (): Promise<void> => {
    let fetched: Fetched
    try {
      fetched = await read()
      unreached = undefined
    } catch (thrown) {
      unreached = asWeighbridgeError(thrown).message
      return report()
    }
    if (fetched.kind === 'gone') {
      refused = undefined
      state = { table: undefined, source, fromCopy: false, fault: undefined }
    } else if (fetched.kind === 'text') {
      try {
        const table = parseRouteTable(fetched.text)
        if (state.table?.hash !== table.hash) log.info({ version: table.version, hash: table.hash, source }, 'a route table is in force')
        refused = undefined
        state = { table, source, fromCopy: false, fault: undefined }
        await keepCopy(copyPath, fetched.text).catch((error: unknown) => log.warn({ err: error }, 'the copy of the route table could not be kept'))
      } catch (thrown) {
        refused = asWeighbridgeError(thrown).message
      }
    }
    report()
  }

  function report(): void {
    const fault = unreached ?? refused
    if (fault !== undefined && fault !== state.fault) log.error({ source, fault, version: state.table?.version ?? 0 }, 'the route table is not usable; the last good one stays in force')
    state = { ...state, fault }
  }

  await look()
  if (state.fault !== undefined) {
    const copy = await readFile(copyPath, 'utf8').then(parseRouteTable, () => undefined)
    if (copy !== undefined) state = { ...state, table: copy, fromCopy: true }
  }
  const pollMs = options.pollMs ?? (isUrl ? URL_POLL_MS : FILE_POLL_MS)
  let running = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(() => (stopped ? undefined : look()))
  }, pollMs)
  timer.unref()

  return {
    current: () => state,
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}

function fileReader(path: string): () => Promise<Fetched> {
  let seen = ''
  return async () => {
    const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    const mark = facts === undefined ? 'gone' : `${facts.ino} ${facts.size} ${facts.mtimeMs}`
    if (mark === seen) return { kind: 'same' }
    if (facts === undefined) {
      seen = mark
      return { kind: 'gone' }
    }
    const text = await readFile(path, 'utf8')
    seen = mark
    return { kind: 'text', text }
  }
}

function urlReader(url: string): () => Promise<Fetched> {
  let etag: string | undefined
  let seen: string | undefined
  return async () => {
    const answer = await request(url, {
      headers: etag === undefined ? {} : { 'if-none-match': etag },
      headersTimeout: URL_TIMEOUT_MS,
      bodyTimeout: URL_TIMEOUT_MS,
      signal: AbortSignal.timeout(URL_TIMEOUT_MS),
    })
    if (answer.statusCode === 304) {
      await answer.body.dump()
      return { kind: 'same' }
    }
    if (answer.statusCode !== 200) {
      await answer.body.dump()
      throw new Error(`${url} answered HTTP ${answer.statusCode}`)
    }
    if (Number(answer.headers['content-length'] ?? 0) > LARGEST_TABLE_BYTES) throw new Error(`${url} answered more than ${LARGEST_TABLE_BYTES} bytes`)
    const text = await answer.body.text()
    const tag = answer.headers['etag']
    etag = typeof tag === 'string' ? tag : undefined
    if (text === seen) return { kind: 'same' }
    seen = text
    return { kind: 'text', text }
  }
}

async function keepCopy(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
