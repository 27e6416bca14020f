// How near to the ideal replay comes: `node bench/replay-pace.ts`. Without a limit: latency × n / concurrency. Under a limit that it is not
// told: (n − burst) / rate. Ratios of wall time, three runs each; they are worth what the machine is idle.
import { replay } from './peers-evals/ours.ts'
import { startPacedProvider } from './peers-evals/provider.ts'

const RUNS = 3
const cases = [
  { name: 'no limit, 200 ms, 8 at once', trials: 400, concurrency: 8, latencyMs: 200, ideal: (400 * 0.2) / 8 },
  { name: 'no limit, 50 ms, 16 at once', trials: 500, concurrency: 16, latencyMs: 50, ideal: (500 * 0.05) / 16 },
  { name: '40 a second, 20 saved up', trials: 400, concurrency: 32, latencyMs: 200, perSecond: 40, burst: 20, ideal: (400 - 20) / 40 },
  { name: '20 a second, 2 saved up', trials: 300, concurrency: 32, latencyMs: 200, perSecond: 20, burst: 2, ideal: (300 - 2) / 20 },
] as const

for (const one of cases) {
  const ratios: number[] = []
  let refused = 0
  for (let run = 0; run < RUNS; run += 1) {
    const provider = await startPacedProvider(one)
    const { seconds, scored } = await replay(provider.url, one.trials, one.concurrency)
    if (scored !== one.trials) throw new Error(`${one.name}: ${scored} of ${one.trials} were scored`)
    ratios.push(seconds / one.ideal)
    refused += provider.refused()
    await provider.close()
  }
  const sorted = ratios.sort((a, b) => a - b)
  process.stdout.write(`${one.name.padEnd(32)} ideal ${one.ideal.toFixed(1)} s, took ${sorted.map((ratio) => `${ratio.toFixed(3)}×`).join(' ')}; ${(refused / RUNS).toFixed(0)} refusals a run of ${one.trials}\n`)
}
