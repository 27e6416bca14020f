// What could stand where the caret is: fields while a field is being written, values (those of the facets, or the only ones there are)
// behind it. In: the text and the caret. Out: offers, each with the stretch it replaces. Pure.
import { fieldNamed, FIELDS, isFieldName } from '../../../../core/trace-language/fields.ts'
import { count } from '../format.ts'

export type Offer = {
  readonly text: string
  readonly about: string
  readonly from: number
  readonly to: number
  /** A whole term: it can be searched for at once. */
  readonly isWhole: boolean
}

type Facets = readonly { readonly field: string; readonly values: readonly { readonly value: string; readonly calls: number }[] }[]

const MOST = 9

/** At most nine; none inside quotes and lists, where guessing would be in the way. */
export function offers(text: string, caret: number, facets: Facets | undefined): Offer[] {
  const from = Math.max(text.lastIndexOf(' ', caret - 1) + 1, 0)
  const word = text.slice(from, caret)
  if (/["(]/.test(word)) return []
  const start = from + (word.startsWith('-') ? 1 : 0)
  const body = word.slice(start - from)
  const behind = /^([A-Za-z._]+)(:|=|!=)(.*)$/.exec(body)
  if (behind !== null) {
    const [, name = '', operator = '', begun = ''] = behind
    return valuesOf(name, facets)
      .filter(({ value }) => value !== begun && value.startsWith(begun))
      .slice(0, MOST)
      .map(({ value, about }) => ({ text: `${name}${operator}${written(value)}`, about, from: start, to: caret, isWhole: true }))
  }
  if (!/^[A-Za-z._]*$/.test(body)) return []
  return Object.entries(FIELDS)
    .filter(([name]) => name.startsWith(body.toLowerCase()))
    .slice(0, MOST)
    .map(([name, { meaning, kind }]) => ({ text: name === 'tag' ? 'tag.' : kind === 'number' ? `${name}>` : `${name}:`, about: meaning, from: start, to: caret, isWhole: false }))
}

/** The text with an offer taken, and where the caret goes. */
export function taken(text: string, offer: Offer): { readonly text: string; readonly caret: number } {
  const tail = text.slice(offer.to).replace(/^\S*/, '')
  const head = `${text.slice(0, offer.from)}${offer.text}${offer.isWhole && tail === '' ? ' ' : ''}`
  return { text: head + tail, caret: head.length }
}

function valuesOf(name: string, facets: Facets | undefined): { readonly value: string; readonly about: string }[] {
  const field = fieldNamed(name)
  if (field === undefined || !isFieldName(name)) return []
  const counted = facets?.find((facet) => facet.field === name)?.values.filter(({ value }) => value !== '') ?? []
  if (counted.length > 0) return counted.map(({ value, calls }) => ({ value, about: `${count(calls)} calls` }))
  if (field.kind === 'flag') return [{ value: 'yes', about: field.meaning }, { value: 'no', about: 'the contrary' }]
  return field.kind === 'word' ? (field.values ?? []).map((value) => ({ value, about: '' })) : []
}

function written(value: string): string {
  return /^[A-Za-z0-9_.:/@+-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}
