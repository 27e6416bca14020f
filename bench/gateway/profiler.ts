// V8's own processor profiler in a running child, over the inspector: switched on once the child is warm, so that neither its
// start nor its unoptimised first calls are counted.
import type { Profile } from './stages.ts'

export interface Profiler {
  start(): Promise<void>
  stop(): Promise<Profile>
  close(): void
}

/** Microseconds between samples. */
const INTERVAL_US = 250

/** Attaches to the inspector at the address that a child started with --inspect=0 prints. */
export async function attach(url: string): Promise<Profiler> {
  const socket = new WebSocket(url)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error(`no inspector at ${url}`)), { once: true })
  })
  let id = 0
  const command = (method: string, params: object = {}): Promise<unknown> => {
    id += 1
    const own = id
    return new Promise((resolve) => {
      const heard = (event: MessageEvent): void => {
        // The inspector's answers are JSON texts with the id of their command (Chrome DevTools Protocol 1.3).
        const answer = JSON.parse(String(event.data)) as { id?: number; result?: unknown }
        if (answer.id !== own) return
        socket.removeEventListener('message', heard)
        resolve(answer.result)
      }
      socket.addEventListener('message', heard)
      socket.send(JSON.stringify({ id: own, method, params }))
    })
  }
  await command('Profiler.enable')
  await command('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  return {
    start: async () => void (await command('Profiler.start')),
    stop: async () => ((await command('Profiler.stop')) as { profile: Profile }).profile,
    close: () => socket.close(),
  }
}
