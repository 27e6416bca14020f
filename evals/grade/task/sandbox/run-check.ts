// Runs one check: a folder of its own, the answer on standard input, an emptied environment, bounds on time, memory and output.
// Goes out: how it ended. What the ending means is command.ts's business. Leaves no process and no file behind.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { access, constants, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { constants as constantsOf, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { behindWalls, PROGRAM_PATH, type Walls } from './walls.ts'

export type Check = {
  readonly argv: readonly string[]
  readonly files: Readonly<Record<string, string>>
  /** Given on standard input. */
  readonly input: string
  readonly timeoutMs: number
  readonly memoryMb: number
}

/**
 * How it ended. `exited`: by itself; `killed`: by a signal, ours (`timeout`) or another (a limit, a crash); `not_run`: no such
 * program, or the walls could not be built, which says nothing about the answer. `lastError`: its last line on standard error.
 */
export type CheckEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly lastError: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly timeout: boolean; readonly lastError: string }
  | { readonly kind: 'not_run'; readonly reason: string }

const KEPT_ERROR_BYTES = 4_096
/** Output beyond this ends the check: a program that floods its pipe is broken. */
const MOST_OUTPUT_BYTES = 8 * 1024 * 1024

/** Runs it; rejects only when `signal` aborts. */
export async function runCheck(check: Check, walls: Walls, signal: AbortSignal): Promise<CheckEnd> {
  const isNode = check.argv[0] === 'node'
  const program = isNode ? process.execPath : await findProgram(check.argv[0] ?? '')
  if (program === undefined) return { kind: 'not_run', reason: `${check.argv[0]} is not installed (looked in ${PROGRAM_PATH})` }
  signal.throwIfAborted()
  const box = await realpath(await mkdtemp(join(tmpdir(), 'weighbridge-check-')))
  try {
    for (const [name, text] of Object.entries(check.files)) {
      await mkdir(dirname(join(box, name)), { recursive: true })
      await writeFile(join(box, name), text)
    }
    const nodeFlags = isNode ? ['--permission', `--allow-fs-read=${box}`, `--allow-fs-write=${box}`, `--max-old-space-size=${check.memoryMb}`, '--disable-warning=ExperimentalWarning', '--disable-warning=SecurityWarning'] : []
    const cpuSeconds = Math.ceil((2 * check.timeoutMs) / 1_000)
    const { argv, marked } = behindWalls(walls, box, [program, ...nodeFlags, ...check.argv.slice(1)], { memoryMb: check.memoryMb, cpuSeconds }, isNode)
    return await runProcess(argv, box, marked, check, signal)
  } finally {
    await rm(box, { recursive: true, force: true })
  }
}

async function runProcess(argv: readonly string[], box: string, marked: boolean, check: Check, signal: AbortSignal): Promise<CheckEnd> {
  const [program = '', ...rest] = argv
  const env = { PATH: PROGRAM_PATH, HOME: box, TMPDIR: box, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' }
  // A group of its own, so that what it starts dies with it where there is no process namespace.
  const child = spawn(program, rest, { cwd: box, env, stdio: ['pipe', 'pipe', 'pipe', marked ? 'pipe' : 'ignore'], detached: true })
  let timeout = false
  let error = ''
  let output = 0
  let up = !marked
  const stop = (): void => killGroup(child)
  const timer = setTimeout(() => {
    timeout = true
    stop()
  }, check.timeoutMs)
  const count = (chunk: Buffer): void => {
    output += chunk.length
    if (output > MOST_OUTPUT_BYTES) stop()
  }
  child.stdout?.on('data', count)
  child.stderr?.on('data', (chunk: Buffer) => {
    count(chunk)
    error = (error + chunk.toString('utf8')).slice(-KEPT_ERROR_BYTES)
  })
  child.stdio[3]?.on('data', () => (up = true))
  // A check that does not read its input closes the pipe: that is its right.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(check.input)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    const [code, ended] = await ending(child)
    signal.throwIfAborted()
    const lastError = error.trimEnd().split('\n').at(-1)?.trim() ?? ''
    if (code === undefined) return { kind: 'not_run', reason: `${program} could not be started` }
    if (!up && !timeout) return { kind: 'not_run', reason: `the sandbox could not be built: ${lastError}` }
    if (code === null || timeout) return { kind: 'killed', signal: ended ?? 'SIGKILL', timeout, lastError }
    // Behind the walls a shell stands between, which reports a signal as 128 and its number.
    if (marked && code > 128) return { kind: 'killed', signal: signalName(code - 128), timeout, lastError }
    return { kind: 'exited', code, lastError }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    stop()
  }
}

/** Exit code and signal; a code of `undefined` when it never started. */
async function ending(child: ChildProcess): Promise<readonly [number | null | undefined, string | null]> {
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null] // as Node documents the event
    return [code, signal]
  } catch {
    return [undefined, null]
  }
}

function signalName(number: number): string {
  return Object.entries(constantsOf.signals).find(([, one]) => one === number)?.[0] ?? `signal ${number}`
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group is gone already.
  }
}

/** The absolute path of a program; names with a slash are taken as they are. */
async function findProgram(name: string): Promise<string | undefined> {
  const candidates = name.includes('/') ? [name] : PROGRAM_PATH.split(':').map((dir) => join(dir, name))
  for (const path of candidates) {
    const runs = await access(path, constants.X_OK).then(() => true).catch(() => false)
    if (runs) return path
  }
  return undefined
}
