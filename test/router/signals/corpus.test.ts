// The book against the labelled corpus: every kind of dialogue with every family of texts, hundreds of them at once, and calls
// that have nothing to do with each other. The rules were chosen on the `dev` half alone.
import { describe, expect, it } from 'vitest'
import { dialoguesOf, type Half } from './corpus/corpus.ts'
import { merged, play, score, type Score } from './corpus/play.ts'
import { unrelatedOf } from './corpus/unrelated.ts'

const HALVES: readonly Half[] = ['dev', 'test', 'check']
const SEEDS = [1, 2, 3]

function table(half: Half, seed: number, scores: readonly Score[]): string {
  return scores.map(({ label, expected, told, precision, recall }) => `${half} ${seed} ${label.padEnd(9)} expected ${expected}, told ${told}, precision ${precision?.toFixed(3)}, recall ${recall?.toFixed(3)}`).join('\n')
}

describe('signals on the labelled corpus', () => {
  it('has at least two hundred dialogues in the half that measures, and shares no family or style between halves', () => {
    expect(dialoguesOf('test').length).toBeGreaterThanOrEqual(200)
    for (const member of ['family', 'style'] as const) {
      const sets = HALVES.map((half) => new Set(dialoguesOf(half).map((dialogue) => dialogue[member])))
      expect(new Set(sets.flatMap((set) => [...set])).size).toBe(sets.reduce((sum, set) => sum + set.size, 0))
    }
  })

  it('is the same for the same seed and another for another', () => {
    expect(dialoguesOf('test', 7)).toEqual(dialoguesOf('test', 7))
    expect(dialoguesOf('test', 7).map(({ steps }) => steps)).not.toEqual(dialoguesOf('test', 8).map(({ steps }) => steps))
  })

  it.each(HALVES.flatMap((half) => SEEDS.map((seed) => [half, seed] as const)))('tells every kind with precision .95 and recall .9: %s, seed %i', (half, seed) => {
    const dialogues = dialoguesOf(half, seed)
    const scores = score(dialogues, play(merged(dialogues)).told)
    console.info(table(half, seed, scores))
    for (const { label, precision, recall } of scores) {
      expect(precision, `precision of ${label}`).toBeGreaterThanOrEqual(0.95)
      expect(recall, `recall of ${label}`).toBeGreaterThanOrEqual(0.9)
    }
  })

  it.each((['dev', 'test'] as const).flatMap((half) => SEEDS.map((seed) => [half, seed] as const)))('says next to nothing about 2,000 unrelated calls: %s, seed %i', (half, seed) => {
    const unrelated = unrelatedOf(half, 2_000, seed)
    const calls = unrelated.reduce((sum, { steps }) => sum + steps.filter(({ what }) => what === 'ask').length, 0)
    const { told } = play(merged(unrelated))
    console.info(`${half} ${seed}: ${told.length} signals about ${calls} unrelated calls`)
    expect(calls).toBeGreaterThanOrEqual(2_000)
    expect(told.length / calls).toBeLessThanOrEqual(0.005)
  })

  it('says the same of related calls when the unrelated ones run beside them', () => {
    const dialogues = dialoguesOf('test')
    const alone = play(merged(dialogues)).told.map(({ label, spanId }) => `${label} ${spanId}`)
    const beside = play(merged([...dialogues, ...unrelatedOf('test')])).told.map(({ label, spanId }) => `${label} ${spanId}`)
    expect(alone.filter((one) => !beside.includes(one)).length).toBeLessThanOrEqual(alone.length / 100)
  })

  it('names the earlier call, the later one, and how sure it is', () => {
    const dialogues = dialoguesOf('test')
    const { told } = play(merged(dialogues))
    const calls = new Map(dialogues.flatMap(({ steps }) => steps.map(({ call }) => [call.spanId, call] as const)))
    expect(told.length).toBeGreaterThan(300)
    for (const { signal } of told) {
      expect(calls.get(signal.about.spanId)?.traceId).toBe(signal.about.traceId)
      if (signal.kind === 'abandoned') expect(signal.by).toBeUndefined()
      else expect(calls.get(signal.by?.spanId ?? '')?.atMs).toBeGreaterThan(calls.get(signal.about.spanId)?.atMs ?? Infinity)
      expect(signal.confidence).toBeGreaterThanOrEqual(0.4)
      expect(signal.confidence).toBeLessThanOrEqual(1)
    }
    expect(new Set(told.map(({ signal }) => signal.id)).size).toBe(told.length)
  })

  it('tells small edits from large ones by their value', () => {
    const dialogues = dialoguesOf('test')
    const { told } = play(merged(dialogues))
    const valuesOf = (kind: string): readonly number[] => {
      const names = new Set(dialogues.filter((dialogue) => dialogue.kind === kind).map(({ name }) => name))
      return told.filter(({ label, spanId }) => label === 'edit' && names.has(spanId.split('#')[0] ?? '')).map(({ signal }) => signal.value ?? NaN)
    }
    const small = valuesOf('edit a little')
    const large = valuesOf('edit a lot')
    expect(small.length).toBeGreaterThan(5)
    expect(large.length).toBeGreaterThan(5)
    expect(Math.max(...small)).toBeLessThan(Math.min(...large))
  })
})
