// The corpus: every kind of dialogue with every family of its half, styles in turn, all out of one seed.
import { seededRandom } from '../../../../core/seams.ts'
import { Talk, type Dialogue } from './dialogue.ts'
import { KINDS } from './kinds.ts'
import { CHECK_STYLES, DEV_STYLES, TEST_STYLES } from './styles.ts'
import { CHECK_TOPICS } from './topics-check.ts'
import { DEV_TOPICS } from './topics-dev.ts'
import { TEST_TOPICS } from './topics-test.ts'

/** `dev`: the rules were chosen by it; `test`: only measures; `check`: written after the rules stood. */
export type Half = 'dev' | 'test' | 'check'

const HALVES = { dev: { topics: DEV_TOPICS, styles: DEV_STYLES }, test: { topics: TEST_TOPICS, styles: TEST_STYLES }, check: { topics: CHECK_TOPICS, styles: CHECK_STYLES } }

/** Monday, 2 November 2026, eight in the morning. */
export const CORPUS_START_MS = Date.UTC(2026, 10, 2, 8)
/** Dialogues begin within so long of each other, so that many are under way at once. */
const SPREAD_MS = 2 * 3_600_000

export function dialoguesOf(half: Half, seed: number | string = 1): readonly Dialogue[] {
  const { topics, styles } = HALVES[half]
  const random = seededRandom(`corpus ${half} ${seed}`)
  return Object.entries(KINDS).flatMap(([kind, steps], kindNumber) =>
    topics.flatMap((topic, topicNumber) => {
      const style = styles[(topicNumber + kindNumber) % styles.length]
      // What a provider keeps nobody edits.
      if (style === undefined || (style.stored && kind.startsWith('edit'))) return []
      const name = `${half}${kindNumber}.${topicNumber}`
      const talk = new Talk(name, style, topic, random, CORPUS_START_MS + random.next() * SPREAD_MS)
      steps(talk)
      return [{ name, kind, family: topic.family, style: style.name, steps: talk.steps, expected: talk.expected }]
    }),
  )
}
