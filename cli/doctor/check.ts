// One check of `doctor` and how it is told: a tick with what was found, or a cross with what to do.
import { asWeighbridgeError } from '../../core/errors.ts'
import type { Terminal } from '../command.ts'
import { paint } from '../output.ts'

/** `ms`: how long the hop took, where one was timed. */
export type Check = { readonly name: string; readonly ok: boolean; readonly said: string; readonly remedy?: string; readonly ms?: number }

/** What a check found. */
export type Found<T> = { readonly value: T; readonly said: string; readonly ms?: number }

export type Checks = {
  readonly all: readonly Check[]
  add(check: Check): void
  /** Runs one; its error becomes the check's answer, and `undefined` the value. */
  attempt<T>(name: string, work: () => Promise<Found<T>>): Promise<T | undefined>
  /** A line that is no check, for people only. */
  remark(text: string): void
}

/** Collects checks; told one by one unless a document is wanted. */
export function startChecks(terminal: Terminal, isQuiet: boolean): Checks {
  const all: Check[] = []
  const add = (check: Check): void => {
    all.push(check)
    if (isQuiet) return
    terminal.out(`  ${check.ok ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗')} ${check.name.padEnd(12)} ${check.said}\n${check.remedy === undefined ? '' : `      → ${check.remedy}\n`}`)
  }
  return {
    all,
    add,
    async attempt(name, work) {
      try {
        const { value, said, ms } = await work()
        add({ name, ok: true, said, ...(ms === undefined ? {} : { ms: Math.round(ms) }) })
        return value
      } catch (thrown) {
        const error = asWeighbridgeError(thrown)
        add({ name, ok: false, said: error.message, remedy: error.remedy })
        return undefined
      }
    },
    remark(text) {
      if (!isQuiet) terminal.out(text)
    },
  }
}
