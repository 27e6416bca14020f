// What a router's memory holds of the conversations that went through its book, looked for in the heap of a real process.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gibberish } from './gibberish.ts'

const CHILD = fileURLToPath(new URL('no-content-child.ts', import.meta.url))
const PIECE = 8
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weighbridge-heap-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Pieces of eight characters of the inputs that stand in the strings of a heap, and what the child says of its book. */
function foundIn(seed: string, ...mode: readonly string[]): { readonly found: readonly string[]; readonly counts: Readonly<Record<string, number>> } {
  const file = join(folder, `${seed}.heapsnapshot`)
  const counts = JSON.parse(execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, file, seed, ...mode], { encoding: 'utf8' })) as Record<string, number>
  const { strings } = JSON.parse(readFileSync(file, 'utf8')) as { readonly strings: readonly string[] }
  const inputs = new Set<string>()
  for (const one of gibberish(150, seed)) for (const text of Object.values(one)) for (let i = 0; i + PIECE <= text.length; i += 1) inputs.add(text.slice(i, i + PIECE))
  const found = strings.flatMap((text) => Array.from({ length: Math.max(0, text.length - PIECE + 1) }, (_, i) => text.slice(i, i + PIECE)).filter((piece) => inputs.has(piece)))
  return { found, counts }
}

describe('the heap of a process with a book', () => {
  it('holds no eight characters of what was asked, answered or named, also of calls under way', { timeout: 60_000 }, () => {
    const { found, counts } = foundIn('kept')
    expect(counts).toMatchObject({ calls: 285, open: 15, told: 135, leaked: 0 })
    expect(found).toEqual([])
  })

  it('would show it if there were any', { timeout: 60_000 }, () => {
    expect(foundIn('leaked', 'leaks').found.length).toBeGreaterThan(500)
  })
})
