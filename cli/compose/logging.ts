// Logs: JSON lines in the data directory; on a terminal only what a person should act on.
import { mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pino, type Logger } from 'pino'
import type { Terminal } from '../command.ts'

const KEEP_BYTES = 10_000_000
const WARN = 40

/** Logs into `DATA/weighbridge.log` (one older file kept), warnings and errors also as one line on standard error. */
export function fileLogger(terminal: Terminal, dataDir: string): Logger {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, 'weighbridge.log')
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > KEEP_BYTES) renameSync(path, `${path}.1`)
  const lines = {
    write: (line: string): void => {
      const entry = JSON.parse(line) as { msg?: string; reason?: string; err?: { message?: string }; error?: { message?: string } }
      const detail = entry.reason ?? entry.err?.message ?? entry.error?.message
      terminal.err(`  ! ${entry.msg ?? ''}${detail === undefined ? '' : `: ${detail}`}\n`)
    },
  }
  return pino({ level: 'info' }, pino.multistream([{ stream: pino.destination({ dest: path, sync: true }) }, { level: 'warn', stream: lines }], { levels: { warn: WARN } }))
}

/** Logs as JSON lines on standard output, for containers. */
export function streamLogger(terminal: Terminal): Logger {
  return pino({ level: 'info' }, { write: (line: string) => terminal.out(line) })
}
