// One task's past as stretches of equal weights: from when to when, and which versions its calls were labelled with. In: the
// published versions. Out: stretches, oldest first. This is what a publication is compared with what it replaced by.
import { contentHash } from '../../core/hash.ts'
import type { TaskRoute } from '../../core/route-table.ts'
import type { Publication } from '../../store/state/publications.ts'

export type Stretch = {
  /** Versions that calls drawn by these weights are labelled with; 0: configured weights. */
  readonly labels: readonly number[]
  /** Milliseconds since the Unix epoch; `undefined`: from the beginning. */
  readonly sinceMs: number | undefined
  /** The version it began with; 0: configured weights. */
  readonly version: number
  /** Without a canary; `undefined`: configured weights. */
  readonly route: TaskRoute | undefined
  /** How the version that it began with came about; `undefined` for configured weights that nothing was ever published over. */
  readonly action: Publication['action'] | undefined
  readonly author: string
}

const CONFIGURED: Stretch = { labels: [0], sinceMs: undefined, version: 0, route: undefined, action: undefined, author: '' }

/** The stretches of a task over a history that is newest first. A canary's arm belongs to the stretch that its promotion begins. */
export function stretchesOf(task: string, history: readonly Publication[]): Stretch[] {
  const stretches: Stretch[] = [CONFIGURED]
  let trial: { readonly label: number; readonly weights: string } | undefined
  for (const { table, action, author, publishedAt } of [...history].reverse()) {
    const canary = table.tasks[task]?.canary
    const own = withoutCanaryOf(table.tasks[task])
    const last = stretches.at(-1) ?? CONFIGURED
    const label = canary?.base ?? (own === undefined ? 0 : table.version)
    if (weightsOf(own) === weightsOf(last.route)) stretches[stretches.length - 1] = { ...last, labels: [...new Set([...last.labels, label])] }
    else {
      const tried = trial !== undefined && trial.weights === weightsOf(own) ? [trial.label] : []
      stretches.push({ labels: [...new Set([...tried, label])], sinceMs: publishedAt, version: table.version, route: own, action, author })
    }
    trial = canary === undefined ? undefined : { label: canary.version, weights: contentHash({ weights: canary.weights, excluded: canary.excluded }) }
  }
  return stretches
}

function withoutCanaryOf(route: TaskRoute | undefined): TaskRoute | undefined {
  if (route === undefined) return undefined
  const { canary: _trial, ...rest } = route
  return rest
}

function weightsOf(route: TaskRoute | undefined): string {
  return route === undefined ? 'configured' : contentHash({ weights: route.weights, excluded: route.excluded })
}

/** Whether a person ever published this task. */
export function wasApplied(task: string, history: readonly Publication[]): boolean {
  const routes = history.map((publication) => contentHash(publication.table.tasks[task] ?? null))
  const configured = contentHash(null)
  return history.some((publication, at) => publication.action === 'apply' && routes[at] !== (routes[at + 1] ?? configured))
}

/** When the task's entry last changed, canaries included; `undefined`: never. */
export function lastChangeMs(task: string, history: readonly Publication[]): number | undefined {
  const routes = history.map((publication) => contentHash(publication.table.tasks[task] ?? null))
  const configured = contentHash(null)
  return history.find((_, at) => routes[at] !== (routes[at + 1] ?? configured))?.publishedAt
}
