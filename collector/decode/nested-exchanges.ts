// Which spans of a request enclose an exchange of their own: two libraries that watch the same call (a framework and the client it
// uses), or one that wraps its exchanges in a span like them. The outer span repeats the inner one's usage, and would count it twice.
import { WB } from '../../core/attributes.ts'
import { ATTRIBUTE_TABLE } from './attribute-table.ts'
import { anyValue, list, object, root, text, type Leaves, type Tree } from './otlp-walk.ts'

const NONE: ReadonlySet<string> = new Set()

/** Ids (trace and span) of the spans that are parents of a foreign exchange in this request. */
export function enclosingSpans(tree: unknown, leaves: Leaves): ReadonlySet<string> {
  let found: Set<string> | undefined
  for (const group of root(tree, 'resourceSpans')) {
    for (const entry of list(object(group, 'resourceSpans'), 'scopeSpans')) {
      for (const member of list(object(entry, 'scopeSpans'), 'spans')) {
        const span = object(member, 'spans')
        if (!isForeignExchange(span, leaves)) continue
        const parent = leaves.id(span['parentSpanId'], 8)
        if (parent !== undefined && parent !== '') (found ??= new Set()).add(`${leaves.id(span['traceId'], 16) ?? ''}${parent}`)
      }
    }
  }
  return found ?? NONE
}

function isForeignExchange(span: Tree, leaves: Leaves): boolean {
  let isMarked = false
  for (const entry of list(span, 'attributes')) {
    const pair = object(entry, 'attributes')
    const name = text(pair['key'])
    // Ours say what they are, and are never nested.
    if (name === WB.role) return false
    const inference = ATTRIBUTE_TABLE.get(name)?.inference
    if (inference !== undefined && inference.has(anyValue(pair['value'], leaves))) isMarked = true
  }
  return isMarked
}
