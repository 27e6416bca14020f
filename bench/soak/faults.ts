// The faults of a round, as a table. Each leaves the world able to go on: what it stopped runs again, what it killed is started.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../../core/seams.ts'
import { flipSettled, flipWaiting, spoilSmallFiles, tearTail } from './damage.ts'
import type { World } from './world.ts'

/** Lets so many more requests be acknowledged, or as many be refused: time told by what happens, not by a clock. */
export async function traffic(world: World, requests: number): Promise<void> {
  const [taken, refused] = [world.senders.acknowledged(), world.senders.failed()]
  while (world.senders.acknowledged() - taken < requests && world.senders.failed() - refused < requests) await new Promise((resolve) => setTimeout(resolve, 5))
}

export type FaultContext = { readonly world: World; readonly random: Random; readonly traffic: (requests: number) => Promise<void> }
export type SoakFault = { readonly name: string; readonly weight: number; readonly run: (context: FaultContext) => Promise<void> }

const HOUR_MS = 3_600_000
const between = (random: Random, low: number, high: number): number => low + Math.floor(random.next() * (high - low))

async function restarted({ world, traffic: flow }: FaultContext, meanwhile: () => Promise<void>): Promise<void> {
  await world.killCollector()
  await meanwhile()
  await world.startCollector()
  await flow(4)
}

function killEngine(world: World, signal: NodeJS.Signals): void {
  signalTo(world.engine.pid(), signal)
}

/** An engine that an earlier round killed may be gone by now: then there is nothing to tell it. */
function signalTo(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(pid, signal)
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
}

export const FAULTS: readonly SoakFault[] = [
  { name: 'nothing', weight: 1, run: ({ traffic: flow }) => flow(12) },
  { name: 'collector killed', weight: 4, run: async (context) => {
    await context.traffic(between(context.random, 1, 12))
    await restarted(context, async () => undefined)
  } },
  { name: 'collector told to stop', weight: 1, run: async ({ world, traffic: flow }) => {
    await flow(3)
    await world.killCollector('SIGTERM')
    await world.startCollector()
    await flow(3)
  } },
  { name: 'engine killed', weight: 3, run: async ({ world, random, traffic: flow }) => {
    await flow(between(random, 1, 8))
    killEngine(world, 'SIGKILL')
    await flow(8)
  } },
  { name: 'engine killed in the middle of an insert', weight: 4, run: async ({ world, random, traffic: flow }) => {
    await Promise.race([world.relay.nextInsert(), flow(60)])
    if (random.next() < 0.6) await new Promise((resolve) => setTimeout(resolve, random.next() * 12))
    killEngine(world, 'SIGKILL')
    await flow(6)
  } },
  { name: 'engine and collector killed at once', weight: 2, run: async (context) => {
    await context.traffic(3)
    await Promise.race([context.world.relay.nextInsert(), context.traffic(60)])
    killEngine(context.world, 'SIGKILL')
    await restarted(context, async () => undefined)
  } },
  { name: 'engine stopped and going on', weight: 2, run: async ({ world, random, traffic: flow }) => {
    killEngine(world, 'SIGSTOP')
    const pid = world.engine.pid()
    await flow(between(random, 4, 20))
    signalTo(pid, 'SIGCONT')
    await flow(3)
  } },
  { name: 'engine stopped past the deadline of inserts', weight: 1, run: async ({ world, traffic: flow }) => {
    await Promise.race([world.relay.nextInsert(), flow(60)])
    const pid = world.engine.pid()
    killEngine(world, 'SIGSTOP')
    const failedBefore = (await world.stats()).failedInserts
    for (let n = 0; n < 300 && (await world.stats()).failedInserts === failedBefore; n += 1) await flow(2)
    signalTo(pid, 'SIGCONT')
    await flow(3)
  } },
  { name: 'engine away', weight: 2, run: async ({ world, random, traffic: flow }) => {
    world.relay.set('refuse')
    await flow(between(random, 5, 25))
    world.relay.set('pass')
    await flow(3)
  } },
  { name: 'answers of inserts lost', weight: 2, run: async ({ world, random, traffic: flow }) => {
    world.relay.set('lose_answer', between(random, 1, 4))
    await flow(10)
    world.relay.set('pass')
  } },
  { name: 'inserts cut in the middle', weight: 2, run: async ({ world, random, traffic: flow }) => {
    world.relay.set('cut_insert', between(random, 1, 4))
    await flow(10)
    world.relay.set('pass')
  } },
  { name: 'collector killed while an insert’s answer is held', weight: 2, run: async (context) => {
    context.world.relay.set('hold_answer', 1)
    await Promise.race([context.world.relay.nextInsert(), context.traffic(60)])
    await context.traffic(2)
    await restarted(context, async () => context.world.relay.set('pass'))
  } },
  { name: 'router killed', weight: 3, run: async ({ world, traffic: flow }) => {
    const before = world.answered()
    while (world.answered() - before < 5) await new Promise((resolve) => setTimeout(resolve, 5))
    await world.killRouter()
    await world.startRouter()
    await flow(3)
  } },
  { name: 'disk full', weight: 2, run: async ({ world, random, traffic: flow }) => {
    world.order({ disk: random.next() < 0.5 ? 'full' : 'half_full' })
    await flow(8)
    world.order({ disk: 'ok' })
    await flow(4)
  } },
  { name: 'disk that cannot sync', weight: 1, run: async ({ world, traffic: flow }) => {
    world.order({ disk: 'unsynced' })
    await flow(6)
    world.order({ disk: 'ok' })
    await flow(4)
  } },
  { name: 'disk full, then killed', weight: 1, run: async (context) => {
    context.world.order({ disk: 'half_full' })
    await context.traffic(5)
    await restarted(context, async () => undefined)
  } },
  { name: 'slow disk', weight: 1, run: async ({ world, traffic: flow }) => {
    world.order({ disk: 'slow' })
    await flow(5)
    world.order({ disk: 'ok' })
  } },
  { name: 'clock jumps', weight: 2, run: async ({ world, random, traffic: flow }) => {
    for (const hours of [24, -24, 1, -1].filter(() => random.next() < 0.6)) {
      world.order({ clockOffsetMs: hours * HOUR_MS })
      await flow(4)
    }
    world.order({ clockOffsetMs: 0 })
    await flow(2)
  } },
  { name: 'killed, and the clock jumps before it starts again', weight: 1, run: async (context) => {
    context.world.order({ clockOffsetMs: between(context.random, -30, 30) * HOUR_MS })
    await context.traffic(4)
    await restarted(context, async () => undefined)
  } },
  { name: 'tail of the log torn', weight: 3, run: (context) => restarted(context, () => tearTail(context.world.walDir, context.random)) },
  { name: 'tail of the key journal torn', weight: 1, run: (context) => restarted(context, () => tearTail(context.world.journalDir, context.random)) },
  { name: 'bits flipped in what is stored already', weight: 2, run: (context) => restarted(context, () => flipSettled(context.world.walDir, context.world.journalDir, context.random)) },
  { name: 'cursor or name of the log lost', weight: 2, run: (context) => restarted(context, async () => spoilSmallFiles(context.world.walDir, context.random)) },
  { name: 'bits flipped in what waits', weight: 2, run: async (context) => {
    const { world, random } = context
    world.relay.set('refuse')
    await context.traffic(6)
    await restarted(context, async () => {
      world.ledger.forgive(await flipWaiting(world.walDir, random))
      world.relay.set('pass')
    })
  } },
]

/** Only where the collector's directory is a small file system of its own: filled to the brim, then given room again. */
export const REAL_FULL_DISK: SoakFault = {
  name: 'disk really full',
  weight: 3,
  run: async ({ world, traffic: flow }) => {
    const ballast = join(world.collectorDir, 'ballast')
    const file = openSync(ballast, 'w')
    try {
      const block = Buffer.alloc(65_536)
      for (;;) writeSync(file, block)
    } catch (error) {
      // Node's file errors carry a code.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
    await flow(10)
    rmSync(ballast)
    await flow(4)
  },
}
