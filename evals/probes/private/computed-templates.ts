// Questions whose one answer follows by computing, generated with it: arithmetic, calendar, counting, and relations among invented
// people. Answers are exact; a rounding is always stated in the question. Pure.
import type { Draws } from './draws.ts'

export type Computed = { readonly domain: string; readonly question: string; readonly answer: string; readonly type: 'number' | 'text' | 'date'; readonly aliases?: readonly string[]; readonly source: string }
export type ComputedTemplate = (draws: Draws, invent: () => string) => Computed

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] as const
const DAY_MS = 86_400_000

const spelled = (ms: number): string => `${new Date(ms).getUTCDate()} ${MONTHS[new Date(ms).getUTCMonth()]} ${new Date(ms).getUTCFullYear()}`
const someDay = (d: Draws): number => Date.UTC(d.whole(1905, 2095), d.whole(0, 11), d.whole(1, 28))
const number = (domain: string, question: string, answer: number | bigint, source: string): Computed => ({ domain, question, answer: String(answer), type: 'number', source })

/** Templates by name. */
export const COMPUTED_TEMPLATES: Readonly<Record<string, ComputedTemplate>> = {
  weekday: (d) => {
    const day = someDay(d)
    return { domain: 'calendar', question: `On which day of the week does ${spelled(day)} fall in the Gregorian calendar?`, answer: DAYS[new Date(day).getUTCDay()] ?? '', type: 'text', source: 'Gregorian calendar, computed' }
  },
  days_between: (d) => {
    const [a, b] = [someDay(d), someDay(d)].sort((x, y) => x - y)
    const [from, to] = [a ?? 0, b ?? 0]
    return number('calendar', `How many days lie from ${spelled(from)} to ${spelled(to)}, counting the last but not the first?`, (to - from) / DAY_MS, 'Gregorian calendar, computed')
  },
  date_after: (d) => {
    const [day, days] = [someDay(d), d.whole(40, 900)]
    const then = new Date(day + days * DAY_MS)
    return { domain: 'calendar', question: `Which date is ${days} days after ${spelled(day)}? Give day, month and year.`, answer: spelled(then.getTime()), type: 'date', aliases: [then.toISOString().slice(0, 10)], source: 'Gregorian calendar, computed' }
  },
  product: (d) => {
    const [a, b] = [d.whole(1_003, 9_997), d.whole(103, 997)]
    return number('arithmetic', `What is ${a} times ${b}?`, a * b, 'Multiplication')
  },
  power_remainder: (d) => {
    const [a, b, m] = [d.whole(3, 29), d.whole(11, 60), d.whole(13, 997)]
    return number('number theory', `What remainder does ${a} to the power of ${b} leave when divided by ${m}?`, BigInt(a) ** BigInt(b) % BigInt(m), 'Modular arithmetic')
  },
  common_multiple: (d) => {
    const [a, b] = [d.whole(24, 480), d.whole(24, 480)]
    return number('number theory', `What is the least common multiple of ${a} and ${b}?`, (a / gcd(a, b)) * b, 'Euclid')
  },
  base: (d) => {
    const [n, base] = [d.whole(400, 60_000), d.pick([3, 5, 6, 7, 9])]
    return { domain: 'numerals', question: `How is the decimal number ${n} written in base ${base}?`, answer: n.toString(base), type: 'text', source: 'Positional notation' }
  },
  choices: (d) => {
    const [n, k] = [d.whole(25, 180), d.whole(3, 5)]
    return number('combinatorics', `In how many ways can a jury of ${k} be chosen from ${n} people when the order does not matter?`, choose(n, k), 'Binomial coefficient')
  },
  interest: (d) => {
    const [amount, rate, years] = [d.whole(12, 480) * 100, d.whole(11, 69), d.whole(3, 9)]
    // Whole cents at every step, rounded half up in integers: percentages are tenths.
    let cents = BigInt(amount) * 100n
    for (let i = 0; i < years; i += 1) cents += (cents * BigInt(rate) + 500n) / 1_000n
    const text = `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
    return { domain: 'finance', question: `An account begins with ${amount} euros and is credited ${(rate / 10).toFixed(1)}% interest at the end of each year, each time rounded to whole cents (half a cent up). What is the balance in euros after ${years} years?`, answer: text, type: 'number', source: 'Compound interest, computed in cents' }
  },
  meeting: (d) => {
    const [v, w, hours] = [d.whole(8, 24) * 5, d.whole(8, 24) * 5, d.whole(2, 9)]
    return number('motion', `Two trains start at the same time from stations ${(v + w) * hours} km apart and travel towards each other at ${v} and ${w} km/h. How many kilometres has the first one covered when they meet?`, v * hours, 'Distance is speed times time')
  },
  letters: (d, invent) => {
    const words = Array.from({ length: 7 }, () => invent().toLowerCase())
    const letter = d.pick(['a', 'e', 'o', 'r', 'n'])
    const line = words.join(' ')
    return number('counting', `How many times does the letter "${letter}" occur in this line: ${line}`, [...line].filter((c) => c === letter).length, 'Counting')
  },
  roman: (d) => {
    const n = d.whole(1_100, 3_899)
    return number('numerals', `Which number is written ${roman(n)} in Roman numerals?`, n, 'Standard Roman numerals')
  },
  family: (d, invent) => {
    const [a, b, c, e, f] = Array.from({ length: 5 }, () => invent())
    const facts = d.some([`${a} is the mother of ${b}.`, `${b} is the father of ${c}.`, `${c} and ${e} are full sisters.`, `${e} is the mother of ${f}.`], 4)
    const [question, answer] = d.pick([
      [`How is ${a} related to ${f}?`, 'great-grandmother'],
      [`How is ${c} related to ${f}?`, 'aunt'],
      [`How is ${b} related to ${f}?`, 'grandfather'],
      [`How is ${a} related to ${c}?`, 'grandmother'],
    ] as const)
    return { domain: 'relations', question: `${facts.join(' ')} ${question} Answer with one word.`, answer, type: 'text', source: 'Follows from the statements' }
  },
  above_mean: (d) => {
    const values = Array.from({ length: 11 }, () => d.whole(110, 990))
    const sum = values.reduce((x, y) => x + y, 0)
    return number('statistics', `How many of these numbers are larger than their arithmetic mean: ${values.join(', ')}?`, values.filter((value) => value * values.length > sum).length, 'Counting against the mean')
  },
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

function choose(n: number, k: number): number {
  let ways = 1
  for (let i = 1; i <= k; i += 1) ways = (ways * (n - k + i)) / i
  return ways
}

function roman(n: number): string {
  const signs = [[1000, 'M'], [900, 'CM'], [500, 'D'], [400, 'CD'], [100, 'C'], [90, 'XC'], [50, 'L'], [40, 'XL'], [10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I']] as const
  let [left, text] = [n, '']
  for (const [value, sign] of signs)
    while (left >= value) {
      text += sign
      left -= value
    }
  return text
}
