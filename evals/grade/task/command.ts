// The `command` grader: a program of the suite's author judges the answer, which may itself be code that runs. Opt-in. The answer
// is on standard input, exit code 0 is right and anything else wrong; what kept the check from running is `judge_error`.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { CommandSpec, TaskGraderSpec } from '../../probes/task-probe.ts'
import { codeIn } from './code-answer.ts'
import { type Grade, graderId, shortSpan } from '../grade.ts'
import { runCheck } from './sandbox/run-check.ts'
import { findWalls, wallsInWords, type Walls } from './sandbox/walls.ts'

/** Raised whenever what a check meets changes: scores of different versions are not compared. */
export const COMMAND_GRADER = { name: 'command', version: '1' } as const

/**
 * Whether checks may run. `off`: never. `isolated`: only where network, files, processes and memory are walled off. `on`: always,
 * behind the walls there are.
 */
export const COMMAND_MODES = ['off', 'isolated', 'on'] as const
export type CommandMode = (typeof COMMAND_MODES)[number]

const DEFAULT_TIMEOUT_MS = 10_000
const DEFAULT_MEMORY_MB = 256
/** Checks at once; each may take a whole core. */
const DEFAULT_CONCURRENCY = 2

/** Grades by command, at most so many at once. */
export type CommandGrader = {
  /** What keeps the checks from the machine, in a sentence for a person. */
  readonly isolation: string
  /** Rejects only when `signal` aborts. */
  grade(spec: CommandSpec, text: string, signal: AbortSignal): Promise<Grade>
}

/** Opens the grader: finds the walls of this machine. Throws `commands_off` when the mode forbids what this machine can offer. */
export async function openCommandGrader(mode: CommandMode, options: { readonly concurrency?: number; readonly walls?: Walls } = {}): Promise<CommandGrader> {
  if (mode === 'off') throw new WeighbridgeError('commands_off', 'Command graders are off')
  const walls = options.walls ?? (await findWalls())
  const isolation = wallsInWords(walls)
  if (mode === 'isolated' && !(walls.network && walls.files && walls.processes && walls.limits))
    throw new WeighbridgeError('commands_off', `Command graders are to run isolated, which this machine does not offer. ${isolation}`, { remedy: 'Run where unprivileged user namespaces, unshare, prlimit and setpriv are there (Linux outside a locked container), or set evals.commands: on.' })
  const slots = semaphore(options.concurrency ?? DEFAULT_CONCURRENCY)
  return { isolation, grade: (spec, text, signal) => slots(() => gradeCommand(spec, text, walls, signal)) }
}

/** Throws `commands_off` when probes need a command and the mode forbids it, so that no answer is paid for that cannot be graded. */
export function refuseCommands(suites: readonly { readonly name: string; readonly graders: readonly TaskGraderSpec['type'][] }[], mode: CommandMode): void {
  const needing = suites.filter((suite) => suite.graders.includes('command')).map((suite) => suite.name)
  if (mode === 'off' && needing.length > 0) throw new WeighbridgeError('commands_off', `${needing.join(', ')}: the checks are programs that run model-written code, and command graders are off`)
}

async function gradeCommand(spec: CommandSpec, text: string, walls: Walls, signal: AbortSignal): Promise<Grade> {
  const timeoutMs = spec.timeout_ms ?? DEFAULT_TIMEOUT_MS
  const memoryMb = spec.memory_mb ?? DEFAULT_MEMORY_MB
  const answerFile = spec.answer_file === undefined ? {} : { [spec.answer_file]: codeIn(text, spec.answer_file) }
  const end = await runCheck({ argv: spec.argv, files: { ...spec.files, ...answerFile }, input: text, timeoutMs, memoryMb }, walls, signal)
  const grader = graderId(COMMAND_GRADER)
  if (end.kind === 'not_run') return { status: 'judge_error', confidence: 1, grader, reason: end.reason }
  const said = end.lastError === '' ? '' : `: ${shortSpan(end.lastError)}`
  if (end.kind === 'killed') return wrong(end.timeout ? `took longer than ${timeoutMs} ms` : `ended by ${end.signal}${said}`)
  return end.code === 0 ? { status: 'scored', label: 'pass', score: 1, confidence: 1, grader, reason: 'exit code 0' } : wrong(`exit code ${end.code}${said}`)

  function wrong(reason: string): Grade {
    return { status: 'scored', label: 'fail', score: 0, confidence: 1, grader, reason }
  }
}

/** Runs work with at most `size` at once, in the order of asking. */
function semaphore(size: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = size
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
