// What budgets counted, on disk: through restarts, kill -9, clocks that go back, full disks, and more subjects than fit in memory.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../../core/errors.ts'
import { dollars } from '../../../router/limits/amounts.ts'
import { Ledger } from '../../../router/limits/ledger.ts'
import { AGENT_MEMORY_MS, openBudgetBook, type BudgetBook, type CellKey } from '../../../store/state/budgets.ts'
import { eventually } from '../../support/eventually.ts'
import { silent } from '../support/running.ts'
import { keyFacts, ownFolder, scriptedClock, settle, START, worldIn, type World } from './support.ts'

let folder: string
let remove: () => void
let clock: ReturnType<typeof scriptedClock>
const opened: { close(): Promise<void> | void }[] = []
beforeEach(() => {
  ;({ folder, remove } = ownFolder())
  clock = scriptedClock()
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
  remove()
})

function under(extra: string): World {
  const world = worldIn(folder, extra, clock)
  opened.push(world.limits)
  return world
}

function ledgerOver(book: BudgetBook, options: { mostCells?: number; onWritten?: (ok: boolean) => void } = {}): Ledger {
  const ledger = new Ledger({ book, clock, log: silent, leased: false, onWritten: options.onWritten ?? (() => undefined), ...(options.mostCells === undefined ? {} : { mostCells: options.mostCells }) })
  opened.push(ledger)
  return ledger
}

const book = (): BudgetBook => openBudgetBook(join(folder, 'budgets.sqlite'))
const DAY: CellKey = { rule: 'all', subject: '', window: 'day', startMs: Date.parse('2026-03-10') }

describe('a restart', () => {
  it('finds every window as it was, traces and keys included', async () => {
    const text = 'budgets: { all: { usd_per_day: 1, requests_per_month: 10 }, each_trace: { steps: 2 } }'
    const key = keyFacts({ policy: { limits: { usd: 0.5 } } })
    const first = under(text)
    const { ticket } = await first.ask({ key, traceId: 't' })
    settle({ ticket, world: first }, 0.25, 77)
    await first.limits.close()
    const second = under(text)
    const cell = (rule: string, subject: string, window: CellKey['window']): object => {
      const { spent, held } = second.limits.ledger.cell(rule, subject, window, clock.nowMs())
      return { usd: dollars(spent.usd), tokens: spent.tokens, requests: spent.requests, held: held.usd }
    }
    for (const [rule, subject, window] of [['all', '', 'day'], ['all', '', 'month'], ['key', 'key_1', 'total'], ['trace', 'key_1/t', 'total']] as const) expect(cell(rule, subject, window), `${rule} ${window}`).toEqual({ usd: 0.25, tokens: 77, requests: 1, held: 0 })
    expect((await second.ask({ key, traceId: 't' })).plan).toBeDefined()
    expect((await second.ask({ key, traceId: 't' })).error).toMatchObject({ code: 'step_limit' })
  })

  it('counts what a killed process had set aside as spent, and says how much that was', async () => {
    const text = 'budgets: { all: { usd_per_day: 0.02 } }'
    const first = under(text)
    await first.ask()
    await first.ask({ model: 'dear' })
    first.limits.ledger.flush()
    // Nothing of the first is settled or closed: a second opener is what a restart after kill -9 looks like to the file.
    const second = under(text)
    const cell = second.limits.ledger.cell('all', '', 'day', clock.nowMs())
    expect([dollars(cell.spent.usd), dollars(cell.lost.usd), cell.held.usd, cell.spent.requests]).toEqual([0.0174, 0.0174, 0, 2])
    expect((await second.ask({ model: 'dear', failover: false })).error).toMatchObject({ code: 'budget_exceeded' })
  })

  it('after a real kill -9 under load has counted every call but those of the last moment, and those under way at what was set aside', async () => {
    const child = spawn(process.execPath, [new URL('./ledger-child.ts', import.meta.url).pathname, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    const told: string[] = []
    child.stdout.on('data', (chunk: Buffer) => told.push(chunk.toString()))
    // It says after each turn how many calls it had begun and settled when the ledger last wrote.
    while (told.join('').split('\n').length < 30) await once(child.stdout, 'data')
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    const lines = told.join('').split('\n').filter((line) => line.endsWith('.'))
    const [begun = NaN, settled = NaN] = (lines.at(-1) ?? '').split(' ').map((text) => Number.parseInt(text, 10))
    const reopened = book()
    opened.push(reopened)
    const written = reopened.read(DAY)
    expect(written?.spent.requests).toBeGreaterThanOrEqual(begun)
    const openCalls = Math.round(dollars(written?.held.usd ?? NaN) / 0.0014)
    expect(Math.round(dollars(written?.spent.usd ?? NaN) / 0.001)).toBeGreaterThanOrEqual(settled)
    // Whole transactions only: what is spent and what is held are of the same calls.
    expect(Math.round(dollars(written?.spent.usd ?? NaN) / 0.001) + openCalls).toBe(written?.spent.requests)
    expect(reopened.recover()).toBeGreaterThan(0)
    const after = reopened.read(DAY)
    expect(after?.held.usd).toBe(0)
    expect(after?.lost.usd).toBe(written?.held.usd)
    expect(after?.spent.usd).toBe((written?.spent.usd ?? NaN) + (written?.held.usd ?? NaN))
  }, 60_000)

  it('with a damaged file is refused with what to do', () => {
    book().close()
    writeFileSync(join(folder, 'budgets.sqlite'), 'not a database '.repeat(500))
    expect(book).toThrowError(expect.objectContaining({ code: 'log_corrupt' }))
  })

  it('keeps the name that a primary knows this router by', () => {
    const first = book()
    const { holder } = first
    first.close()
    const second = book()
    opened.push(second)
    expect(second.holder).toBe(holder)
    expect(holder).toMatch(/^router_[0-9a-f]{16}$/)
  })
})

describe('writing', () => {
  it('happens a moment after the change, once for all that changed', async () => {
    const real = book()
    const writes: number[] = []
    const ledger = ledgerOver({ ...real, write: (cells, grants) => (writes.push(cells.length), real.write(cells, grants)) })
    for (const subject of ['a', 'b', 'a']) {
      const cell = ledger.cell('user', subject, 'day', clock.nowMs())
      cell.hold({ usd: 5, tokens: 1 }, clock.nowMs())
      ledger.changed(cell)
    }
    expect(writes).toEqual([])
    await eventually(() => writes.length > 0)
    expect(writes).toEqual([2])
    expect(real.read({ rule: 'user', subject: 'a', window: 'day', startMs: DAY.startMs })).toMatchObject({ spent: { requests: 2 }, held: { usd: 10, tokens: 2 } })
  })

  it('that fails is tried again with everything, and budgets hold meanwhile', () => {
    const real = book()
    let full = true
    const told: boolean[] = []
    const ledger = ledgerOver(
      {
        ...real,
        write: (cells, grants) => {
          if (full) throw new WeighbridgeError('disk_full', 'No space left.')
          real.write(cells, grants)
        },
      },
      { onWritten: (ok) => told.push(ok) },
    )
    const cell = ledger.cell('all', '', 'day', clock.nowMs())
    cell.hold({ usd: 7, tokens: 0 }, clock.nowMs())
    ledger.changed(cell)
    expect(ledger.flush()).toBe(false)
    expect(ledger.cell('all', '', 'day', clock.nowMs()).held.usd).toBe(7)
    full = false
    expect(ledger.flush()).toBe(true)
    expect([told, real.read(DAY)?.held.usd]).toEqual([[false, true], 7])
  })
})

describe('more subjects than fit in memory', () => {
  it('are let go to disk and come back as they were; those with calls under way stay', () => {
    const ledger = ledgerOver(book(), { mostCells: 50 })
    const spend = (subject: string, open = false): void => {
      const cell = ledger.cell('trace', subject, 'total', clock.nowMs())
      cell.hold({ usd: 3, tokens: 0 }, clock.nowMs())
      if (!open) cell.settle({ usd: 3, tokens: 0 }, { usd: 2, tokens: 9 }, clock.nowMs())
      ledger.changed(cell)
    }
    spend('open', true)
    const kept = ledger.cell('trace', 'open', 'total', clock.nowMs())
    for (let round = 0; round < 2; round += 1) for (let n = 0; n < 4_000; n += 1) spend(`t${n}`)
    expect(ledger.size()).toBeLessThan(1_400)
    expect(ledger.cell('trace', 'open', 'total', clock.nowMs())).toBe(kept)
    for (const n of [0, 1, 500, 2_999, 3_999]) expect(ledger.cell('trace', `t${n}`, 'total', clock.nowMs()).spent).toEqual({ usd: 4, tokens: 18, requests: 2 })
  })

  it('have no name that could be another\'s', () => {
    const ledger = ledgerOver(book())
    const names = [['user', 'a'], ['user', 'a b'], ['user a', 'b'], ['user', ''], ['user ', '']] as const
    expect(new Set(names.map(([rule, subject]) => ledger.cell(rule, subject, 'day', clock.nowMs()))).size).toBe(names.length)
  })
})

describe('time', () => {
  it('that goes back finds the window it was in before', () => {
    const ledger = ledgerOver(book())
    const spend = (): number => {
      const cell = ledger.cell('all', '', 'day', clock.nowMs())
      cell.hold({ usd: 0, tokens: 0 }, clock.nowMs())
      ledger.changed(cell)
      return cell.spent.requests
    }
    expect([spend(), spend()]).toEqual([1, 2])
    clock.move(86_400_000)
    expect(spend()).toBe(1)
    clock.move(-86_400_000)
    expect(spend()).toBe(3)
  })

  it('lets windows and agents be forgotten when it is long over, and nothing that is still in force', () => {
    const real = book()
    const ledger = ledgerOver(real)
    const keys: CellKey[] = [DAY, { ...DAY, window: 'minute' }, { ...DAY, window: 'month', startMs: Date.parse('2026-03-01') }, { rule: 'trace', subject: '-/t', window: 'total', startMs: 0 }, { rule: 'key', subject: 'k', window: 'total', startMs: 0 }]
    for (const key of keys) {
      const cell = ledger.at(key, Infinity)
      cell.hold({ usd: 0, tokens: 0 }, START)
      cell.settle({ usd: 0, tokens: 0 }, { usd: 0, tokens: 0 }, START)
      ledger.changed(cell)
    }
    ledger.flush()
    const left = (atMs: number): string[] => {
      real.prune(atMs, 100)
      return keys.filter((key) => real.read(key) !== undefined).map(({ rule, window }) => `${rule} ${window}`)
    }
    expect(left(START + 86_400_000)).toHaveLength(5)
    expect(left(START + 4 * 86_400_000)).toEqual(['all day', 'all month', 'trace total', 'key total'])
    expect(left(START + AGENT_MEMORY_MS + 2 * 86_400_000 + 3_600_000)).toEqual(['all month', 'key total'])
    expect(left(START + 400 * 86_400_000)).toEqual(['key total'])
  })
})
