// The conservation oracle in its short form: numbered spans from several senders and a router, each 200 a debt, under one fault of each
// important kind; at the end every debt is stored exactly once and nothing is that was not issued. The long form: bench/soak.ts.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULTS } from '../../bench/soak/faults.ts'
import { Ledger } from '../../bench/soak/ledger.ts'
import { runRounds } from '../../bench/soak/rounds.ts'
import { startWorld, type World } from '../../bench/soak/world.ts'
import { seededRandom } from '../../core/seams.ts'
import { clickhouseMissing } from '../support/database.ts'

const KINDS = [
  'collector killed',
  'engine killed in the middle of an insert',
  'engine and collector killed at once',
  'answers of inserts lost',
  'collector killed while an insert’s answer is held',
  'router killed',
  'disk full, then killed',
  'clock jumps',
  'tail of the log torn',
  'bits flipped in what waits',
]
/** Many processes are started and killed, on a machine that may be slow and busy. */
const PATIENCE_MS = 600_000

describe('the oracle’s books', () => {
  it('find what is lost, doubled or foreign, and excuse only what was destroyed on purpose', () => {
    const ledger = new Ledger()
    ledger.issue(['sent'])
    ledger.acknowledge(['kept', 'lost', 'double', 'burnt'])
    ledger.forgive(['burnt'])
    expect(ledger.judge(new Map([['kept', 1], ['double', 2], ['foreign', 1], ['sent', 1]]))).toEqual({ lost: ['lost'], double: ['double'], foreign: ['foreign'], forgivenAbsent: 1 })
    expect(ledger.counts()).toEqual({ issued: 5, debts: 4, forgiven: 1 })
  })
})

describe.skipIf(clickhouseMissing() !== undefined)('what is acknowledged', () => {
  let dir = ''
  let world: World
  const random = seededRandom('short form')

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-conservation-'))
    world = await startWorld({ dir, random, log: pino({ level: 'silent' }), senders: 3, clients: 1, pauseMs: 25 })
  }, PATIENCE_MS)
  afterAll(async () => {
    await world.close()
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }, PATIENCE_MS)

  it('is stored exactly once, whatever dies, and the counters always add up', async () => {
    const faults = FAULTS.filter(({ name }) => KINDS.includes(name))
    expect(faults).toHaveLength(KINDS.length)
    const { verdict, unbalanced, rows, byFault } = await runRounds({ world, random, faults, rounds: faults.length, judgeEvery: 5, inOrder: true })
    expect({ ...verdict, unbalanced }).toMatchObject({ lost: [], double: [], foreign: [], unbalanced: [] })
    expect(Object.keys(byFault).toSorted()).toEqual(KINDS.toSorted())
    const { debts } = world.ledger.counts()
    expect(debts).toBeGreaterThan(500)
    expect(rows).toBeGreaterThanOrEqual(debts - verdict.forgivenAbsent)
    expect(world.answered()).toBeGreaterThan(10)
    // What people read counts the same: an attempt is a model call, a router's call is a call.
    const [counted] = await world.clickhouse.rows("SELECT (SELECT count() FROM model_calls) AS model_calls, countIf(role = 'attempt') AS attempts, (SELECT count() FROM calls) AS seen_calls, countIf(role = 'call') AS calls FROM spans")
    expect(counted).toMatchObject({ model_calls: counted?.['attempts'], seen_calls: counted?.['calls'] })
  }, PATIENCE_MS)
})
