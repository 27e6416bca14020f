// Who leads a task: the model with the most of its traffic. In: shares. Out: a model, or how often it changed.

/** The model with the most; of equals the one that led before, and nobody where nobody did. */
export function leaderOf(weights: readonly number[], before: number | undefined): number | undefined {
  const most = Math.max(...weights)
  const leading = weights.flatMap((weight, at) => (weight >= most - 1e-9 ? [at] : []))
  return leading.length === 1 ? leading[0] : before
}

/** Changes of the leader over a task's nights, mean over tasks; the first leader is no change. */
export function leaderChanges(shares: ReadonlyMap<string, readonly (readonly number[])[]>): number {
  const counts = [...shares.values()].map((nights) => {
    let changes = 0
    let leader: number | undefined
    for (const weights of nights) {
      const now = leaderOf(weights, leader)
      if (leader !== undefined && now !== leader) changes += 1
      leader = now ?? leader
    }
    return changes
  })
  return counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length)
}
