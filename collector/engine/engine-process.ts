// One run of the engine: a child process that serves until it is told to stop, dies, or its parent does.
// In: paths and a port. Out: the child with what it said on standard error, and the reason once it has ended.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { WeighbridgeError } from '../../core/errors.ts'

export type EngineProcessOptions = {
  readonly library: string
  readonly directory: string
  readonly configFile: string
  readonly httpPort: number
  /** Port of the native protocol; `undefined`: it does not listen on one. */
  readonly tcpPort?: number | undefined
}

/** How a run ended. */
export type EngineExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stderr: string }

export interface EngineProcess {
  readonly pid: number | undefined
  /** Resolves when the child is gone; never rejects. */
  readonly exited: Promise<EngineExit>
  /** `undefined` while it runs. */
  exit(): EngineExit | undefined
  /** Asks it to end, then makes it; resolves when it is gone. */
  stop(graceMs: number): Promise<void>
}

const STDERR_KEPT = 8_192

/** Starts the child; whether it serves is for the caller to ask. */
export function spawnEngine({ library, directory, configFile, httpPort, tcpPort }: EngineProcessOptions): EngineProcess {
  // Beside this file, in the sources and in a build alike.
  const launcher = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './launcher.ts' : './launcher.js', import.meta.url))
  const child = spawn(
    process.execPath,
    [
      '--experimental-ffi',
      '--disable-warning=ExperimentalWarning',
      launcher,
      library,
      '--path', directory,
      '--listen_host', '127.0.0.1',
      '--http_port', String(httpPort),
      ...(tcpPort === undefined ? [] : ['--tcp_port', String(tcpPort)]),
      // Without it the engine would take ./config.xml of its working directory.
      '--config-file', configFile,
      '--log-level=warning',
      '--structure', 's String',
      '--input-format', 'LineAsString',
      // The second statement reads standard input to its end, which comes when our side of the pipe closes.
      '--query', `SYSTEM START LISTEN HTTP; ${tcpPort === undefined ? '' : 'SYSTEM START LISTEN TCP; '}SELECT count() FROM table FORMAT Null`,
    ],
    {
      cwd: directory,
      // A process group of its own: Ctrl-C must reach the parent alone, which still has rows to flush.
      detached: true,
      stdio: ['pipe', 'ignore', 'pipe'],
      // Nothing of ours leaks in (NODE_OPTIONS would change the child); UTC makes days and text the same everywhere.
      env: { TZ: 'UTC' },
    },
  )
  let stderr = ''
  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT)
  })
  // Nothing is ever written to it; an error there only repeats that the child is gone.
  child.stdin.on('error', () => {})

  let ended: EngineExit | undefined
  const exited = new Promise<EngineExit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      ended ??= { code, signal, stderr }
      resolve(ended)
    }
    child.once('close', end)
    child.once('error', (error) => {
      stderr += error.message
      end(null, null)
    })
  })

  return {
    pid: child.pid,
    exited,
    exit: () => ended,
    async stop(graceMs) {
      if (ended !== undefined) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await exited
      clearTimeout(timer)
    },
  }
}

/** What an end before readiness means: `data_dir_locked` (the server's 76), `port_taken` (210) or `engine_failed`. */
export function startFailure(exit: EngineExit, { directory, httpPort }: Pick<EngineProcessOptions, 'directory' | 'httpPort'>): WeighbridgeError {
  if (/Code: 76\b|Cannot lock file/.test(exit.stderr)) {
    return new WeighbridgeError('data_dir_locked', `Another ClickHouse engine holds ${directory}`)
  }
  if (/Code: 210\b|Address already in use/.test(exit.stderr)) {
    return new WeighbridgeError('port_taken', `Port ${httpPort} on 127.0.0.1 is taken; the embedded ClickHouse could not listen on it`, {
      details: { port: httpPort },
    })
  }
  const lines = exit.stderr.trim().split('\n')
  const said = (lines.find((line) => /Error|Exception/.test(line)) ?? lines.at(-1) ?? '').slice(0, 300)
  return new WeighbridgeError('engine_failed', `The embedded ClickHouse ended while starting (${exit.signal ?? `exit code ${exit.code}`})${said === '' ? '' : `: ${said}`}`)
}

/** A port that was free a moment ago; another process may take it first. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new WeighbridgeError('internal', 'no free port was given')
  return address.port
}
