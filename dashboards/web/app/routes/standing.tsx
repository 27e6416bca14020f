// How a target stands at this router, in a word: drained, cooling, limited, being tried again, or fine.
import type { Drain, OperationsDocument, TargetOperations } from '../../../../core/operations.ts'
import { left, moment, spoken } from '../format.ts'

/** The drain that keeps a target out of traffic, its own or its provider's. */
export function drainOf(operations: OperationsDocument, target: TargetOperations): Drain | undefined {
  return operations.drains.find((drain) => (drain.scope === 'target' ? drain.name === target.target : drain.name === target.provider))
}

export function standing(operations: OperationsDocument | undefined, name: string) {
  const target = operations?.targets.find((one) => one.target === name)
  if (operations === undefined || target === undefined) return <span class="muted">not known</span>
  const drain = drainOf(operations, target)
  if (drain !== undefined) return <span class="badge warn" title={drain.reason}>drained until {moment(drain.until_at, operations.now_at)}</span>
  if (target.state === 'ok') return <span class="badge good">ok</span>
  const why = target.code === null ? '' : `, ${spoken(target.code)}`
  const until = target.left_ms === null ? '' : ` ${left(target.left_ms)}`
  const word = { cooling: 'cools', limited: 'pauses', half_open: 'tried again', ok: 'ok' }[target.state]
  return (
    <span class="badge bad">
      {word}
      {until}
      {why}
    </span>
  )
}
