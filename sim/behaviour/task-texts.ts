// What simulated models say to a task probe, right or wrong, made by rule from what its grader looks for: JSON with places
// changed, code from the bank in a few wrappings, plain values. Pure; it knows graders' specifications and no grader.
import { seededRandom, type Random } from '../../core/seams.ts'
import type { SimGrader } from './labels.ts'
import { genericAnswer } from './prose.ts'

/** Solutions to a code probe; the wrong ones are plausible. */
export type CodeRow = { readonly language: string; readonly right: readonly string[]; readonly wrong: readonly string[] }

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** A text for the label (`pass`, `partial`, `fail`); `undefined` for a grader nothing can be made for. `bare`: JSON alone. */
export function taskText(grader: SimGrader, code: CodeRow | undefined, label: string, seed: string, bare: boolean): string | undefined {
  const random = seededRandom(seed)
  switch (grader.type) {
    case 'json_schema':
      return grader.expected === undefined ? undefined : extracted(grader, label, random, bare)
    case 'command':
      return code === undefined ? undefined : wrapped(pick(label === 'pass' ? code.right : code.wrong, random), code.language, random)
    case 'exact':
      return typeof grader.answer !== 'string' ? undefined : label === 'pass' ? grader.answer : genericAnswer(random.next())
    case 'number':
      return typeof grader.answer !== 'number' ? undefined : withUnit(label === 'pass' ? grader.answer : grader.answer * 1.25 + 1, grader.unit)
    case 'contains':
      return label === 'pass' ? `Here is what applies: ${[...(grader.all ?? []), ...(grader.any ?? []).slice(0, 1)].join(', ')}.` : genericAnswer(random.next())
    default:
      return undefined
  }
}

const withUnit = (value: number, unit: string | undefined): string => `${Number(value.toPrecision(12))}${unit === undefined ? '' : ` ${unit}`}`

const CODE_MANNERS: readonly ((block: string) => string)[] = [
  (block) => block,
  (block) => `Here is the module:\n\n${block}`,
  (block) => `${block}\n\nIt runs in linear time where that is possible, and it leaves its arguments alone.`,
  (block) => `I kept to the standard library.\n\n${block}\n\nThe edge cases of the description are covered.`,
]

function wrapped(code: string, language: string, random: Random): string {
  return pick(CODE_MANNERS, random)(`\`\`\`${language}\n${code.trimEnd()}\n\`\`\``)
}

const JSON_MANNERS: readonly ((value: Json) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 2),
  (value) => `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``,
  (value) => `Here is the extracted data:\n\n\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\`\n\nTell me if another format suits you better.`,
]

function extracted(grader: SimGrader, label: string, random: Random, bare: boolean): string {
  const expected = grader.expected as Json // the probe's row was read from JSON
  const said = pick(bare ? JSON_MANNERS.slice(0, 2) : JSON_MANNERS, random)
  if (label === 'pass') return said(expected)
  if (label === 'partial') return said(withFaults(expected, grader, random))
  // An answer that holds nothing of use: cut in the middle, or an excuse.
  const whole = JSON.stringify(expected)
  return random.next() < 0.5 ? whole.slice(0, Math.floor(whole.length * 0.6)) : 'The document is ambiguous in several places, so I would rather not commit to values. Which fields matter most to you?'
}

type Leaf = { readonly path: readonly (string | number)[]; readonly rule: string }

/** The value with one or a few of its places changed, never all of them and none that is not compared. */
function withFaults(expected: Json, grader: SimGrader, random: Random): Json {
  const leaves = leavesOf(expected, [], '').filter(({ rule }) => grader.fields?.[rule]?.compare !== 'ignore')
  const count = Math.max(1, Math.min(leaves.length - 1, 1 + Math.floor(random.next() * 3)))
  const order = leaves.map((leaf) => ({ leaf, at: random.next() })).sort((a, b) => a.at - b.at)
  return order.slice(0, count).reduce<Json>((value, { leaf }) => changed(value, leaf.path), structuredClone(expected))
}

function leavesOf(value: Json, path: readonly (string | number)[], rule: string): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item, at) => leavesOf(item, [...path, at], `${rule}[]`))
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([name, item]) => leavesOf(item, [...path, name], rule === '' ? name : `${rule}.${name}`))
  return [{ path, rule }]
}

function changed(value: Json, path: readonly (string | number)[]): Json {
  const [step, ...rest] = path
  if (step === undefined) return faulty(value)
  if (Array.isArray(value)) return value.map((item, at) => (at === step ? changed(item, rest) : item))
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, name === step ? changed(item, rest) : item]))
  return value
}

/** A value such as a careless reader would give: the next number, the day after, a name with a letter lost. */
function faulty(value: Json): Json {
  if (typeof value === 'number') return Number((value + (Number.isInteger(value) ? 1 : 0.37)).toFixed(4))
  if (typeof value === 'boolean') return !value
  if (typeof value !== 'string') return 'unknown'
  const day = /^(\d{4}-\d{2}-)(\d{2})(.*)$/s.exec(value)
  if (day !== null) return `${day[1]}${day[2] === '01' ? '02' : String(Number(day[2]) - 1).padStart(2, '0')}${day[3]}`
  return value.length > 3 ? value.slice(0, -1) : `${value}x`
}

function pick<T>(choices: readonly T[], random: Random): T {
  // Every list here has at least one member; the bank's schema sees to its rows.
  return choices[Math.floor(random.next() * choices.length)] as T
}
