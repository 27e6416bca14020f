// What a bill is grouped by, from the words of --by. Throws `usage` with the nearest names. Pure.
import { WeighbridgeError } from '../../core/errors.ts'
import { nearestNames } from '../../core/nearest-names.ts'
import { BILL_DIMENSIONS, isBillDimension, type BillKey } from '../../store/queries/bill.ts'

const MOST = 6
const LONGEST_TAG = 128

/** The key of a bill: at most six parts, each once. */
export function billKey(words: readonly string[]): BillKey[] {
  const names = words.map((word) => word.trim())
  if (names.length === 0 || names.length > MOST) throw new WeighbridgeError('usage', `--by takes one to ${MOST} dimensions`)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new WeighbridgeError('usage', `--by names ${twice.slice(0, 64)} twice`)
  return names.map((name) => {
    if (isBillDimension(name)) return { dimension: name }
    const tag = /^tag\.(.+)$/s.exec(name)?.[1]
    if (tag !== undefined && tag.length <= LONGEST_TAG) return { tag }
    const near = nearestNames(name, [...BILL_DIMENSIONS, 'tag.NAME'])
    throw new WeighbridgeError('usage', `A bill has no dimension "${name.slice(0, 64)}"${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`, {
      remedy: `Use ${BILL_DIMENSIONS.join(', ')} or tag.NAME.`,
    })
  })
}

/** The parts' names as they head columns. */
export function keyNames(by: readonly BillKey[]): string[] {
  return by.map((part) => ('tag' in part ? `tag.${part.tag}` : part.dimension))
}

/** The tags of a key, as the queries take them. */
export function tagNames(by: readonly BillKey[]): string[] {
  return by.flatMap((part) => ('tag' in part ? [part.tag] : []))
}
