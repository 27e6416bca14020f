// What simulated models say: configured rates realised, the same draw for the same key, lengths, limits, cache, reasoning.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answerTo, recogniser } from '../../sim/behaviour/answer.ts'
import { draw, labelAt, outcomes } from '../../sim/behaviour/labels.ts'
import { prefixCache } from '../../sim/behaviour/prefix-cache.ts'
import { firstTokens, pieces, tokensOf } from '../../sim/behaviour/tokens.ts'
import { ALL_MODELS, CLAUDE_OPUS_4_7, GPT_5_4, GPT_5_5, type ModelProfile } from '../../sim/profiles.ts'
import type { RunningSim } from '../../sim/server.ts'
import { promptOf, textOf } from '../../sim/traffic-prompt.ts'
import { ask, BANK, PROBES, start, TRAFFIC } from './fixture.ts'

const SEEDS = 4_000

function realised(profile: ModelProfile, probe: (typeof PROBES)[number]): Map<string, number> {
  const counts = new Map<string, number>()
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const label = labelAt(outcomes(profile, probe), draw({ seed: 1, model: profile.name, effort: undefined, question: probe.id, epoch: String(seed) }, 'label'))
    counts.set(label, (counts.get(label) ?? 0) + 1)
  }
  return counts
}

describe('labels', () => {
  it.each(ALL_MODELS.map((profile) => [profile.name, profile] as const))('of %s come at their configured rates over many seeds', (_name, profile) => {
    for (const probe of PROBES) {
      const counts = realised(profile, probe)
      for (const { label, share } of outcomes(profile, probe)) {
        // Five standard errors: one false alarm in a million draws of this check, and a rate off by .04 is seen.
        const bound = 5 * Math.sqrt((share * (1 - share)) / SEEDS) + 1 / SEEDS
        expect(Math.abs((counts.get(label) ?? 0) / SEEDS - share), `${probe.id} ${label}`).toBeLessThanOrEqual(bound)
      }
    }
  })

  it('sum to 1, and give the published accuracy, hallucination rate and index', () => {
    for (const profile of ALL_MODELS) {
      for (const probe of PROBES) expect(outcomes(profile, probe).reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
      for (const probe of PROBES) expect(Math.min(...outcomes(profile, probe).map(({ share }) => share))).toBeGreaterThanOrEqual(0)
    }
    const index = (profile: ModelProfile): number => {
      const share = Object.fromEntries(outcomes(profile, { kind: 'factual' }).map(({ label, share: s }) => [label, s]))
      expect((share['incorrect'] ?? 0) / (1 - (share['correct'] ?? 0))).toBeCloseTo(profile.hallucination.value, 12)
      return 100 * ((share['correct'] ?? 0) - (share['incorrect'] ?? 0))
    }
    expect(index(GPT_5_5)).toBeCloseTo(20, 0)
    expect(index(CLAUDE_OPUS_4_7)).toBeCloseTo(26.2, 1)
  })

  it('depend on seed, model, effort, probe and epoch, and on nothing else', () => {
    const key = { seed: 1, model: 'm', effort: undefined, question: 'q', epoch: '' }
    expect(draw(key, 'label')).toBe(draw({ ...key }, 'label'))
    const others = [{ ...key, seed: 2 }, { ...key, model: 'n' }, { ...key, effort: 'low' }, { ...key, question: 'r' }, { ...key, epoch: '1' }].map((other) => draw(other, 'label'))
    expect(new Set([...others, draw(key, 'label')]).size).toBe(6)
  })

  it('are independent between models: agreement is what the rates alone give', () => {
    const keys = Array.from({ length: SEEDS }, (_, seed) => String(seed))
    const u = (model: string) => keys.map((epoch) => draw({ seed: 1, model, effort: undefined, question: 'ns-a', epoch }, 'label'))
    const [a, b] = [u('gpt-5.4'), u('gpt-5.5')]
    const both = a.filter((value, i) => value < 0.5 && (b[i] ?? 1) < 0.5).length / SEEDS
    expect(Math.abs(both - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / SEEDS))
  })
})

describe('figures', () => {
  it('each name a source, and no assumption passes as published', () => {
    for (const profile of ALL_MODELS) {
      const figures = Object.values(profile).filter((member) => typeof member === 'object')
      expect(figures).toHaveLength(15)
      for (const figure of figures) {
        expect(figure.source.length).toBeGreaterThan(10)
        expect(figure.source.startsWith('assumption of this project')).toBe(figure.assumed)
      }
    }
  })
})

describe('lengths', () => {
  const free = (profile: ModelProfile, inputTokens: number): number => {
    const recognised = recogniser(PROBES, TRAFFIC)('something nobody scripted')
    const lengths = Array.from({ length: 200 }, (_, i) => tokensOf(answerTo(recognised, profile, BANK, { seed: 1, model: profile.name, effort: undefined, question: 'q', epoch: String(i) }, inputTokens).text))
    return lengths.reduce((sum, length) => sum + length, 0) / lengths.length
  }

  it('of gpt-5.5 against gpt-5.4 follow the published ratios by input size', () => {
    // Answers end after a sentence, so a mean of 120 tokens is a few tokens above the wanted length.
    const ratio = (inputTokens: number): number => free(GPT_5_5, inputTokens) / free(GPT_5_4, inputTokens)
    expect(ratio(500)).toBeCloseTo(1, 1)
    expect(ratio(5_000)).toBeGreaterThan(1.4)
    expect(ratio(5_000)).toBeLessThan(1.6)
    expect(ratio(50_000)).toBeGreaterThan(0.72)
    expect(ratio(50_000)).toBeLessThan(0.9)
    expect(ratio(200_000)).toBeLessThan(0.8)
  })

  it('of probe answers are those of the bank, so that graders read nothing else', () => {
    const recognised = recogniser(PROBES, TRAFFIC)(' How many knots of torque does a lease have?\n')
    for (const profile of ALL_MODELS) {
      const answer = answerTo(recognised, profile, BANK, { seed: 1, model: profile.name, effort: undefined, question: 'ns-a', epoch: '' }, 20_000)
      expect(BANK.get('ns-a')?.answers?.[answer.label ?? '']).toContain(answer.text)
    }
  })

  it('never cut a surrogate pair, and pieces join to the text', () => {
    expect(firstTokens('abc🌉def', 1)).toBe('abc')
    expect(firstTokens('short', 100)).toBe('short')
    for (const text of ['', ' a', 'one two\n\n  three ', 'x'.repeat(100), '🌉 bridge 🌉', '\n\n']) expect(pieces(text).join('')).toBe(text)
  })
})

describe('the prefix cache', () => {
  const instructions = 'a rule that never changes. '.repeat(300)

  it('finds a long beginning seen by the same model, in blocks of 128 tokens, and forgets it after ten minutes', () => {
    const cache = prefixCache()
    expect(cache.read('m', `${instructions}first`, 0)).toBe(0)
    const found = cache.read('m', `${instructions}second`, 1_000)
    expect(found).toBe(Math.floor(instructions.length / 512) * 128)
    expect(cache.read('n', `${instructions}third`, 1_000)).toBe(0)
    expect(cache.read('m', `another start ${instructions}`, 1_000)).toBe(0)
    expect(cache.read('m', `${instructions}fourth`, 1_000 + 600_001)).toBe(0)
  })

  it('ignores beginnings below 1,024 tokens', () => {
    const cache = prefixCache()
    const short = 'x'.repeat(1_020 * 4)
    cache.read('m', short, 0)
    expect(cache.read('m', short, 0)).toBe(0)
  })
})

describe('a padded prompt', () => {
  it('has about the wanted size, is the same each time, and is recognised by its question', () => {
    const row = TRAFFIC.find(({ pad_tokens }) => pad_tokens !== undefined)
    if (row === undefined) throw new Error('the fixture has no padded row')
    expect(tokensOf(textOf(row))).toBeGreaterThan(2_900)
    expect(tokensOf(textOf(row))).toBeLessThan(3_100)
    expect(textOf(row)).toBe(textOf(row))
    expect(promptOf(textOf(row))).toBe(row.prompt)
    expect(recogniser(PROBES, TRAFFIC)(textOf(row))).toMatchObject({ kind: 'traffic', row: { id: row.id } })
  })
})

describe('over HTTP', () => {
  let sim: RunningSim
  beforeAll(async () => {
    sim = await start()
  })
  afterAll(() => sim.close())

  type Completion = { id: string; choices: { message: { content: string }; finish_reason: string }[]; usage: { prompt_tokens: number; completion_tokens: number; prompt_tokens_details: { cached_tokens: number }; completion_tokens_details: { reasoning_tokens: number } } }
  const completion = async (asking: Parameters<typeof ask>[1]) => (await (await ask(sim, asking)).body.json()) as Completion

  it('stops at max_tokens with finish_reason length, and counts what it said', async () => {
    const cut = await completion({ question: 'anything', extra: { max_tokens: 5 } })
    expect(cut.choices[0]?.finish_reason).toBe('length')
    expect(cut.usage.completion_tokens).toBe(5)
    expect(cut.choices[0]?.message.content.length).toBeLessThanOrEqual(20)
  })

  it('spends reasoning tokens inside completion tokens when an effort is asked for, all of them when the limit is small', async () => {
    const low = (await completion({ extra: { reasoning_effort: 'low' } })).usage
    expect(low.completion_tokens_details.reasoning_tokens).toBeGreaterThan(50)
    expect(low.completion_tokens).toBeGreaterThan(low.completion_tokens_details.reasoning_tokens)
    const none = await completion({ extra: { reasoning_effort: 'high', max_completion_tokens: 16 } })
    expect(none).toMatchObject({ choices: [{ message: { content: '' }, finish_reason: 'length' }], usage: { completion_tokens: 16 } })
  })

  it('states cached tokens the second time a long prompt comes', async () => {
    const question = 'remember this. '.repeat(400)
    expect((await completion({ question })).usage.prompt_tokens_details.cached_tokens).toBe(0)
    expect((await completion({ question })).usage.prompt_tokens_details.cached_tokens).toBeGreaterThanOrEqual(1_024)
  })

  it('gives two sims with one seed the same answers and labels, and another seed others', async () => {
    const [twin, stranger] = [await start(), await start({ seed: 2 })]
    const told = async (one: RunningSim) => {
      const texts: string[] = []
      for (let seed = 0; seed < 12; seed += 1) {
        for (const { question } of PROBES) texts.push(((await (await ask(one, { question, extra: { seed } })).body.json()) as Completion).choices[0]?.message.content ?? '')
      }
      return texts
    }
    try {
      const first = await told(twin)
      expect(await told(sim)).toEqual(first)
      expect(await told(stranger)).not.toEqual(first)
      expect(twin.control.truth().map(({ label }) => label)).toEqual(sim.control.truth().filter(({ seed }) => seed !== undefined).map(({ label }) => label))
    } finally {
      await Promise.all([twin.close(), stranger.close()])
    }
  })

  it('takes the time its profile says, scaled', async () => {
    const slow = await start({ timeScale: 0.2 })
    try {
      const started = performance.now()
      await (await ask(slow, { model: 'claude-opus-4.7', question: 'anything' })).body.text()
      // 900 ms median to the first token with σ .35: a fifth of it is never below 30 ms.
      expect(performance.now() - started).toBeGreaterThan(30)
    } finally {
      await slow.close()
    }
  })
})
