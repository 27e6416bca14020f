// The bench's child processes: started, asked for their memory and processor time, stopped by their own handle.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type AddressInfo } from 'node:net'

/** A child of the bench. */
export type Running = { readonly process: ChildProcess; readonly pid: number }

/** Starts a script of bench/gateway under this Node, with a channel for messages. */
export function startScript(name: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, name), ...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return { process: child, pid: pidOf(child) }
}

/** Sends a message (if any) and answers the child's next one. The caller knows the form: both ends are the bench's. */
export async function ask<Answer>(running: Running, message?: object): Promise<Answer> {
  const settled = new AbortController()
  const { signal } = settled
  const answered = once(running.process, 'message', { signal })
  const ended = once(running.process, 'exit', { signal }).then(([code]: unknown[]) => {
    throw new Error(`a process of the bench ended with ${String(code)}`)
  })
  if (message !== undefined) running.process.send(message)
  try {
    const [answer] = await Promise.race([answered, ended])
    return answer as Answer
  } finally {
    // Whichever lost stops listening.
    for (const promise of [answered, ended]) promise.catch(() => undefined)
    settled.abort()
  }
}

/** Ends a child and waits until it is gone. */
export async function stop(running: Running): Promise<void> {
  const { process: child } = running
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} could not be started`)
  return child.pid
}

/** Resident megabytes, now and at most so far; `undefined` where the system does not tell (anything but Linux). */
export function memoryMb(pid: number): { readonly now: number; readonly peak: number } | undefined {
  const text = proc(pid, 'status')
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text ?? '')?.[1]) / 1024
  return text === undefined ? undefined : { now: kilobytes('VmRSS'), peak: kilobytes('VmHWM') }
}

/** Microseconds of processor time that its threads have used so far; `undefined` where the system does not tell. */
export function cpuUs(pid: number): number | undefined {
  try {
    // The scheduler's own count, in nanoseconds: the ticks of /proc/PID/stat are too coarse for a round.
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + Number(proc(`${pid}/task/${thread}`, 'schedstat')?.split(' ')[0] ?? 0), 0) / 1000
  } catch {
    return undefined
  }
}

/** Microseconds of processor time of a process, threads that are gone included, in ticks of 10 ms; `undefined` where the system does not tell. */
export function totalCpuUs(pid: number): number | undefined {
  const text = proc(pid, 'stat')
  // The name may hold spaces: fields are counted behind its bracket.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * 10_000
}

function proc(process: number | string, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${process}/${name}`, 'utf8')
  } catch {
    return undefined
  }
}

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A cast to the only form that a TCP server's address has.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
