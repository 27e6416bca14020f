// The text of a search → filters, or faults with their places and what was probably meant. Strict: nothing is guessed, nothing is left
// out silently. Time and memory are linear in the text, which is bounded. Pure.
import { nearestNames } from '../nearest-names.ts'
import { FIELDS, fieldNamed, isFieldName, OTHER_NAMES, TIME_WORDS } from './fields.ts'
import type { Fault, Filter, ParsedQuery } from './filter.ts'
import { isBareTagName, quoted } from './print.ts'
import { freeWord, matchOf, type Operator, type Token } from './values.ts'

/** Longest query, in UTF-16 units: it has to fit into an address. */
export const LONGEST_QUERY = 4_000
export const MOST_TERMS = 40
export const MOST_VALUES = 100

/** Parses a query. An empty one has no filters and finds everything. */
export function parseTraceQuery(text: string): ParsedQuery {
  if (text.length > LONGEST_QUERY) return { filters: [], faults: [{ from: LONGEST_QUERY, to: text.length, message: `a query has at most ${LONGEST_QUERY} characters, this one ${text.length}` }] }
  const reader = new Reader(text)
  const filters: Filter[] = []
  const faults: Fault[] = []
  for (let from = reader.skipSpace(); from < text.length; from = reader.skipSpace()) {
    const term = reader.term()
    if ('message' in term) {
      reader.skipTerm(from)
      faults.push(term)
    } else filters.push(term)
    if (filters.length + faults.length > MOST_TERMS) {
      faults.push({ from, to: text.length, message: `a query has at most ${MOST_TERMS} terms` })
      break
    }
  }
  return { filters, faults }
}

/** The query with a fault's part replaced by its suggestion; as it was where there is none. */
export function withSuggestion(text: string, { from, to, suggestion }: Fault): string {
  return suggestion === undefined ? text : text.slice(0, from) + suggestion + text.slice(to)
}

const OPERATORS: readonly Operator[] = ['!=', '>=', '<=', ':', '=', '>', '<']
const isSpace = (char: string | undefined): boolean => char !== undefined && /\s/.test(char)

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Where the next term begins. */
  skipSpace(): number {
    while (isSpace(this.#text[this.#at])) this.#at += 1
    return this.#at
  }

  /** Goes on behind the term that began at `from`, whatever is wrong with it: up to a blank outside quotes and parentheses. */
  skipTerm(from: number): void {
    let isQuoted = false
    let depth = 0
    let at = from
    for (; at < this.#text.length; at += 1) {
      const char = this.#text[at]
      if (isQuoted && char === '\\') at += 1
      else if (char === '"') isQuoted = !isQuoted
      else if (isQuoted) continue
      else if (char === '(') depth += 1
      else if (char === ')') depth = Math.max(0, depth - 1)
      else if (depth === 0 && isSpace(char)) break
    }
    this.#at = Math.max(this.#at, Math.min(at, this.#text.length))
  }

  term(): Filter | Fault {
    const from = this.#at
    const negated = this.#take('-')
    const nameFrom = this.#at
    const name = this.#name()
    const nameTo = this.#at
    const operator = OPERATORS.find((candidate) => this.#text.startsWith(candidate, this.#at))
    if (operator === undefined) {
      this.skipTerm(from)
      const given = this.#text.slice(nameFrom, this.#at)
      const { message, suggestion } = name.tag === undefined ? freeWord(given) : { message: `tag.${name.tag} needs a value: ${given}:VALUE`, suggestion: undefined }
      return { from: nameFrom, to: this.#at, message, ...(suggestion === undefined ? {} : { suggestion }) }
    }
    const field = this.#field(name, nameFrom, nameTo)
    if ('message' in field) return field
    this.#at += operator.length
    const values = this.#values(operator, nameFrom)
    if ('message' in values) return values
    const match = matchOf(field.field, FIELDS[field.field], operator, values.tokens)
    if ('message' in match) {
      const { at, message, suggestion } = match
      return { from: at?.from ?? from, to: at?.to ?? this.#at, message, ...(suggestion === undefined ? {} : { suggestion }) }
    }
    return { ...field, negated: negated !== (operator === '!='), match }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  /** A field's name; behind `tag.` a name that may be quoted. */
  #name(): { readonly text: string; readonly tag?: string; readonly fault?: string } {
    const start = this.#at
    if (this.#text.startsWith('tag.', start)) {
      this.#at += 4
      if (this.#text[this.#at] === '"') {
        const token = this.#quoted()
        return 'message' in token ? { text: 'tag', tag: '', fault: token.message } : { text: 'tag', tag: token.text }
      }
      const nameStart = this.#at
      while (/[A-Za-z0-9_./@+-]/.test(this.#text[this.#at] ?? ' ')) this.#at += 1
      return { text: 'tag', tag: this.#text.slice(nameStart, this.#at) }
    }
    while (/[A-Za-z0-9_.]/.test(this.#text[this.#at] ?? ' ')) this.#at += 1
    return { text: this.#text.slice(start, this.#at) }
  }

  #field(name: { readonly text: string; readonly tag?: string; readonly fault?: string }, from: number, to: number): Pick<Filter, 'field' | 'tag'> | Fault {
    if (name.fault !== undefined) return { from, to, message: name.fault }
    if (name.tag !== undefined) {
      if (name.tag === '' || name.tag.length > 128) return { from, to, message: 'a tag has a name of 1 to 128 characters: tag.NAME:VALUE' }
      return { field: 'tag', tag: name.tag }
    }
    if (name.text === 'tag') return { from, to, message: 'name the tag: tag.NAME:VALUE' }
    if (isFieldName(name.text)) return { field: name.text }
    return { from, to, ...unknownField(name.text) }
  }

  #values(operator: Operator, termFrom: number): { readonly tokens: readonly Token[] } | Fault {
    const from = this.#at
    if (!this.#take('(')) {
      const token = this.#value()
      if ('message' in token) return token
      if (this.#at < this.#text.length && !isSpace(this.#text[this.#at])) return this.#stray(token)
      return { tokens: [token] }
    }
    if (operator !== ':' && operator !== '=' && operator !== '!=') return { from, to: from + 1, message: `a list stands behind : or !=, not behind ${operator}` }
    const tokens: Token[] = []
    for (;;) {
      this.skipSpace()
      const token = this.#value()
      if ('message' in token) return token
      tokens.push(token)
      if (tokens.length > MOST_VALUES) return { from: termFrom, to: this.#at, message: `a list has at most ${MOST_VALUES} values` }
      this.skipSpace()
      if (this.#take(')')) break
      if (!this.#take(',')) return { from, to: Math.min(this.#at + 1, this.#text.length), message: this.#at >= this.#text.length ? 'the list is not closed: ) is missing' : 'a list is separated by commas: (a,b)' }
    }
    if (this.#at < this.#text.length && !isSpace(this.#text[this.#at])) return { from: this.#at, to: this.#at + 1, message: 'a blank stands between terms' }
    return { tokens }
  }

  /** Something right behind a value that cannot belong to it. */
  #stray(token: Token): Fault {
    const char = this.#text[this.#at] ?? ''
    const from = this.#at
    if (char === ',') {
      while (this.#at < this.#text.length && !isSpace(this.#text[this.#at])) this.#at += 1
      const given = this.#text.slice(token.from, this.#at)
      return { from: token.from, to: this.#at, message: 'several values stand in parentheses', ...(/^[\w.:/@+,-]+$/.test(given) ? { suggestion: `(${given})` } : {}) }
    }
    return { from, to: from + 1, message: `${char} cannot stand here; put a text with special characters into double quotes` }
  }

  #value(): Token | Fault {
    if (this.#text[this.#at] === '"') return this.#quoted()
    const from = this.#at
    while (this.#at < this.#text.length && !/[\s"(),]/.test(this.#text[this.#at] ?? '')) this.#at += 1
    const text = this.#text.slice(from, this.#at)
    if (text === '') return { from, to: Math.min(from + 1, this.#text.length), message: 'a value is missing; nothing is written as ""' }
    // `cost:>1`, as other languages write it.
    const doubled = /^[<>=]=?/.exec(text)
    if (doubled !== null) return { from: from - 1, to: this.#at, message: `the operator ${doubled[0]} takes no : before it`, suggestion: text }
    return { text, isQuoted: false, from, to: this.#at }
  }

  #quoted(): Token | Fault {
    const from = this.#at
    let text = ''
    for (let at = from + 1; at < this.#text.length; at += 1) {
      const char = this.#text[at] ?? ''
      if (char === '"') {
        this.#at = at + 1
        return { text, isQuoted: true, from, to: this.#at }
      }
      if (char === '\\') at += 1
      text += this.#text[at] ?? ''
    }
    this.#at = this.#text.length
    return { from, to: this.#at, message: 'the quoted text is not closed: " is missing' }
  }
}

function unknownField(name: string): { readonly message: string; readonly suggestion?: string } {
  const lower = name.toLowerCase()
  if (name === '') return { message: 'a field is missing before the operator' }
  if (TIME_WORDS.has(lower)) return { message: `a query holds no times: choose the range beside it (--since), not ${name.slice(0, 40)}` }
  const [other] = Object.hasOwn(OTHER_NAMES, lower) ? (OTHER_NAMES[lower] ?? []) : []
  const near = fieldNamed(lower) === undefined ? (other ?? nearestNames(lower, Object.keys(FIELDS).filter((field) => field !== 'tag'))[0]) : lower
  return { message: `there is no field ${isBareTagName(name) ? name.slice(0, 40) : quoted(name.slice(0, 40))}`, ...(near === undefined || near === 'tag' ? {} : { suggestion: near }) }
}
