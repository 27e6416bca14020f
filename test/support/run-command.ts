// Runs one command line inside this process, with its own folder and environment.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { main } from '../../cli/main.ts'

/** What a command printed and how it ended. */
export type CommandResult = { readonly code: number; readonly out: string; readonly err: string }

/** Runs `weighbridge WORDS` in `cwd` (default: an empty temporary folder) with only `env` set. */
export async function runCommand(words: readonly string[], options: { cwd?: string; env?: Readonly<Record<string, string>>; signal?: AbortSignal }): Promise<CommandResult> {
  let out = ''
  let err = ''
  const code = await main(words, {
    env: options.env ?? {},
    cwd: options.cwd ?? mkdtempSync(join(tmpdir(), 'wb-cli-')),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTty: false,
    columns: 120,
    signal: options.signal ?? new AbortController().signal,
  })
  return { code, out, err }
}
