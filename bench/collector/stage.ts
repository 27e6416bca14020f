// What is measured: `weighbridge collector` with its embedded engine, as a person would start it, on a directory of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { freePort, memoryMb, pidOf, stop, type Running } from '../gateway/processes.ts'

export type Stage = {
  readonly url: string
  readonly collector: Running
  readonly clickhouse: ClickHouse
  /** Of the inspector, when it was asked for. */
  readonly inspector: string | undefined
  /** Resident megabytes of the collector and of its engine; `undefined` where the system does not tell. */
  memory(): { readonly collectorMb: number; readonly engineMb: number } | undefined
  /** Of the embedded engine; `undefined` where the system does not tell. */
  enginePid(): number | undefined
  /** One figure of GET /metrics. */
  metric(name: string): Promise<number>
  close(): Promise<void>
}

/** Starts it and waits until it is ready. `root`: the checkout whose collector is measured. */
export async function startStage(root: string, dir: string, nodeFlags: readonly string[] = []): Promise<Stage> {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'weighbridge.yaml'), 'providers: {}\n')
  const [otlpPort, clickhousePort] = [await freePort(), await freePort()]
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...nodeFlags, join(root, 'cli/main.ts'), 'collector', '--config', join(dir, 'weighbridge.yaml'), '--data', join(dir, 'data'), '--otlp-port', String(otlpPort), '--clickhouse-port', String(clickhousePort)],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] } },
  )
  let said = ''
  let inspector: string | undefined
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    inspector ??= /ws:\/\/\S+/.exec(text)?.[0]
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000)
      if (said.includes('collector ready')) resolve()
    })
    once(child, 'exit').then(() => reject(new Error(`the collector ended: ${said}`)), reject)
  })
  const running: Running = { process: child, pid: pidOf(child) }
  const url = `http://127.0.0.1:${otlpPort}`
  const clickhouse = createClickHouse({ url: `http://127.0.0.1:${clickhousePort}`, database: 'weighbridge', user: 'reader', password: '' })
  return {
    url,
    collector: running,
    clickhouse,
    get inspector() {
      return inspector
    },
    memory() {
      const collectorMb = memoryMb(running.pid)?.now
      const engine = childOf(running.pid)
      const engineMb = engine === undefined ? undefined : memoryMb(engine)?.now
      return collectorMb === undefined || engineMb === undefined ? undefined : { collectorMb, engineMb }
    },
    enginePid: () => childOf(running.pid),
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(new RegExp(`^weighbridge_collector_${name} (\\S+)$`, 'm').exec(text)?.[1])
    },
    async close() {
      await clickhouse.close()
      await stop(running)
    },
  }
}

/** The first child of a process; `undefined` where the system does not tell. */
function childOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return first === undefined || first === '' ? undefined : Number(first)
  } catch {
    return undefined
  }
}
