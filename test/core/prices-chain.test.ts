import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseConfig, type Config, type Target } from '../../core/config.ts'
import { scaledPrice } from '../../core/price-entries.ts'
import { ceilingCheck, REQUEST_SHAPES, shapeCost, type RequestShape } from '../../core/price-shapes.ts'
import { blendedPer1k, type PriceBook } from '../../core/prices.ts'
import { admit, usd, type Candidate } from '../../router/decide/admit.ts'
import { nextInChain, shares } from '../../router/decide/draw.ts'
import { genaiPriceBook } from '../../store/prices/genai.ts'

const EXAMPLE = readFileSync(fileURLToPath(new URL('../../weighbridge.example.yaml', import.meta.url)), 'utf8')
const KEYS = { OPENAI_API_KEY: 'k', MOONSHOT_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' }
const LINKS = ['kimi-k2.6', 'gpt-5.4', 'gpt-5.5'] as const
const TODAY = new Date('2026-11-23T20:00:00Z')

/** The example's configuration at today's prices, some models at a multiple of theirs. */
function configAt(hikes: Readonly<Partial<Record<string, number>>>): Config {
  const book = genaiPriceBook({ at: TODAY })
  const hiked: PriceBook = {
    ...book,
    find(hint, model) {
      const price = book.find(hint, model)
      return price === undefined ? undefined : scaledPrice(price, hikes[model] ?? 1)
    },
  }
  return parseConfig(EXAMPLE, KEYS, hiked)
}

/** The candidates of the default chain for a request of this shape; the route gives everything to its head. */
function candidates(config: Config, shape: RequestShape): Candidate[] {
  return (config.tasks.get('simple_qa')?.chain ?? []).map(({ target: name, maxCostPer1k }, link) => {
    const target: Target | undefined = config.targets.get(name)
    if (target === undefined) throw new Error(`no target ${name}`)
    const cost = shapeCost(target.price, shape)
    const per1kUsd = cost === undefined ? undefined : blendedPer1k(shape.inputTokens, shape.outputTokens, cost)
    return { target, weight: link === 0 ? 1 : 0, link, ceiling: maxCostPer1k, estimate: { usd: cost, per1kUsd } }
  })
}

const RULES = { enforce: true, refuse: false, maxCostUsd: undefined }
type Landing = { readonly chosen: Candidate; readonly skipped: readonly Candidate[] }

/** Everywhere a call of this shape can land: by the draw, and by every order of failures along the chain. */
function landings(all: readonly Candidate[]): Landing[] {
  const found: Landing[] = []
  const first = admit(all, RULES)
  const drawn = [...shares(first).keys()]
  for (const chosen of drawn) found.push({ chosen, skipped: first.skipped })
  const walk = (left: readonly Candidate[]): void => {
    const admission = admit(left, RULES)
    const chosen = nextInChain(admission)
    if (chosen === undefined) return
    found.push({ chosen, skipped: admission.skipped })
    walk(left.filter((candidate) => candidate !== chosen))
  }
  if (drawn.length === 0) walk(all)
  for (const chosen of drawn) walk(all.filter((candidate) => candidate !== chosen))
  return found
}

const HIKES: readonly (readonly [string, Readonly<Partial<Record<string, number>>>])[] = [
  ['at today’s prices', {}],
  ['after kimi-k2.6 doubles', { 'kimi-k2.6': 2 }],
  ['after gpt-5.4 doubles', { 'gpt-5.4': 2 }],
  ['after gpt-5.5 doubles', { 'gpt-5.5': 2 }],
  ['after all three double', { 'kimi-k2.6': 2, 'gpt-5.4': 2, 'gpt-5.5': 2 }],
  ['after kimi-k2.6 costs ten times as much', { 'kimi-k2.6': 10 }],
  ['after gpt-5.4 costs ten times as much', { 'gpt-5.4': 10 }],
]

describe.each(HIKES)('the chain kimi-k2.6 → gpt-5.4 → gpt-5.5 %s', (_when, hikes) => {
  const config = configAt(hikes)

  it.each(REQUEST_SHAPES)('lands no $name on a dearer model because a cheaper one was over its ceiling', (shape) => {
    const all = candidates(config, shape)
    expect(all.map((candidate) => candidate.target.name)).toEqual(LINKS)
    const found = landings(all)
    expect(found.length).toBeGreaterThan(0)
    for (const { chosen, skipped } of found) {
      const cheaper = skipped.filter((candidate) => usd(candidate) < usd(chosen)).map((candidate) => candidate.target.name)
      expect({ chosen: chosen.target.name, cheaperButSkipped: cheaper }).toEqual({ chosen: chosen.target.name, cheaperButSkipped: [] })
    }
  })
})

describe('the example’s ceilings', () => {
  const overOf = (hikes: Readonly<Partial<Record<string, number>>>): string[] => ceilingCheck(configAt(hikes)).filter((cost) => cost.chain === 'default' && !cost.within).map((cost) => `${cost.target}: ${cost.shape.name}`)

  it('admit every shape at today’s prices', () => {
    expect(overOf({})).toEqual([])
  })

  it('are exceeded where a doubled price makes them, and nowhere else', () => {
    // kimi-k2.6: (400·1.9 + 2000·8) / 2400 = 6.98 $/M > 6; gpt-5.4: (400·5 + 2000·30) / 2400 = 25.8 $/M > 20, and exactly 20 for a short question.
    expect(overOf({ 'kimi-k2.6': 2, 'gpt-5.4': 2 })).toEqual(['kimi-k2.6: long answer', 'gpt-5.4: long answer'])
  })

  it('move the first attempt to a cheaper link only', () => {
    const landed = (hikes: Readonly<Partial<Record<string, number>>>): string[] => REQUEST_SHAPES.map((shape) => landings(candidates(configAt(hikes), shape))[0]?.chosen.target.name ?? 'none')
    expect(new Set(landed({}))).toEqual(new Set(['kimi-k2.6']))
    // Doubled it is still the cheapest for every shape: its ceiling is waived, never a reason to pay more.
    expect(new Set(landed({ 'kimi-k2.6': 2 }))).toEqual(new Set(['kimi-k2.6']))
    // Ten times as dear it is over its ceiling wherever little comes from the cache, and gpt-5.4 is cheaper there.
    const landedAtTen = landed({ 'kimi-k2.6': 10 })
    const over = overOf({ 'kimi-k2.6': 10 })
    for (const [index, shape] of REQUEST_SHAPES.entries()) expect([shape.name, landedAtTen[index]]).toEqual([shape.name, over.includes(`kimi-k2.6: ${shape.name}`) ? 'gpt-5.4' : 'kimi-k2.6'])
    expect(over).toHaveLength(6)
  })
})
