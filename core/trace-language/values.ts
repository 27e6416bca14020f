// Values of a term → what they match, by the field's definition; or why they cannot. Pure.
import { nearestNames } from '../nearest-names.ts'
import { TIME_WORDS, type FieldDefinition, type FieldName } from './fields.ts'
import type { Match, Word } from './filter.ts'
import { readNumber, type Unread } from './numbers.ts'
import { quoted } from './print.ts'

/** A value as it stood in the query: its text without quotes, and where. */
export type Token = { readonly text: string; readonly isQuoted: boolean; readonly from: number; readonly to: number }
export type Operator = ':' | '=' | '!=' | '>' | '>=' | '<' | '<='

/** A value that does not fit its field; `at`: which one, `undefined`: the term as a whole. */
export type Misfit = Unread & { readonly at?: Token }

/** Longest text that a value may have; ids and names are shorter. */
const LONGEST_VALUE = 256
const TRACE_ID = /^[0-9a-f]{32}$/i

/** What a term matches. `values` has at least one; more than one only behind `:`, `=` and `!=`. */
export function matchOf(field: FieldName, definition: FieldDefinition, operator: Operator, values: readonly Token[]): Match | Misfit {
  if (definition.kind === 'flag') return flagMatch(field, operator, values)
  if (definition.kind === 'number') return numberMatch(field, definition, operator, values)
  if (isComparison(operator)) return { message: `${field} is no number: it takes : and !=` }
  const words: Word[] = []
  for (const token of values) {
    const word = readWord(field, definition, token)
    if ('message' in word) return { ...word, at: token }
    if (!words.some((known) => known.text === word.text && known.isPrefix === word.isPrefix)) words.push(word)
  }
  return { kind: 'words', values: words }
}

function readWord(field: FieldName, definition: FieldDefinition & { kind: 'word' }, { text, isQuoted }: Token): Word | Unread {
  if (text.length > LONGEST_VALUE) return { message: `a value has at most ${LONGEST_VALUE} characters` }
  // oxlint-disable-next-line no-control-regex -- what no stored name holds and no terminal should be sent
  if (/[\u0000-\u001f\u007f]/.test(text)) return { message: 'a value cannot hold control characters' }
  const isPrefix = !isQuoted && text.endsWith('*')
  const bare = isPrefix ? text.slice(0, -1) : text
  if (!isQuoted && bare.includes('*')) return { message: '* stands for any ending only; quote a text that holds one', suggestion: quoted(text) }
  if (definition.values !== undefined) return closedWord(field, definition.values, text)
  if (isPrefix && definition.isId === true) return { message: `${field} takes a whole id` }
  if (isPrefix && bare === '') return { message: `${field}:* would find everything; leave the term out` }
  if (field === 'trace') return TRACE_ID.test(bare) ? { text: bare.toLowerCase(), isPrefix } : { message: 'a trace id is 32 hex digits' }
  return { text: bare, isPrefix }
}

function closedWord(field: FieldName, known: readonly string[], text: string): Word | Unread {
  if (known.includes(text)) return { text, isPrefix: false }
  const near = nearestNames(text, known)[0] ?? OTHER_WORDS[text.toLowerCase()]
  return { message: `${field} is one of ${known.join(', ')}, not "${text.slice(0, 40)}"`, ...(near === undefined || !known.includes(near) ? {} : { suggestion: near }) }
}

/** Other words for the values of closed fields. */
const OTHER_WORDS: Readonly<Record<string, string>> = { failed: 'error', failure: 'error', fail: 'error', success: 'ok', succeeded: 'ok', done: 'ok', random: 'weighted', drawn: 'weighted', prod: 'production', evals: 'eval', text: 'content', prompt: 'content', answer: 'content', priced: 'cost', price: 'cost', tag: 'tags', signals: 'signal' }

const FLAGS: Readonly<Record<string, boolean>> = { yes: true, no: false, true: true, false: false }

function flagMatch(field: FieldName, operator: Operator, values: readonly Token[]): Match | Misfit {
  const [token] = values
  if (isComparison(operator)) return { message: `${field} is yes or no: it takes : and !=` }
  if (token === undefined || values.length > 1) return { message: `${field} is yes or no, not a list` }
  const value = Object.hasOwn(FLAGS, token.text) ? FLAGS[token.text] : undefined
  if (value !== undefined) return { kind: 'flag', value }
  const near = nearestNames(token.text, ['yes', 'no'])[0]
  return { message: `${field} is yes or no, not "${token.text.slice(0, 40)}"`, at: token, ...(near === undefined ? {} : { suggestion: near }) }
}

/** Measured times practically never equal a number. */
const MEASURED: ReadonlySet<FieldName> = new Set(['duration', 'ttft'])

function numberMatch(field: FieldName, definition: FieldDefinition & { kind: 'number' }, operator: Operator, values: readonly Token[]): Match | Misfit {
  const numbers: number[] = []
  for (const token of values) {
    const ends = token.isQuoted ? -1 : token.text.indexOf('..')
    if (ends >= 0) return values.length > 1 ? { message: 'a range stands alone, not in a list', at: token } : betweenMatch(field, definition, operator, token, ends)
    const value = readNumber(definition.unit, token.text)
    if (typeof value !== 'number') return { ...value, at: token }
    if (!numbers.includes(value)) numbers.push(value)
  }
  const [first] = numbers
  if (first === undefined) return { message: `${field} needs a number` }
  if (isComparison(operator)) return { kind: 'compare', operator, value: first }
  if (MEASURED.has(field)) return { message: `${field} is measured and hardly ever equals a number: compare it, e.g. ${field}>${values[0]?.text ?? ''}` }
  return { kind: 'numbers', values: numbers }
}

function betweenMatch(field: FieldName, definition: FieldDefinition & { kind: 'number' }, operator: Operator, token: Token, ends: number): Match | Misfit {
  if (isComparison(operator)) return { message: `a range stands behind ${field}: and not behind ${operator}` }
  const [lowText, highText] = [token.text.slice(0, ends), token.text.slice(ends + 2)]
  const low = lowText === '' ? undefined : readNumber(definition.unit, lowText)
  const high = highText === '' ? undefined : readNumber(definition.unit, highText)
  for (const end of [low, high]) if (typeof end === 'object') return { message: end.message, at: token }
  if (typeof low === 'number' && typeof high === 'number') return low > high ? { message: `the range ends before it begins`, at: token, suggestion: `${highText}..${lowText}` } : { kind: 'between', low, high }
  if (typeof low === 'number') return { kind: 'compare', operator: '>=', value: low }
  if (typeof high === 'number') return { kind: 'compare', operator: '<=', value: high }
  return { message: `a range needs an end, e.g. ${field}:1..2`, at: token }
}

function isComparison(operator: Operator): operator is '>' | '>=' | '<' | '<=' {
  return operator !== ':' && operator !== '=' && operator !== '!='
}

/** What a word without a field probably meant: an id by its look, a time, a known value; else any field could be it. */
export function freeWord(text: string): Unread {
  if (TRACE_ID.test(text)) return { message: 'name the field of an id', suggestion: `trace:${text.toLowerCase()}` }
  if (text.startsWith('req_')) return { message: 'name the field of an id', suggestion: `request:${quotedIfNeeded(text)}` }
  if (/^(?:chatcmpl|resp|msg|gen)[-_]/.test(text)) return { message: 'name the field of an id', suggestion: `response:${quotedIfNeeded(text)}` }
  if (TIME_WORDS.has(text.toLowerCase())) return { message: 'a query holds no times: choose the range beside it (--since)' }
  return { message: `"${text.slice(0, 40)}" belongs to no field: there is no search over text; write FIELD:VALUE` }
}

function quotedIfNeeded(text: string): string {
  return /^[\w.:/@+-]+$/.test(text) ? text : quoted(text)
}
