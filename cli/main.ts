// The entry of the command line: finds the command, runs it, turns what it throws into a message with a remedy and an exit
// code. The only file that touches `process`; each command is loaded only when called, so that `router` stays light.
import { enableCompileCache } from 'node:module'
import { createInterface } from 'node:readline'
import { asWeighbridgeError, type ErrorCode, type WeighbridgeError } from '../core/errors.ts'
import { commandHelp, EXIT, parseArguments, type Command, type ExitCode, type Terminal } from './command.ts'
import { COMMANDS } from './commands/index.ts'

const USAGE_CODES: ReadonlySet<ErrorCode> = new Set(['usage', 'config_invalid', 'config_missing', 'bind_refused', 'suite_invalid', 'eval_budget_needed', 'eval_run_differs', 'eval_run_unknown', 'judges_needed', 'content_not_captured', 'unknown_target', 'unknown_task', 'unknown_model', 'bad_request', 'drain_unknown', 'prices_invalid', 'outcomes_invalid', 'probes_unreadable', 'private_seed', 'commands_off', 'key_unknown', 'budget_unknown', 'search_invalid'])

/** Runs one command line. Never throws. */
export async function main(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const found = findCommand(words)
  if (found === undefined) return showOverview(words, terminal)
  let asJson = words.includes('--json')
  try {
    const command = await found.load()
    if (words.includes('--help') || words.includes('-h')) {
      terminal.out(commandHelp(command))
      return EXIT.ok
    }
    const args = parseArguments(command, words.slice(found.length))
    asJson = args.flag('json')
    return await command.run(terminal, args)
  } catch (thrown) {
    const error = asWeighbridgeError(thrown)
    terminal.err(asJson ? `${JSON.stringify({ error: { code: error.code, message: error.message, remedy: error.remedy, details: error.details } })}\n` : errorText(error, terminal))
    return USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.infrastructure
  }
}

function errorText(error: WeighbridgeError, terminal: Terminal): string {
  const stack = error.code === 'internal' && terminal.env['WEIGHBRIDGE_DEBUG'] !== undefined && error.cause instanceof Error ? `\n${error.cause.stack ?? ''}` : ''
  return `weighbridge: ${error.message} [${error.code}]\n  → ${error.remedy}${stack}\n`
}

function findCommand(words: readonly string[]): { load: () => Promise<Command>; length: number } | undefined {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ')
    const entry = COMMANDS[name]
    if (entry !== undefined && words.length >= length) return { load: entry.load, length }
  }
  return undefined
}

function showOverview(words: readonly string[], terminal: Terminal): ExitCode {
  const [first] = words
  const asked = first === undefined || first === '--help' || first === '-h' || first === 'help'
  const group = Object.keys(COMMANDS).filter((name) => name.startsWith(`${first} `))
  const names = group.length > 0 ? group : Object.keys(COMMANDS)
  const rows = names.map((name) => `  ${name.padEnd(20)} ${COMMANDS[name]?.summary ?? ''}`)
  const lines = ['weighbridge: weighs every model call, and routes the next one by the evidence.', '', 'Commands:', ...rows, '', 'weighbridge COMMAND --help shows its options.', '']
  if (asked) {
    terminal.out(lines.join('\n'))
    return EXIT.ok
  }
  terminal.err(`weighbridge: there is no command "${words.slice(0, 2).join(' ')}"\n${lines.slice(2).join('\n')}`)
  return EXIT.usage
}

if (import.meta.main) {
  // Halves the start: the second one reads compiled code from the cache.
  enableCompileCache()
  const stop = new AbortController()
  let signals = 0
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      signals += 1
      // A second Ctrl-C does not wait for anything.
      if (signals > 1) process.exit(130)
      stop.abort()
    })
  // A closed pipe (`weighbridge traces | head`) is how readers stop; it is not an error.
  process.stdout.on('error', () => process.exit(0))
  const code = await main(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTty: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
    columns: process.stdout.columns ?? 100,
    input: () => createInterface({ input: process.stdin }),
    signal: stop.signal,
  })
  process.exitCode = code
}
