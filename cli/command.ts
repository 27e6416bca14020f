// What a command is: its words, its options, and what it does with a context. Exit codes are the contract of DESIGN.md §5.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { WeighbridgeError } from '../core/errors.ts'
import type { Environment } from '../core/config.ts'

/** Exit codes of every command. */
export const EXIT = { ok: 0, gateFailed: 1, usage: 2, inconclusive: 3, infrastructure: 4 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The outside world as a command sees it; nothing else reads the process. */
export type Terminal = {
  readonly env: Environment
  readonly cwd: string
  /** Writes to standard output; the caller adds line ends. */
  out(text: string): void
  /** Writes to standard error. */
  err(text: string): void
  readonly isTty: boolean
  readonly columns: number
  /** Lines of standard input, read from the first call on; absent where there is none. */
  readonly input?: () => AsyncIterable<string>
  /** Aborts on Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal
}

type Option = { readonly type: 'string' | 'boolean'; readonly short?: string; readonly multiple?: boolean; readonly meaning: string; readonly value?: string }
export type Options = Readonly<Record<string, Option>>

/** Options every command takes. */
export const COMMON_OPTIONS = {
  config: { type: 'string', meaning: 'Configuration file (default ./weighbridge.yaml)', value: 'FILE' },
  data: { type: 'string', meaning: 'Data directory (default ./.weighbridge, for the demo ./.weighbridge-demo)', value: 'DIR' },
  json: { type: 'boolean', meaning: 'Answer in JSON' },
  help: { type: 'boolean', short: 'h', meaning: 'Show this help' },
} as const satisfies Options

export type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

export type Command = {
  /** Words after `weighbridge`, e.g. `routes apply`. */
  readonly name: string
  readonly summary: string
  /** Positional arguments as shown in help, e.g. `TRACE_ID`. */
  readonly usage?: string
  readonly options?: Options
  /** Words that begin with a dash and are no options: they are positional. */
  readonly dashed?: RegExp
  /** Further lines of help. */
  readonly help?: string
  readonly run: (terminal: Terminal, args: Arguments) => Promise<ExitCode>
}

/** Parsed arguments with typed access. */
export class Arguments {
  readonly positionals: readonly string[]
  private readonly values: Values

  constructor(values: Values, positionals: readonly string[]) {
    this.values = values
    this.positionals = positionals
  }

  flag(name: string): boolean {
    return this.values[name] === true
  }

  text(name: string): string | undefined {
    const value = this.values[name]
    return typeof value === 'string' ? value : undefined
  }

  list(name: string): string[] {
    const value = this.values[name]
    const items = Array.isArray(value) ? value : value === undefined ? [] : [value]
    return items.flatMap((item) => (typeof item === 'string' ? item.split(',') : [])).filter((item) => item !== '')
  }

  /** A number option; throws `usage` when it is not one or lies outside [min, max]. */
  number(name: string, bounds: { min: number; max: number; integer?: boolean }): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < bounds.min || value > bounds.max || (bounds.integer === true && !Number.isInteger(value)))
      throw new WeighbridgeError('usage', `--${name} takes ${bounds.integer === true ? 'a whole number' : 'a number'} from ${bounds.min} to ${bounds.max}, not "${text}"`)
    return value
  }

  /** The only positional argument; throws `usage` when there is none or more than one. */
  one(what: string): string {
    const [first, second] = this.positionals
    if (first === undefined || second !== undefined) throw new WeighbridgeError('usage', `Give exactly one ${what}`)
    return first
  }
}

/** Parses the words after the command's name. Throws `usage`. */
export function parseArguments(command: Command, words: readonly string[]): Arguments {
  const all: Options = { ...COMMON_OPTIONS, ...command.options }
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, option] of Object.entries(all))
    options[name] = { type: option.type, ...(option.short === undefined ? {} : { short: option.short }), ...(option.multiple === true ? { multiple: true } : {}) }
  try {
    const { values, positionals } = parseArgs({ args: dashedLast(words, command.dashed), options, allowPositionals: command.usage !== undefined, strict: true })
    return new Arguments(values, positionals)
  } catch (cause) {
    throw new WeighbridgeError('usage', cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause), {
      remedy: `Run \`weighbridge ${command.name} --help\`.`,
    })
  }
}

/** Behind `--` nothing is an option. */
function dashedLast(words: readonly string[], dashed: RegExp | undefined): string[] {
  if (dashed === undefined || words.includes('--')) return [...words]
  const [options, others] = [words.filter((word) => !dashed.test(word)), words.filter((word) => dashed.test(word))]
  return others.length === 0 ? options : [...options, '--', ...others]
}

/** The help text of a command. */
export function commandHelp(command: Command): string {
  const rows = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, option]: [string, Option]) => {
    const flag = `${option.short === undefined ? '    ' : `-${option.short}, `}--${name}${option.value === undefined ? '' : ` ${option.value}`}`
    return `  ${flag.padEnd(30)} ${option.meaning}`
  })
  return [
    `weighbridge ${command.name}${command.usage === undefined ? '' : ` ${command.usage}`}`,
    '',
    command.summary,
    ...(command.help === undefined ? [] : ['', command.help]),
    '',
    'Options:',
    ...rows,
    '',
    'Exit: 0 ok · 1 gate failed · 2 usage or configuration · 3 inconclusive · 4 infrastructure',
    '',
  ].join('\n')
}
