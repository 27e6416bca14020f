// A real `weighbridge up` in a child process, on free ports and a temporary data directory.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

export type RunningUp = {
  readonly dataDir: string
  readonly router: string
  readonly collector: string
  readonly clickhouse: string
  readonly child: ChildProcess
  readonly reader: ClickHouse
  /** Everything it has printed so far. */
  printed(): string
  /** Runs another command on the same data directory. */
  command(words: readonly string[]): Promise<CommandResult>
  stop(): Promise<number>
}

/** Starts `up` with these words and waits until its router answers. */
export async function startUp(words: readonly string[], options: { dataDir?: string; env?: Readonly<Record<string, string>>; cwd?: string } = {}): Promise<RunningUp> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'wb-up-')))
  const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...options.env }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'up', ...words, '--data', dataDir, '--port', '0', '--otlp-port', '0', '--clickhouse-port', '0'], {
    env,
    cwd: options.cwd ?? dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const note = join(dataDir, 'running.json')
  await until(() => existsSync(note), 60_000, () => `up did not start (exit ${child.exitCode}):\n${printed}`, () => child.exitCode !== null)
  const running = JSON.parse(readFileSync(note, 'utf8')) as { router: string; collector: string; clickhouse: string }
  const reader = createClickHouse({ url: running.clickhouse, database: 'weighbridge', user: 'reader', password: '' })
  return {
    dataDir,
    ...running,
    child,
    reader,
    printed: () => printed,
    command: (more) => runCommand([...more, '--data', dataDir], { cwd: options.cwd ?? dataDir, env }),
    stop: async () => {
      await reader.close()
      if (child.exitCode === null) {
        const closed = once(child, 'close')
        child.kill('SIGINT')
        await closed
      }
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
      return child.exitCode ?? -1
    },
  }
}

/** Polls until `holds` or the deadline; `failed` ends the wait early. */
export async function until(holds: () => boolean | Promise<boolean>, deadlineMs: number, complain: () => string, failed: () => boolean = () => false): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await holds())) {
    if (failed() || performance.now() > end) throw new Error(complain())
    await delay(25)
  }
}
