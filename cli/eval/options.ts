// Options that several eval commands share: what is asked of whom, who grades, what it may cost.
import { WeighbridgeError } from '../../core/errors.ts'
import type { Arguments, Options } from '../command.ts'
import type { GraderChoice } from './choose.ts'

export const SCOPE_OPTIONS = {
  suite: { type: 'string', multiple: true, meaning: 'Suites (default: all in the configuration)', value: 'NAME' },
  target: { type: 'string', multiple: true, meaning: 'Targets (default: all enabled)', value: 'NAME' },
  domain: { type: 'string', multiple: true, meaning: 'Only probes of these domains', value: 'NAME' },
  epochs: { type: 'string', meaning: 'Ask every probe so many times (default 1)', value: 'N' },
  limit: { type: 'string', meaning: 'At most so many probes per suite', value: 'N' },
} as const satisfies Options

export const GRADER_OPTIONS = {
  grader: { type: 'string', meaning: 'offline or panel (default: panel where judges are named)', value: 'NAME' },
  judge: { type: 'string', multiple: true, meaning: 'Targets that judge (default: evals.judges)', value: 'NAME' },
} as const satisfies Options

const WHOLE = { min: 1, max: 1_000_000, integer: true }

/** What is asked of whom. */
export function scopeOf(args: Arguments): { suites: string[]; targets: string[]; domains: string[]; epochs: number; limit: number | undefined } {
  return { suites: args.list('suite'), targets: args.list('target'), domains: args.list('domain'), epochs: args.number('epochs', { ...WHOLE, max: 1_000 }) ?? 1, limit: args.number('limit', WHOLE) }
}

/** Who grades. Throws `usage` for a grader that is none. */
export function graderOf(args: Arguments): { grader: GraderChoice; judges: string[] } {
  const grader = args.text('grader')
  if (grader !== undefined && grader !== 'offline' && grader !== 'panel') throw new WeighbridgeError('usage', `There is no grader "${grader}"`, { remedy: 'Use --grader offline or --grader panel.' })
  return { grader, judges: args.list('judge') }
}

/** The cap in dollars, of the flag before the configuration; undefined: none. */
export function budgetOf(args: Arguments, configured: number | undefined): number | undefined {
  return args.number('budget-usd', { min: 0, max: 1e6 }) ?? configured
}
