// The whole answer must be the key. Comes in: key and text. Goes out: pass or fail. Only what cannot change the meaning is
// looked past: white space, quotes or a code fence around it, a final full stop.
import type { TaskGraderSpec } from '../../probes/task-probe.ts'
import type { TaskVerdict } from './verdict.ts'

type ExactSpec = Extract<TaskGraderSpec, { type: 'exact' }>

/** Compares after Unicode NFC; case counts unless `ignore_case`. */
export function gradeExact(spec: ExactSpec, answer: string): TaskVerdict {
  const said = bare(answer, spec.ignore_case === true)
  const hit = [spec.answer, ...(spec.aliases ?? [])].find((key) => bare(key, spec.ignore_case === true) === said)
  return hit === undefined ? { label: 'fail', score: 0, confidence: 1, reason: 'is not the key' } : { label: 'pass', score: 1, confidence: 1, reason: 'is the key' }
}

/** The text inside fences and quotes, with single blanks. */
function bare(text: string, ignoreCase: boolean): string {
  let inner = text.normalize('NFC').trim()
  const fenced = /^```[^\n]*\n([\s\S]*?)\n?```$/.exec(inner)
  inner = (fenced?.[1] ?? inner).trim()
  inner = unwrapped(inner.replace(/(?<=["'`*_”’])\.$/, '')).replace(/\s+/g, ' ').trim()
  inner = inner.replace(/(?<=[\p{L}\p{N}])\.$/u, '')
  return ignoreCase ? inner.toLowerCase() : inner
}

const OPENING = new Set(['"', "'", '`', '*', '_', '“', '‘'])
const CLOSING = new Set(['"', "'", '`', '*', '_', '”', '’'])

/** Without the quotes and emphasis around all of it. By hand: a pattern for this backtracks on an answer of nothing but quotes. */
function unwrapped(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && OPENING.has(text[from] ?? '') && CLOSING.has(text[to - 1] ?? '') && to - from > 2) {
    from += 1
    to -= 1
  }
  return text.slice(from, to)
}
