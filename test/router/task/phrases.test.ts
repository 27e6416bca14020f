import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAlphabet } from '../../../router/decide/task/alphabet.ts'
import { PhraseBookBuilder } from '../../../router/decide/task/phrase-book.ts'
import { wordsOf } from '../../../router/decide/task/words.ts'

const alphabet = makeAlphabet()

function found(phrases: readonly string[], text: string): string[] {
  const builder = new PhraseBookBuilder(alphabet)
  const numbers = phrases.map((phrase) => builder.add(phrase))
  const book = builder.build()
  const seen = book.find(text)
  return phrases.filter((_, index) => {
    const number = numbers[index]
    return number !== undefined && seen.has(number)
  })
}

/** The plain meaning of a phrase: its words stand next to each other somewhere, the last one as a beginning where it ends in *. */
function occurs(phrase: string, text: string): boolean {
  const wanted = wordsOf(phrase, alphabet)
  const has = wordsOf(text, alphabet)
  const stem = phrase.endsWith('*') && /[^+#]{3}$/.test(wanted.at(-1) ?? '')
  if (wanted.length === 0) return false
  return has.some((_, start) => wanted.every((word, index) => {
    const other = has[start + index]
    return other !== undefined && (stem && index === wanted.length - 1 ? other.startsWith(word) : other === word)
  }))
}

describe('words', () => {
  it.each([
    ["What's C++ against C#?", ['what', 's', 'c++', 'against', 'c#']],
    ['a+b, c++x, C++', ['a', 'b', 'c', 'x', 'c++']],
    ['snake_case node.js', ['snake_case', 'node', 'js']],
    ['STRASSE Straße ﬁn ÉCOLE', ['strasse', 'strasse', 'fin', 'ecole']],
    ['e\u0301cole pro\u00adgram', ['ecole', 'program']],
    ['İSTANBUL ısı', ['istanbul', 'isi']],
    ['请总结。会议', ['请', '总', '结', '会', '议']],
    ['コード', ['コ', 'ー', 'ド']],
    ['파이썬 코드', ['파', '이', '썬', '코', '드']],
    ['مُحَمَّد أحمد', ['محمد', 'احمد']],
    ['пойдём', ['поидем']],
    ['हिन्दी में', ['हिन्दी', 'में']],
    ['😀hi👍🏽 there', ['hi', 'there']],
    ['ｆｕｌｌ ②', ['full', '2']],
    ['', []],
    ['?! \u0301', []],
  ])('of %j', (text, words) => {
    expect(wordsOf(text, alphabet)).toEqual(words)
  })

  it('are the same however a text is composed, cased or accented', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('é', 'Å', 'ñ', 'ü', 'B', 'ç', ' ', 'ß', 'ё', 'ή', '.'), { maxLength: 40 }), (letters) => {
        const text = letters.join('')
        const plain = wordsOf(text, alphabet)
        expect(wordsOf(text.normalize('NFD'), alphabet)).toEqual(plain)
        expect(wordsOf(text.toUpperCase(), alphabet)).toEqual(plain)
      }),
    )
  })

  it('can be read from any text, also from broken pairs and control signs', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 200 }), (units) => {
        const text = String.fromCharCode(...units)
        for (const word of wordsOf(text, alphabet)) expect(word.length).toBeGreaterThan(0)
      }),
    )
  })
})

describe('a phrase book', () => {
  it('finds whole words only', () => {
    expect(found(['code', 'in code'], 'The decoder is encoded.')).toEqual([])
    expect(found(['code', 'in code', 'code in'], 'Write it in CODE!')).toEqual(['code', 'in code'])
  })

  it('finds a phrase whatever stands between its words but words', () => {
    expect(found(['unit test', 'c est quoi'], "a unit-test; C'est… quoi ?")).toEqual(['unit test', 'c est quoi'])
  })

  it('takes a final * for any ending, also where the whole word is a phrase of its own', () => {
    const phrases = ['summar*', 'summary', 'a summ*', 'summarise this', 'résum*']
    expect(found(phrases, 'write a summary')).toEqual(['summar*', 'summary', 'a summ*'])
    expect(found(phrases, 'summarise this: resumen')).toEqual(['summar*', 'summarise this', 'résum*'])
    expect(found(phrases, 'sum it')).toEqual([])
  })

  it('finds phrases inside scripts that are written without spaces', () => {
    expect(found(['会议记录', '会议', '记录会'], '请总结以下会议记录')).toEqual(['会议记录', '会议'])
  })

  it('finds phrases that end inside one another', () => {
    expect(found(['a b c', 'b c', 'c', 'b c d', 'a b d'], 'x a b c d')).toEqual(['a b c', 'b c', 'c', 'b c d'])
  })

  it('says where a phrase first and last ends', () => {
    const builder = new PhraseBookBuilder(alphabet)
    const number = builder.add('red car') ?? -1
    const never = builder.add('green car') ?? -1
    const seen = builder.build().find('a red car and a red car')
    expect([seen.words, seen.first(number), seen.last(number), seen.first(never), seen.last(never)]).toEqual([7, 2, 6, -1, -1])
  })

  it('gives phrases that fold to the same words one number, and none to a phrase without words', () => {
    const builder = new PhraseBookBuilder(alphabet)
    expect(builder.add('École')).toBe(builder.add('ecole'))
    expect(builder.add('!?')).toBeUndefined()
  })

  it('agrees with the plain meaning of phrases on any text', () => {
    const word = fc.constantFrom('ab', 'abc', 'abcd', 'abcde', 'b', 'é', 'E', '代', '码', 'c++', 'ß', 'ss', 'sst')
    const phrase = fc.tuple(fc.array(word, { minLength: 1, maxLength: 4 }), fc.boolean()).map(([words, stem]) => `${words.join(' ')}${stem ? '*' : ''}`)
    fc.assert(
      fc.property(fc.array(phrase, { minLength: 1, maxLength: 12 }), fc.array(word, { maxLength: 25 }), fc.constantFrom(' ', '-', ' . '), (phrases, words, between) => {
        const text = words.join(between)
        const distinct = [...new Set(phrases)]
        expect(found(distinct, text)).toEqual(distinct.filter((one) => occurs(one, text)))
      }),
      { numRuns: 400 },
    )
  })

  it('tells words apart that share a hash', () => {
    // Known collisions of 32-bit FNV-1a.
    expect(found(['costarring', 'declinate', 'altar*'], 'liquid macallums')).toEqual([])
    expect(found(['costarring', 'liquid', 'declinate', 'macallums'], 'liquid declinate')).toEqual(['liquid', 'declinate'])
  })

  it('comes to an end on texts and phrases that repeat themselves', () => {
    const repeated = Array.from({ length: 60 }, (_, index) => 'a '.repeat(index + 1).trim())
    expect(found(repeated, 'a '.repeat(100_000))).toHaveLength(60)
    expect(found(['aaa*', `${'a'.repeat(127)}*`], 'a'.repeat(500_000))).toHaveLength(2)
  })
})
