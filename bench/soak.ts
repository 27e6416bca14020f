// The long form of the conservation oracle: uniquely numbered spans from several senders and a router, each 200 a debt, under
// faults of every kind; afterwards every debt is in `spans` (and so in model_calls and calls) exactly once and nothing that was not issued is.
//   node bench/soak.ts [--rounds 200] [--seed 1] [--judge-every 8] [--tmpfs] [--only NAME …] [--dir DIR]
// --tmpfs (root): the collector's directory is a 48 MB file system that is really filled.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { seededRandom } from '../core/seams.ts'
import { FAULTS, REAL_FULL_DISK } from './soak/faults.ts'
import { runRounds } from './soak/rounds.ts'
import { startWorld } from './soak/world.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    'judge-every': { type: 'string', default: '8' },
    tmpfs: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    dir: { type: 'string' },
  },
})
const dir = flags.dir ?? mkdtempSync(join(tmpdir(), 'weighbridge-soak-'))
const collectorDir = flags.tmpfs ? join(dir, 'small') : undefined
if (collectorDir !== undefined) {
  mkdirSync(collectorDir, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', collectorDir])
}
const started = performance.now()
const random = seededRandom(flags.seed)
const all = flags.tmpfs ? [...FAULTS, REAL_FULL_DISK] : FAULTS
const faults = all.filter(({ name }) => flags.only.length === 0 || flags.only.includes(name))
const world = await startWorld({ dir, collectorDir, random, log: pino({ level: 'silent' }), senders: 4, clients: 2, pauseMs: 12 })
let ok = false
try {
  const result = await runRounds({
    world,
    random,
    faults,
    rounds: Number(flags.rounds),
    judgeEvery: Number(flags['judge-every']),
    inOrder: false,
    onRound: (round, fault) => process.stderr.write(`${String(round).padStart(4)} ${fault}\n`),
    onVerdict: (verdict, rows) => process.stderr.write(`     ${rows} rows: lost ${verdict.lost.length}, double ${verdict.double.length}, foreign ${verdict.foreign.length}, excused ${verdict.forgivenAbsent}\n`),
  })
  const { debts, issued } = world.ledger.counts()
  const { verdict } = result
  ok = verdict.lost.length + verdict.double.length + verdict.foreign.length + result.unbalanced.length === 0
  process.stdout.write(
    `${JSON.stringify({ rounds: result.rounds, seed: flags.seed, seconds: Math.round((performance.now() - started) / 1000), issued, debts, rows: result.rows, judgements: result.judgements, lost: verdict.lost.slice(0, 20), double: verdict.double.slice(0, 20), foreign: verdict.foreign.slice(0, 20), excused: verdict.forgivenAbsent, engine_restarts: world.engine.restarts(), router_answers: world.answered(), unbalanced: result.unbalanced.slice(0, 3), faults: result.byFault }, null, 2)}\n`,
  )
} finally {
  await world.close()
  if (collectorDir !== undefined) execFileSync('umount', [collectorDir])
  if (flags.dir === undefined && ok) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  else if (!ok) process.stderr.write(`what it left is in ${dir}\n`)
}
process.exitCode = ok ? 0 : 1
