// Plays dialogues into a book in the order of time, all of them side by side, and counts what it says against the labels.
import type { Clock } from '../../../../core/seams.ts'
import { createSignalBook, type BookCounts, type SignalBook } from '../../../../router/signals/signal-book.ts'
import type { Signal } from '../../../../router/signals/signal.ts'
import { LABELS, type Dialogue, type Label, type Step } from './dialogue.ts'

export type Told = { readonly label: Label; readonly spanId: string; readonly signal: Signal }

/** A clock that stands where a step is. */
export class ScriptedClock implements Clock {
  atMs = 0
  nowMs(): number {
    return this.atMs
  }
  monotonicMs(): number {
    return this.atMs
  }
}

export function labelOf(signal: Signal): Label {
  return signal.kind === 'accepted' && (signal.basis === 'tool_results' || signal.basis === 'moved_on') ? 'went_on' : signal.kind
}

/** What a book told of steps, and how it stood at the end. */
export function play(steps: readonly Step[], maxBytes = 64 * 1024 * 1024, made?: { readonly book: SignalBook; readonly clock: ScriptedClock }): { readonly told: readonly Told[]; readonly counts: BookCounts } {
  const clock = made?.clock ?? new ScriptedClock()
  const book = made?.book ?? createSignalBook({ maxBytes, clock, secret: 'a secret of the corpus' })
  const told: Told[] = []
  const tell = (signals: readonly Signal[]): void => {
    for (const signal of signals) told.push({ label: labelOf(signal), spanId: signal.about.spanId, signal })
  }
  for (const step of steps) {
    clock.atMs = step.atMs
    switch (step.what) {
      case 'ask':
        tell(book.asked(step.call))
        break
      case 'output':
        book.reading(step.call)?.text(step.text)
        break
      case 'answer':
        book.answered(step.call, { responseId: `resp ${step.call.spanId}`, text: step.text, toolCalls: Array.from({ length: step.tools }, () => ({ name: 'search', argumentsJson: '{}' })) }, step.ending)
        break
      case 'abandon':
        tell(book.abandoned(step.call))
        break
    }
  }
  return { told, counts: book.counts() }
}

/** All steps of several dialogues by time; what happens at one moment keeps its dialogue's order. */
export function merged(dialogues: readonly Pick<Dialogue, 'steps'>[]): readonly Step[] {
  return dialogues.flatMap(({ steps }) => steps).toSorted((a, b) => a.atMs - b.atMs)
}

export type Score = { readonly label: Label; readonly expected: number; readonly told: number; readonly right: number; readonly precision: number | undefined; readonly recall: number | undefined }

/** Per label: of what was told how much was right, of what was expected how much was told. */
export function score(dialogues: readonly Dialogue[], told: readonly Told[]): readonly Score[] {
  const wanted = new Set(dialogues.flatMap(({ expected }) => expected.map(({ label, spanId }) => `${label} ${spanId}`)))
  return LABELS.map((label) => {
    const expected = [...wanted].filter((name) => name.startsWith(`${label} `)).length
    const mine = told.filter((one) => one.label === label)
    const right = mine.filter(({ spanId }) => wanted.has(`${label} ${spanId}`)).length
    return { label, expected, told: mine.length, right, precision: mine.length === 0 ? undefined : right / mine.length, recall: expected === 0 ? undefined : right / expected }
  })
}
