// The rounds of the oracle: a fault, then another; every few rounds everything is healed, drained, and what is stored is held
// against what was acknowledged.
import { WB } from '../../core/attributes.ts'
import type { Random } from '../../core/seams.ts'
import { traffic, type SoakFault } from './faults.ts'
import type { SpanId, Verdict } from './ledger.ts'
import { ROUTER_DEBT, type World } from './world.ts'

export type RoundsOptions = {
  readonly world: World
  readonly random: Random
  readonly faults: readonly SoakFault[]
  readonly rounds: number
  /** Rounds between two judgements. */
  readonly judgeEvery: number
  /** In the order of the table instead of by chance. */
  readonly inOrder: boolean
  readonly onRound?: (round: number, fault: string) => void
  readonly onVerdict?: (verdict: Verdict, rows: number) => void
}

export type RoundsResult = { readonly rounds: number; readonly byFault: Readonly<Record<string, number>>; readonly judgements: number; readonly verdict: Verdict; readonly rows: number; readonly duplicatesSent: number; readonly unbalanced: readonly string[] }

/** Runs them; stops at the first judgement that finds something wrong. */
export async function runRounds(options: RoundsOptions): Promise<RoundsResult> {
  const { world, random, faults, rounds, judgeEvery } = options
  const byFault: Record<string, number> = {}
  const unbalanced: string[] = []
  const total = faults.reduce((sum, { weight }) => sum + weight, 0)
  const drawn = (): SoakFault => {
    let point = random.next() * total
    return faults.find(({ weight }) => (point -= weight) < 0) ?? (faults[0] as SoakFault) // there is always one
  }
  let [judgements, rows] = [0, 0]
  let verdict: Verdict = { lost: [], double: [], foreign: [], forgivenAbsent: 0 }
  for (let round = 1; round <= rounds; round += 1) {
    const fault = options.inOrder ? (faults[(round - 1) % faults.length] as SoakFault) : drawn() // the index is within the table
    options.onRound?.(round, fault.name)
    byFault[fault.name] = (byFault[fault.name] ?? 0) + 1
    await fault.run({ world, random, traffic: (requests) => traffic(world, requests) })
    if (round % judgeEvery !== 0 && round !== rounds) continue
    const stored = await settledRows(world, unbalanced)
    rows = [...stored.values()].reduce((sum, n) => sum + n, 0)
    verdict = world.ledger.judge(stored)
    judgements += 1
    options.onVerdict?.(verdict, rows)
    if (verdict.lost.length + verdict.double.length + verdict.foreign.length > 0) break
    world.senders.resume()
    world.resumeClients()
  }
  const { deduplicated } = await world.stats()
  return { rounds, byFault, judgements, verdict, rows, duplicatesSent: deduplicated, unbalanced }
}

/** Waits until everything that was ever sent has come to rest, and counts the rows of each span. */
async function settledRows(world: World, unbalanced: string[]): Promise<Map<SpanId, number>> {
  await world.quietClients()
  await world.senders.settle()
  while ((await world.spoolBytes()) > 0) await pause(25)
  for (;;) {
    const stats = await world.stats()
    const { received, stored, deduplicated, deadLettered, lost, waiting } = stats
    if (received !== stored + deduplicated + deadLettered + lost + waiting) unbalanced.push(JSON.stringify(stats))
    if (waiting === 0) break
    await pause(25)
  }
  // What pages add up is what is stored, also of hours that a jumping clock closed and opened again.
  const [sums] = await world.clickhouse.rows("SELECT (SELECT sum(spans) FROM traffic_by_hour) AS summed, (SELECT count() FROM spans WHERE role IN ('call', 'attempt', 'correction')) AS raw")
  if (sums?.['summed'] !== sums?.['raw']) unbalanced.push(`sums by hour: ${JSON.stringify(sums)}`)
  const counts = new Map<SpanId, number>()
  for await (const row of world.clickhouse.stream(`SELECT concat(trace_id, span_id) AS id, trace_id, toString(role) AS part, count() AS n, any(attributes['${WB.surface}'] != '' OR surface != '') AS ours FROM spans GROUP BY trace_id, span_id, role`)) {
    const isRouters = row['ours'] === true || row['ours'] === 1
    const id = isRouters ? `${ROUTER_DEBT}${String(row['part'])}:${String(row['trace_id'])}` : String(row['id'])
    counts.set(id, (counts.get(id) ?? 0) + Number(row['n']))
    // A router that was killed before its client had the answer may have stored a trace that nobody holds it to.
    if (isRouters) world.ledger.issue([id])
  }
  return counts
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
