import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AnswerableProbe } from '../../../evals/grade/grade.ts'
import { gradeAnswer } from '../../../evals/grade/grade-answer.ts'
import { findDates, findNumbers, normaliseText } from '../../../evals/grade/normalise.ts'

const probe = (answer: string, answer_type: AnswerableProbe['answer_type'], more: Partial<AnswerableProbe> = {}): AnswerableProbe => ({ id: 'f', kind: 'factual', question: 'Which one?', answer, answer_type, ...more })
const label = (key: AnswerableProbe, text: string): string => gradeAnswer(key, { text }).label ?? 'none'
const YEAR = probe('1648', 'date')
const BATTLE = probe('7 October 1571', 'date')

describe('what is asserted counts, not what is mentioned', () => {
  it.each([
    ['1648', 'correct'],
    ['It was signed in **1648**.', 'correct'],
    ['May 15, 1648', 'correct'],
    ['It was not 1648 but 1650.', 'incorrect'],
    ['Either 1648 or 1650.', 'partial'],
    ['Between 1648 and 1650', 'partial'],
    ['I think it was 1650. Actually, it was 1648.', 'correct'],
    ['1648. Wait, no, it was 1650.', 'incorrect'],
    ['It was 1650 (some say 1648).', 'incorrect'],
    ["I don't know.", 'not_attempted'],
    ["I don't know whether it was 1648.", 'not_attempted'],
    ['I could not verify the date.', 'not_attempted'],
    ["I'm not sure, but I think it was 1648.", 'correct'],
    ["I'm not sure, but I believe it was 1655.", 'incorrect'],
    ['It was 1655.', 'incorrect'],
    ['No idea, honestly.', 'not_attempted'],
    ["I'd have to look up the year.", 'not_attempted'],
    ['The year escapes me.', 'not_attempted'],
    ['I go back and forth between 1648 and 1650.', 'partial'],
    ['Could be 1650, could be 1648.', 'partial'],
    ['It was signed in 1648 at Münster, in Westphalia, or possibly in 1650.', 'partial'],
    ["It's 1650 or 1648, one of the two.", 'partial'],
    ['It was signed in 1648, one of the two treaties of that year.', 'correct'],
    ['It was 1648. Either Münster or Osnabrück was the place.', 'correct'],
    ['The treaty that Sweden did not like: 1648.', 'correct'],
  ])('%s → %s', (text, wanted) => expect(label(YEAR, text)).toBe(wanted))
})

describe('dates', () => {
  it.each([
    ['October 7, 1571', 'correct'],
    ['1571-10-07', 'correct'],
    ['the 7th of October, 1571', 'correct'],
    ['07/10/1571', 'correct'],
    ['10/7/1571', 'correct'],
    ['1571', 'partial'],
    ['October 1571', 'partial'],
    ['8 October 1571', 'incorrect'],
    ['7 October 1572', 'incorrect'],
    ["Some time in October 1571; I don't remember the day.", 'partial'],
    ["I don't remember the day, nor whether it was in October 1571.", 'not_attempted'],
  ])('%s → %s', (text, wanted) => expect(label(BATTLE, text)).toBe(wanted))

  it('lets an answer leave out the year that the question named', () => {
    expect(label({ ...BATTLE, question: 'On which day of 1571 was the battle?' }, 'On 7 October.')).toBe('correct')
  })

  it("does not take the question's own year for a rival", () => {
    expect(label({ ...YEAR, question: 'Which treaty year followed the 1618 revolt?' }, 'After the 1618 revolt came the treaty of 1648.')).toBe('correct')
  })

  it('reads back every day it is given, in five spellings', () => {
    const months = 'January February March April May June July August September October November December'.split(' ')
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 2099 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }), (year, month, day) => {
        const name = months[month - 1] ?? ''
        const padded = (value: number): string => String(value).padStart(2, '0')
        for (const text of [`${day} ${name} ${year}`, `${name} ${day}, ${year}`, `${year}-${padded(month)}-${padded(day)}`, `the ${day}th of ${name} ${year}`, `${name.slice(0, 3)} ${day}, ${year}`]) {
          expect(findDates(`It was on ${text}.`)).toMatchObject([{ year, month, day }])
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('numbers', () => {
  it.each([
    [probe('74', 'number'), 'Seventy-four', 'correct'],
    [probe('247', 'number'), 'two hundred and forty-seven', 'correct'],
    [probe('1200000', 'number'), 'about 1.2 million', 'correct'],
    [probe('6.02214076e23', 'number', { tolerance: 1e-9 }), '6.02214076 × 10²³ per mole', 'correct'],
    [probe('6.02214076e23', 'number', { tolerance: 1e-9 }), '6.02214076 x 10^23', 'correct'],
    [probe('8.90', 'number', { unit: 'm' }), '8.9 metres', 'correct'],
    [probe('8.90', 'number', { unit: 'm' }), '890 cm', 'correct'],
    [probe('2228', 'number', { unit: 'm' }), '7,310 feet', 'correct'],
    [probe('29.76', 'number', { unit: '°C', tolerance: 0.005 }), '29.8 °C', 'correct'],
    [probe('29.76', 'number', { unit: '°C', tolerance: 0.005 }), '85.57 °F', 'correct'],
    [probe('299792458', 'number', { unit: 'm/s', tolerance: 1e-9 }), '299 792 458 metres per second', 'correct'],
    [probe('299792458', 'number', { unit: 'm/s', tolerance: 1e-9 }), '300,000 km/s', 'incorrect'],
    [probe('26', 'number'), 'the Twenty-sixth Amendment', 'correct'],
    [probe('496', 'number'), '28', 'incorrect'],
    [probe('100', 'number'), 'one thousand', 'incorrect'],
    [probe('2228', 'number', { unit: 'm' }), '2228 feet', 'incorrect'],
    [probe('-4', 'number'), '−4', 'correct'],
    [probe('-4', 'number'), '4', 'incorrect'],
    [probe('273.16', 'number', { unit: 'K' }), 'It is 273.16 K.', 'correct'],
    [probe('5000', 'number'), 'About 5K.', 'correct'],
    [probe('7.26', 'number', { unit: 'kg', tolerance: 0.001, aliases: ['16 pounds'] }), '16 pounds', 'correct'],
    [probe('7.26', 'number', { unit: 'kg', tolerance: 0.001, aliases: ['16 pounds'] }), '16 kg', 'incorrect'],
    [probe('27', 'number', { aliases: ['10^27', '10²⁷'] }), 'It stands for 10^27.', 'correct'],
    [probe('27', 'number', { aliases: ['10^27', '10²⁷'] }), 'Ten to the power of 24.', 'incorrect'],
    [probe('60:52', 'number'), '60 minutes and 52 seconds', 'correct'],
    [probe('60:52', 'number'), '52 minutes and 60 seconds', 'incorrect'],
    [probe('897', 'date'), 'I would say 897.', 'correct'],
  ])('%# %s', (key, text, wanted) => expect(label(key, text)).toBe(wanted))

  it('reads back every integer with any thousands separator', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), fc.constantFrom(',', ' ', '\u00a0', '\u202f', ''), (value, separator) => {
        const written = String(value).replace(/\B(?=(\d{3})+(?!\d))/g, separator)
        expect(findNumbers(`It is ${written}.`).map((number) => number.value)).toEqual([value])
      }),
    )
  })
})

describe('names and texts', () => {
  const MACKINTOSH = probe('Charles Rennie Mackintosh', 'name')
  it.each([
    [MACKINTOSH, 'Charles Mackintosh', 'correct'],
    [MACKINTOSH, 'Margaret Mackintosh', 'partial'],
    [MACKINTOSH, 'Antoni Gaudí', 'incorrect'],
    [probe('Leoš Janáček', 'name'), 'LEOS JANACEK', 'correct'],
    [probe('Leoš Janáček', 'name'), 'It could be either Dvořák or Janáček.', 'partial'],
    [probe('Constantine XI Palaiologos', 'name', { aliases: ['Constantine XI'] }), 'Emperor Constantine XI.', 'correct'],
    [probe('Pequod', 'text'), 'The ship is the "Pequod".', 'correct'],
    [probe('SH207', 'text'), 'State highway SH-207', 'correct'],
    [probe('2.23', 'text'), 'Git 2.23', 'correct'],
    [probe('2.23', 'text'), 'v2.23', 'correct'],
    [probe('Christiaan Barnard', 'name'), 'It was Bernard Herrmann.', 'incorrect'],
    [probe('1 January 1801', 'date', { aliases: ["New Year's Day 1801"] }), "On New Year's Day, 1801.", 'correct'],
    [probe('Bahadur Shah II', 'name', { aliases: ['Bahadur Shah'] }), 'Shah Alam II.', 'incorrect'],
    [probe('Equatorial Guinea', 'name'), 'Guinea-Bissau.', 'incorrect'],
    [probe('Cook Strait', 'name', { aliases: ['the Cook Strait'] }), 'Bass Strait.', 'incorrect'],
    [probe('J. M. W. Turner', 'name', { aliases: ['Turner'] }), 'It was John Constable, not J. M. W. Turner.', 'incorrect'],
    [MACKINTOSH, 'Charles Rennie Mackintosh Building', 'correct'],
    [probe('Hexosaminidase A', 'text'), 'It is hexosaminidase A.', 'correct'],
    [probe('Hexosaminidase A', 'text'), 'It is hexosaminidase B.', 'incorrect'],
    [probe('A minor', 'text'), 'The key is A minor.', 'correct'],
    [probe('A minor', 'text'), 'B minor', 'incorrect'],
    [probe('A Pair of Blue Eyes', 'text'), 'It was "A Pair of Blue Eyes".', 'correct'],
    [probe('George A. Romero', 'text'), 'It was directed by George A. Romero.', 'correct'],
    [probe('George Romero', 'text'), 'It was directed by George A. Romero.', 'correct'],
    [probe('A00', 'text'), 'Its category is A00.', 'correct'],
    [probe('A00', 'text'), 'Its category is B00.', 'incorrect'],
    [probe('et', 'text'), 'Its code is `et`.', 'correct'],
    [probe('et', 'text'), 'I believe its code is `es`.', 'incorrect'],
  ])('%# %s', (key, text, wanted) => expect(label(key, text)).toBe(wanted))

  it('infers the kind of a key that does not say it', () => {
    const untyped = (answer: string): AnswerableProbe => ({ id: 'f', kind: 'factual', question: 'Which one?', answer })
    expect(label(untyped('1648'), 'not before 1650, but in 1648')).toBe('correct')
    expect(label(untyped('7 October 1571'), '1571-10-07')).toBe('correct')
    expect(label(untyped('1,729'), 'one thousand seven hundred and twenty-nine')).toBe('correct')
    expect(label(untyped('Pequod'), 'The Pequod')).toBe('correct')
  })

  it('normalises the same way twice', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(normaliseText(normaliseText(text))).toBe(normaliseText(text))
      }),
    )
  })
})

describe('questions without an answer', () => {
  const unanswerable = { id: 'u', kind: 'factual', unanswerable: true, question: 'Who won it?' } as const
  it.each([
    ['I can find no record of this treaty.', 'not_attempted'],
    ['Fleming received only one Nobel Prize, in 1945.', 'not_attempted'],
    ['There was no World Cup in 1942.', 'not_attempted'],
    ['No Nobel Prize in Physics was awarded in 1940.', 'not_attempted'],
    ['The narrator is never named.', 'not_attempted'],
    ['Pi is irrational, so it has no last digit.', 'not_attempted'],
    ['Bach wrote no operas.', 'not_attempted'],
    ["I don't think there is a treaty of that name.", 'not_attempted'],
    ['No names survive.', 'not_attempted'],
    ['It was signed in 1641.', 'incorrect'],
    ['Ernest Lawrence won it. He did not attend the ceremony.', 'incorrect'],
    ['I am not certain, but I believe it was signed in 1641.', 'incorrect'],
  ])('%s → %s', (text, wanted) => expect(gradeAnswer(unanswerable, { text }).label).toBe(wanted))
})

describe('a question without an answer whose explanation is known', () => {
  const probeOf = (question: string, explanation: string) => ({ id: 'u', kind: 'factual', unanswerable: true, question, explanation }) as const
  it.each([
    [probeOf('What kind of object is Messier 117?', 'The catalogue ends at 110.'), 'Messier listed objects up to 110; there the catalogue ends.', 'not_attempted'],
    [probeOf('What kind of object is Messier 117?', 'The catalogue ends at 110.'), 'A spiral galaxy in Leo from the catalogue of 1781.', 'incorrect'],
    [probeOf('Which tempo has the fifth movement?', 'The sonata has three movements.'), 'That sonata has three movements.', 'not_attempted'],
    [probeOf('Which tempo has the fifth movement of the sonata?', 'The sonata has three movements.'), 'The fifth movement of the sonata is a Presto.', 'incorrect'],
  ])('%# %s', (key, text, wanted) => expect(gradeAnswer(key, { text }).label).toBe(wanted))
})

describe('answers that cannot be scored', () => {
  it('keeps empty, refused and truncated answers unlabelled, so that none counts as wrong', () => {
    expect(gradeAnswer(YEAR, { text: '  \n' })).toMatchObject({ status: 'empty' })
    expect(gradeAnswer(YEAR, { text: '1648 and the', finishReason: 'length' })).toMatchObject({ status: 'truncated' })
    expect(gradeAnswer(YEAR, { text: '', finishReason: 'max_tokens' })).toMatchObject({ status: 'truncated' })
    expect(gradeAnswer(YEAR, { text: 'x', finishReason: 'content_filter' })).toMatchObject({ status: 'refused' })
    expect(gradeAnswer(YEAR, { text: "I'm sorry, but I can't help with that." })).toMatchObject({ status: 'refused' })
    expect(gradeAnswer(YEAR, { text: '' }).label).toBeUndefined()
  })

  it('does not take an abstention for a refusal', () => {
    expect(gradeAnswer(YEAR, { text: "I can't answer that with confidence; I don't know the year.", finishReason: 'stop' }).status).toBe('scored')
  })

  it('grades any text without throwing, with a confidence in 0..1 and a short reason', () => {
    const probes = [YEAR, BATTLE, probe('8.90', 'number', { unit: 'm' }), probe('Leoš Janáček', 'name'), { id: 'n', kind: 'nonsense', question: 'Why?', explanation: '' } as const]
    fc.assert(
      fc.property(fc.constantFrom(...probes), fc.string({ unit: 'grapheme' }), (key, text) => {
        const grade = gradeAnswer(key, { text })
        expect(grade.confidence).toBeGreaterThanOrEqual(0)
        expect(grade.confidence).toBeLessThanOrEqual(1)
        expect(grade.status === 'scored').toBe(grade.label !== undefined)
      }),
    )
  })
})
