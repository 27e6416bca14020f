// The measurements: interleaved rounds over running contenders. In each round every contender has its turn, and the next round
// starts with another one, so that what the machine does meanwhile falls on all alike. Answers raw rounds; report.ts sums up.
import { frontOf, FAST_MODEL, PACED_MODEL, type Contender } from './contenders.ts'
import { quantile } from './figures.ts'
import type { Done, Job } from './load.ts'
import { ask, cpuUs, type Running } from './processes.ts'

export type Mode = { readonly name: string; readonly stream: boolean; readonly characters: number }

export const MODES: readonly Mode[] = [
  { name: 'plain', stream: false, characters: 80 },
  { name: 'plain 8 KB', stream: false, characters: 8192 },
  { name: 'stream', stream: true, characters: 80 },
]

/** One round of one contender. `cpuUs`: its own processor time per call; `undefined` where the system does not tell. */
export type ThroughputRound = { readonly perSecond: number; readonly failed: number; readonly p50Ms: number; readonly p99Ms: number; readonly cpuUs: number | undefined }
/** All per contender, in the order of the contenders, a list of rounds (or of turns) each. */
export type Measured = {
  readonly throughput: Readonly<Record<string, readonly (readonly ThroughputRound[])[]>>
  /** Milliseconds of single calls in turns: to the first content and to the end. */
  readonly turns: Readonly<Record<string, { readonly failed: number; readonly firstMs: readonly (readonly number[])[]; readonly wholeMs: readonly (readonly number[])[] }>>
  /** Milliseconds from the provider's write of a chunk to its arrival, and to the first content, at paced streams. */
  readonly paced: { readonly chunkMs: readonly (readonly number[])[]; readonly firstMs: readonly (readonly number[])[]; readonly failed: readonly number[] }
}

export type Plan = { readonly rounds: number; readonly roundMs: number; readonly connections: number; readonly turns: number; readonly pacedConnections: number; readonly onProgress: (what: string) => void }

async function load<Kind extends Done['kind']>(generator: Running, job: Extract<Job, { kind: Kind }>): Promise<Extract<Done, { kind: Kind }>> {
  // The generator answers a job with the result of its kind.
  return ask<Extract<Done, { kind: Kind }>>(generator, job)
}

export async function measure(contenders: readonly Contender[], generator: Running, plan: Plan): Promise<Measured> {
  const throughput: Record<string, ThroughputRound[][]> = {}
  const turns: Record<string, Extract<Done, { kind: 'turns' }>> = {}
  const orderOf = (round: number): Contender[] => contenders.map((_, place) => contenders[(place + round) % contenders.length]).filter((contender) => contender !== undefined)

  for (const mode of MODES) {
    plan.onProgress(`warming up, ${mode.name}`)
    for (const contender of contenders) await load(generator, { kind: 'throughput', front: frontOf(contender, FAST_MODEL, mode.stream, mode.characters), stream: mode.stream, connections: plan.connections, durationMs: Math.max(plan.roundMs, 1_500) })
  }
  for (const mode of MODES.filter(({ characters }) => characters < 1000)) {
    plan.onProgress(`one call at a time, ${mode.name}`)
    const fronts = contenders.map((contender) => frontOf(contender, FAST_MODEL, mode.stream, mode.characters))
    await load(generator, { kind: 'turns', fronts, stream: mode.stream, turns: 50 })
    turns[mode.name] = await load(generator, { kind: 'turns', fronts, stream: mode.stream, turns: plan.turns })
  }
  for (const mode of MODES) {
    const rounds: ThroughputRound[][] = contenders.map(() => [])
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const contender of orderOf(round)) {
        plan.onProgress(`${mode.name}, ${plan.connections} connections, round ${round + 1}/${plan.rounds}: ${contender.name}`)
        const pid = contender.running?.pid
        const before = pid === undefined ? undefined : cpuUs(pid)
        const done = await load(generator, { kind: 'throughput', front: frontOf(contender, FAST_MODEL, mode.stream, mode.characters), stream: mode.stream, connections: plan.connections, durationMs: plan.roundMs })
        const after = pid === undefined ? undefined : cpuUs(pid)
        rounds[contenders.indexOf(contender)]?.push({
          perSecond: done.calls / done.seconds,
          failed: done.failed,
          p50Ms: quantile(done.latenciesMs, 0.5),
          p99Ms: quantile(done.latenciesMs, 0.99),
          cpuUs: before === undefined || after === undefined || done.calls === 0 ? undefined : (after - before) / done.calls,
        })
      }
    }
    throughput[mode.name] = rounds
  }
  const chunkMs: number[][] = contenders.map(() => [])
  const firstMs: number[][] = contenders.map(() => [])
  const failed: number[] = contenders.map(() => 0)
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const contender of orderOf(round)) {
      plan.onProgress(`paced streams, round ${round + 1}/${plan.rounds}: ${contender.name}`)
      const done = await load(generator, { kind: 'paced', front: frontOf(contender, PACED_MODEL, true, 80), connections: plan.pacedConnections, streams: plan.pacedConnections * 4 })
      const index = contenders.indexOf(contender)
      chunkMs[index]?.push(...done.chunkDelaysMs)
      firstMs[index]?.push(...done.firstMs)
      failed[index] = (failed[index] ?? 0) + done.failed
    }
  }
  return { throughput, turns, paced: { chunkMs, firstMs, failed } }
}
