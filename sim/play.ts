// Does the steps of an exchange on a real socket, when they are due. Stops quietly when the client goes; never throws for
// what a client does.
import type { ServerResponse } from 'node:http'
import { once } from 'node:events'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../core/seams.ts'
import type { Step } from './plan.ts'

/** Shortest pause between two writes: many streams at once would otherwise wake the process for every word. */
const LEAST_PAUSE_MS = 8

/** Plays the steps; resolves with whether all were done, `false` when the client closed first or `signal` aborted. */
export async function play(steps: readonly Step[], response: ServerResponse, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const gone = new AbortController()
  const leave = (): void => gone.abort()
  response.once('close', leave)
  signal.addEventListener('abort', leave, { once: true })
  const startMs = clock.monotonicMs()
  try {
    for (const step of steps) {
      if (step.kind === 'hang') {
        if (!gone.signal.aborted) await once(gone.signal, 'abort')
        return false
      }
      if (step.kind === 'mumble') return await mumble(step.data, step.everyMs, response, gone.signal)
      const dueMs = step.atMs - (clock.monotonicMs() - startMs)
      if (dueMs > 0) await delay(Math.max(dueMs, LEAST_PAUSE_MS), undefined, { signal: gone.signal })
      if (gone.signal.aborted) return false
      await perform(step, response, gone.signal)
    }
    return true
  } catch (thrown) {
    if (gone.signal.aborted) return false
    throw thrown
  } finally {
    response.off('close', leave)
    signal.removeEventListener('abort', leave)
  }
}

async function mumble(data: string, everyMs: number, response: ServerResponse, gone: AbortSignal): Promise<false> {
  while (!gone.aborted) {
    await write(response, data, gone)
    await delay(everyMs, undefined, { signal: gone })
  }
  return false
}

async function write(response: ServerResponse, data: string | Uint8Array, gone: AbortSignal): Promise<void> {
  if (!response.write(data)) await once(response, 'drain', { signal: gone })
}

async function perform(step: Exclude<Step, { kind: 'hang' | 'mumble' }>, response: ServerResponse, gone: AbortSignal): Promise<void> {
  switch (step.kind) {
    case 'head':
      response.writeHead(step.status, step.headers)
      response.flushHeaders()
      return
    case 'hints':
      response.writeEarlyHints({ ...step.headers, link: step.headers['link'] ?? '' })
      return
    case 'bytes':
      await write(response, step.data, gone)
      return
    case 'flood':
      for (let i = 0; i < step.times && !gone.aborted; i += 1) await write(response, step.data, gone)
      return
    case 'raw':
      response.socket?.write(step.data)
      return
    case 'end':
      response.end()
      return
    case 'cut':
      // node:http holds the chunks of one turn back to write them together; they would be lost with the socket.
      await nextTurn()
      response.socket?.destroySoon()
      return
    case 'reset':
      await nextTurn()
      response.socket?.resetAndDestroy()
      return
  }
}
