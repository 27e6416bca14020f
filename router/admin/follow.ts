// A router that follows a primary: it asks for drains and keys every other second, keeps the last answers on disk, and goes on from
// them when the primary is gone. In: the primary's address. Out: drains, a key ring, and how old both are. No call waits for it.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { request } from 'undici'
import { z } from 'zod'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import type { KeyFacts, KeyRing } from '../../core/mount.ts'
import { drainsDocument, keyringDocument, type Drain, type DrainsDocument, type Following, type KeyringDocument } from '../../core/operations.ts'
import type { Clock, Random } from '../../core/seams.ts'
import { unexpired } from '../../store/state/keys.ts'

export type FollowOptions = {
  /** Base address of the primary. */
  readonly url: string
  /** An admin key of the primary (a read key follows drains only); `undefined` where it wants none. */
  readonly key: string | undefined
  /** File that keeps the last answers. */
  readonly cachePath: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Called with each new list of drains. */
  readonly onDrains: (drains: readonly Drain[]) => void
  /** Longest pause between two questions, in milliseconds. Default 2,000. */
  readonly pollMs?: number
}

export interface Follower {
  /** The primary's keys. While none were ever had, every key is refused: not knowing the keys is no reason to let all in. */
  readonly keys: KeyRing
  /** The installation's secret for fingerprints; `undefined` while it was never had. */
  signalSecret(): string | undefined
  following(): Following
  /** Asks now instead of at the next turn. */
  ask(): Promise<void>
  stop(): Promise<void>
}

const POLL_MS = 2_000
const TIMEOUT_MS = 2_000
const LARGEST_BYTES = 4 * 1024 * 1024
/** Clocks that differ by less are taken as the same: the difference would be the answer's own travel time. */
const SKEW_MS = 2_000
/** How often the time of the last answer is written down when nothing else changed. */
const CONFIRM_MS = 60_000

const cacheSchema = z.object({
  /** Hash of the address: another primary's drains and keys are not this one's. */
  primary: z.string(),
  drains: z.object({ at: z.number(), document: drainsDocument }).optional(),
  keys: z.object({ at: z.number(), document: keyringDocument }).optional(),
})
type Cache = z.infer<typeof cacheSchema>

/** Takes up the cache, asks once (for as long as one question may take), and goes on asking. Never throws for a primary that is gone. */
export async function followPrimary(options: FollowOptions): Promise<Follower> {
  const { clock, random, log } = options
  const url = options.url.replace(/\/+$/, '')
  const primary = contentHash(url)
  const pollMs = options.pollMs ?? POLL_MS
  let cache = readCache(options.cachePath, primary, log)
  let written = { at: clock.nowMs(), text: '' }
  let ring = ringOf(cache.keys?.document, clock)
  let fault: string | undefined
  let reachable = false
  const tags: { drains?: string | undefined; keys?: string | undefined } = {}
  /** How our wall clock stood to the monotonic one when drains were last put on it. */
  let wall = clock.nowMs() - clock.monotonicMs()
  const stopping = new AbortController()

  const get = async <T>(path: string, schema: z.ZodType<T>, tag: string | undefined): Promise<{ readonly document: T | undefined; readonly tag: string | undefined }> => {
    const answer = await request(url + path, {
      headers: { ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }), ...(tag === undefined ? {} : { 'if-none-match': tag }) },
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), stopping.signal]),
    })
    if (answer.statusCode === 304 && tag !== undefined) {
      await answer.body.dump()
      return { document: undefined, tag }
    }
    if (answer.statusCode !== 200) {
      await answer.body.dump()
      const locked = answer.statusCode === 401 || answer.statusCode === 403
      throw new WeighbridgeError('primary_unreachable', `${url}${path} answered HTTP ${answer.statusCode}${locked ? ': WEIGHBRIDGE_PRIMARY_KEY must be a key of the primary with scope admin' : ''}`, { details: { locked } })
    }
    const parsed = schema.safeParse(parseJson(await limitedText(answer.body, path)))
    if (!parsed.success) throw new WeighbridgeError('primary_unreachable', `${url}${path} answered something else at ${parsed.error.issues[0]?.path.join('.') || '(top level)'}: is it a weighbridge router of this version?`)
    const etag = answer.headers['etag']
    return { document: parsed.data, tag: typeof etag === 'string' ? etag : undefined }
  }

  const ask = async (): Promise<void> => {
    // Our clock was set since: the ends must be put on it again, though the primary has nothing new.
    if (Math.abs(clock.nowMs() - clock.monotonicMs() - wall) >= SKEW_MS) tags.drains = undefined
    const [drains, keys] = await Promise.allSettled([get('/admin/drains', drainsDocument, tags.drains), get('/admin/keyring', keyringDocument, tags.keys)])
    if (stopping.signal.aborted) return
    const now = clock.nowMs()
    if (drains.status === 'fulfilled') {
      const { document, tag } = drains.value
      const shifted = document === undefined ? undefined : onOurClock(document, now)
      const known = shifted ?? cache.drains?.document
      if (known !== undefined) cache = { ...cache, drains: { at: now, document: known } }
      tags.drains = tag
      if (shifted !== undefined) {
        wall = now - clock.monotonicMs()
        options.onDrains(shifted.active)
      }
    }
    if (keys.status === 'fulfilled') {
      const known = keys.value.document ?? cache.keys?.document
      if (known !== undefined) cache = { ...cache, keys: { at: now, document: known } }
      tags.keys = keys.value.tag
      if (keys.value.document !== undefined) ring = ringOf(keys.value.document, clock)
    } else if (isLocked(keys.reason) && cache.keys?.document.keys.length === 0) {
      // The last we heard there were no keys; now there are, and we may not know them.
      cache = { ...cache, keys: undefined }
      ring = ringOf(undefined, clock)
    }
    reachable = drains.status === 'fulfilled'
    const failed = [drains, keys].find((result) => result.status === 'rejected')
    report(failed === undefined ? undefined : reasonText(failed.reason))
    await keep(now)
  }

  function report(now: string | undefined): void {
    if (now !== undefined && fault === undefined) log.warn({ reason: now, primary: url, has_drains: cache.drains !== undefined, has_keys: cache.keys !== undefined }, 'the primary cannot be followed; what was last known stays in force')
    if (now === undefined && fault !== undefined) log.info({ primary: url }, 'the primary is followed again')
    fault = now
  }

  async function keep(now: number): Promise<void> {
    if (cache.drains === undefined && cache.keys === undefined) return
    const text = JSON.stringify([cache.drains?.document.active, cache.keys?.document])
    const confirms = reachable && now - written.at >= CONFIRM_MS
    if (text === written.text && !confirms) return
    try {
      await writeFile(`${options.cachePath}.new`, JSON.stringify({ ...cache, primary } satisfies Cache), { mode: 0o600 })
      await rename(`${options.cachePath}.new`, options.cachePath)
      written = { at: now, text }
    } catch (error) {
      log.warn({ err: error }, 'what the primary said could not be kept on disk')
    }
  }

  if (cache.drains !== undefined) options.onDrains(cache.drains.document.active)
  await ask()
  let turn: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout
  const next = (): void => {
    // Routers that started together must not ask together.
    timer = setTimeout(() => {
      turn = ask().catch((error: unknown) => log.error({ err: error }, 'following the primary failed inside the router')).finally(() => {
        if (!stopping.signal.aborted) next()
      })
    }, pollMs * (0.6 + 0.4 * random.next()))
    timer.unref()
  }
  next()

  const age = (at: number | undefined): number | null => (at === undefined ? null : Math.max(0, clock.nowMs() - at))
  return {
    keys: { find: (secret) => ring.find(secret), has: (scope) => ring.has(scope), byId: (id) => ring.byId?.(id) },
    signalSecret: () => cache.keys?.document.signal_secret,
    following: () => ({ url, reachable, drains_age_ms: age(cache.drains?.at), keys_age_ms: age(cache.keys?.at), fault: fault ?? null }),
    ask,
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await turn
    },
  }
}

function isLocked(thrown: unknown): boolean {
  return thrown instanceof WeighbridgeError && thrown.details?.['locked'] === true
}

/** A key ring over hashes; `undefined`: the keys are not known, so keys are needed and none is right. */
function ringOf(document: KeyringDocument | undefined, clock: Clock): KeyRing {
  if (document === undefined) return { find: () => undefined, has: () => true }
  const byHash = new Map<string, KeyFacts>(document.keys.map(({ id, name, scopes, policy, sha256 }) => [sha256, { id, name, scopes, policy }]))
  const byId = new Map([...byHash.values()].map((key) => [key.id, key]))
  return {
    // A look-up of a hash: nothing about a secret can be learned from how long it took.
    find: (secret) => unexpired(byHash.get(createHash('sha256').update(secret).digest('hex')), clock.nowMs()),
    has: (scope) => document.keys.some((key) => key.scopes.includes(scope)),
    byId: (id) => byId.get(id),
  }
}

/** The same drains with their ends on our clock. */
function onOurClock(document: DrainsDocument, nowMs: number): DrainsDocument {
  const ahead = Math.round(nowMs - document.now_at)
  if (Math.abs(ahead) < SKEW_MS) return document
  return { ...document, now_at: Math.floor(nowMs), active: document.active.map((drain) => ({ ...drain, until_at: Math.min(8.64e15, Math.max(0, drain.until_at + ahead)) })) }
}

function readCache(path: string, primary: string, log: Logger): Cache {
  const none: Cache = { primary }
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return none
  }
  const parsed = cacheSchema.safeParse(parseJson(text))
  if (!parsed.success) {
    log.warn({ path }, 'what was kept of the primary cannot be read and is left aside')
    return none
  }
  return parsed.data.primary === primary ? parsed.data : none
}

async function limitedText(body: AsyncIterable<unknown>, path: string): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    // undici's bodies are streams of bytes.
    const piece = chunk as Buffer
    bytes += piece.length
    if (bytes > LARGEST_BYTES) throw new WeighbridgeError('primary_unreachable', `${path} answered more than ${LARGEST_BYTES} bytes`)
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonText(thrown: unknown): string {
  const error = asWeighbridgeError(thrown)
  return error.message === '' && thrown instanceof Error ? thrown.name : error.message
}
