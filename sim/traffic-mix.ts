// What production-like traffic is made of: which tasks how often, from which teams, users and sessions, said in which of the
// ways a client may say it. Pure: a source of randomness in, the next request out.
import type { Random } from '../core/seams.ts'
import type { TrafficRow } from './bank.ts'
import { textOf } from './traffic-prompt.ts'

/** A request as a client would send it to the front door. */
export type TrafficRequest = { readonly task: string; readonly stream: boolean; readonly headers: Readonly<Record<string, string>>; readonly body: Readonly<Record<string, unknown>> }

/** Share of calls by task; tasks that have no rows leave theirs to the others. Ours: chat and lookups lead, long documents are rare. */
const TASK_SHARES: Readonly<Record<string, number>> = { simple_qa: 0.34, factual_recall: 0.24, code_generation: 0.2, agent_tasks: 0.14, long_context: 0.08 }
const OTHER_TASK_SHARE = 0.1

type Team = { readonly name: string; readonly users: number; readonly instructions: string }

const RULES = [
  'Answer in the language of the question.',
  'Say what you are sure of first, then what you are not sure of.',
  'Keep names, numbers, units and code exactly as they were given to you.',
  'Do not repeat the question, and do not announce what you are about to do.',
  'When a request is ambiguous, pick the likeliest reading and name it in half a sentence.',
  'Use lists only where the order or the count matters.',
  'Prices, dates and quantities always carry their unit.',
  'If a document was given, quote the passage an answer rests on.',
  'Never promise a delivery date, a refund or a discount.',
  'Personal data of customers stays out of examples.',
  'When two sources disagree, say which one is newer.',
  'A short answer that is complete beats a long one.',
] as const

// An app sends the same instructions with every call; they make up most of the input of short questions.
const instructions = (role: string, rounds: number): string =>
  [role, ...Array.from({ length: rounds }, (_, round) => RULES.map((rule, i) => `${round + 1}.${i + 1} ${rule}`).join('\n'))].join('\n\n')

const TEAMS: readonly [Team, ...Team[]] = [
  { name: 'support', users: 40, instructions: instructions('You help the customers of a shop for outdoor equipment.', 4) },
  { name: 'platform', users: 12, instructions: instructions('You help the engineers of a software company with their daily work.', 7) },
  { name: 'research', users: 8, instructions: instructions('You help analysts who write reports for the management.', 5) },
]

/** How a caller names the task: a header, the model name, metadata in the body as SDK users do, or not at all. */
const TASK_WAYS = ['header', 'model', 'metadata', 'none'] as const

/** Returns a function that makes the next request; sessions and users recur. `rows` must not be empty. */
export function trafficMix(rows: readonly TrafficRow[], random: Random): () => TrafficRequest {
  const byTask = new Map<string, TrafficRow[]>()
  for (const row of rows) byTask.set(row.task, [...(byTask.get(row.task) ?? []), row])
  const tasks = [...byTask.keys()]
  let serial = 0

  return () => {
    serial += 1
    const task = weighted(tasks, (name) => TASK_SHARES[name] ?? OTHER_TASK_SHARE, random)
    const pool = byTask.get(task) ?? []
    const row = one(pool, random)
    const team = one(TEAMS, random)
    const user = `${team.name}-user-${1 + Math.floor(random.next() * team.users)}`
    const session = `${team.name}-${Math.floor(serial / 12)}-${Math.floor(random.next() * 6)}`
    const earlier = random.next() < 0.15 ? pool.find((other) => other !== row && other.pad_tokens === undefined) : undefined
    const stream = random.next() < 0.5
    const way = one(TASK_WAYS, random)
    const messages = [
      { role: 'system', content: team.instructions },
      ...(earlier === undefined ? [] : [{ role: 'user', content: earlier.prompt }, { role: 'assistant', content: earlier.answers[0] ?? '' }]),
      { role: 'user', content: textOf(row) },
    ]
    return {
      task,
      stream,
      headers: {
        'x-weighbridge-session': session,
        'x-weighbridge-user': user,
        'x-weighbridge-tags': `team=${team.name},app=demo`,
        ...(way === 'header' ? { 'x-weighbridge-task': task } : {}),
      },
      body: {
        model: way === 'model' ? `task:${task}` : 'auto',
        messages,
        ...(stream ? { stream: true, ...(random.next() < 0.5 ? { stream_options: { include_usage: true } } : {}) } : {}),
        ...(way === 'metadata' ? { metadata: { weighbridge_task: task } } : {}),
      },
    }
  }
}

function one<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random.next() * items.length)]
  if (item === undefined) throw new RangeError('Traffic needs at least one row.')
  return item
}

function weighted(names: readonly string[], shareOf: (name: string) => number, random: Random): string {
  let left = random.next() * names.reduce((sum, name) => sum + shareOf(name), 0)
  for (const name of names) {
    left -= shareOf(name)
    if (left < 0) return name
  }
  return names.at(-1) ?? ''
}
