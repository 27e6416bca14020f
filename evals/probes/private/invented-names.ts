// Names of things that do not exist: pronounceable, and checked not to be, nor nearly be, an English word, a country, a language, a
// currency, a script or a city of the time-zone list in any of several tongues.
import { readFileSync } from 'node:fs'
import wordListPath from 'word-list'
import type { Draws } from './draws.ts'

const ONSETS = ['b', 'br', 'd', 'dr', 'f', 'g', 'gr', 'h', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'tr', 'v', 'w', 'z']
const NUCLEI = ['a', 'a', 'e', 'e', 'i', 'o', 'o', 'u', 'ae', 'ei', 'ou']
const CODAS = ['', '', 'l', 'm', 'n', 'r', 's', 'th', 'x', 'nd', 'rk', 'sk', 'rg']
const INNER_CODAS = ['', '', '', 'l', 'n', 'r', 's', 'm']
const LEAST_LETTERS = 7
const MOST_LETTERS = 12
/** Tries before it gives up; a try fails about once in fifty. */
const MOST_TRIES = 1_000

/** Whether a name, in lower case, is a word or a name we know of. */
export type KnownNames = (name: string) => boolean

/** Reads the lists, some 290,000 names; takes about a second, so the caller keeps the answer for as long as it generates. */
export function knownNames(): KnownNames {
  const names = new Set([...readFileSync(wordListPath, 'utf8').split('\n'), ...internationalNames()])
  return (name) => names.has(name) || neighbours(name).some((other) => names.has(other))
}

/** An invented name of three syllables or so with a capital, different from those in `taken`, which it joins. */
export function inventName(draws: Draws, isKnown: KnownNames, taken: Set<string>): string {
  for (let i = 0; i < MOST_TRIES; i += 1) {
    const syllables = draws.whole(3, 4)
    let name = ''
    for (let s = 0; s < syllables; s += 1) name += draws.pick(ONSETS) + draws.pick(NUCLEI) + draws.pick(s === syllables - 1 ? CODAS : INNER_CODAS)
    if (name.length < LEAST_LETTERS || name.length > MOST_LETTERS || /(.)\1\1|[aeiouy]{4}|[^aeiouy]{4}/.test(name)) continue
    if (taken.has(name) || isKnown(name)) continue
    taken.add(name)
    return name.charAt(0).toUpperCase() + name.slice(1)
  }
  throw new RangeError('no unknown name was found')
}

/** Everything one letter left out, changed or swapped away: a misspelling of a real name is no invention. */
function neighbours(name: string): string[] {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  const out: string[] = []
  for (let i = 0; i < name.length; i += 1) {
    out.push(name.slice(0, i) + name.slice(i + 1))
    for (const letter of letters) out.push(name.slice(0, i) + letter + name.slice(i + 1))
    if (i + 1 < name.length) out.push(name.slice(0, i) + name.charAt(i + 1) + name.charAt(i) + name.slice(i + 2))
  }
  return out
}

const TONGUES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'cs', 'sv', 'tr', 'fi', 'hu', 'ro', 'id']

/** Names the runtime's own tables know (Unicode CLDR): regions, languages, scripts, currencies and cities with a time zone. */
function internationalNames(): Set<string> {
  const names = new Set<string>()
  const add = (name: string | undefined): void => {
    for (const word of (name ?? '').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().split(/[^a-z]+/)) if (word.length > 3) names.add(word)
  }
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('')
  const regions = letters.flatMap((a) => letters.map((b) => a + b))
  for (const tongue of TONGUES) {
    const shown = (type: 'region' | 'language' | 'currency'): Intl.DisplayNames => new Intl.DisplayNames([tongue], { type, fallback: 'none' })
    const [region, language, currency] = [shown('region'), shown('language'), shown('currency')]
    for (const code of regions) {
      add(region.of(code))
      add(language.of(code.toLowerCase()))
    }
    for (const code of Intl.supportedValuesOf('currency')) add(currency.of(code))
  }
  for (const zone of Intl.supportedValuesOf('timeZone')) add(zone)
  return names
}
