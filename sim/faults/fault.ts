// What a fault is and the cuts that several make: an exchange's steps up to its first output, to its half, or without a part.
// Wire formats come in through the surface, so a fault works for all of them. Pure.
import { lastMs, planError, type Step } from '../plan.ts'
import type { Asked, Part, Said, SimError, SimErrorKind, Surface } from '../surfaces/surface.ts'

/** What a fault has at hand. `answer` plans any variant of the answer; `param` gives the entry's numbers, overridden by the caller. */
export type FaultContext = {
  readonly surface: Surface
  readonly asked: Asked
  readonly said: Said
  readonly answer: (said: Said) => readonly Step[]
  readonly timeScale: number
  /** Wall time, for headers that name a date. */
  readonly nowMs: number
  readonly param: (name: string) => number
}

export type Fault = {
  /** One line for people. */
  readonly about: string
  /** Whether the client still gets the whole text. */
  readonly delivers: boolean
  /** Its numbers with their defaults. Times are real milliseconds, never scaled: they are there to meet deadlines. */
  readonly params?: Readonly<Record<string, number>>
  readonly steps: (context: FaultContext) => readonly Step[]
}

/** An error in the wire's own words. */
export function refusal(kind: SimErrorKind, more: Omit<SimError, 'kind'> = {}) {
  return ({ surface, asked, timeScale }: FaultContext): Step[] => planError(surface, { kind, ...more }, asked.model, timeScale)
}

/** A client that gets bytes and the end of their connection in one read may drop the bytes; they should be seen. */
export const CUT_AFTER_MS = 10

/** The steps, and the connection closed a little after them. */
export function cutAfter(steps: readonly Step[]): Step[] {
  return [...steps, { kind: 'cut', atMs: lastMs(steps) + CUT_AFTER_MS }]
}

/** The steps, and a clean end of the body. */
export function endAfter(steps: readonly Step[]): Step[] {
  return [...unsized(steps), { kind: 'end', atMs: lastMs(steps) }]
}

/** Whether a step is bytes of one of these parts. */
export function isPart(step: Step, ...parts: readonly (Part | 'whole')[]): boolean {
  return step.kind === 'bytes' && parts.includes(step.part)
}

/** The head alone. */
export function headOf(steps: readonly Step[]): Step[] {
  return steps.filter((step) => step.kind === 'head')
}

/** The steps up to the first output (exclusive). */
export function beforeOutput(steps: readonly Step[]): Step[] {
  const end = steps.findIndex((step) => isPart(step, 'output', 'whole', 'finish', 'end') || step.kind === 'end')
  return steps.slice(0, end === -1 ? steps.length : end)
}

/** The steps up to about half of the output; a whole body is cut in its middle. */
export function half(steps: readonly Step[]): Step[] {
  const outputs = steps.filter((step) => isPart(step, 'output')).length
  const kept: Step[] = []
  let seen = 0
  for (const step of steps) {
    if (step.kind === 'bytes' && step.part === 'whole') {
      const bytes = Buffer.from(step.data)
      return [...kept, { ...step, data: bytes.subarray(0, Math.ceil(bytes.length / 2)) }]
    }
    if (isPart(step, 'output')) seen += 1
    if (step.kind === 'end' || isPart(step, 'finish', 'end') || seen > Math.max(1, Math.floor(outputs / 2))) break
    kept.push(step)
  }
  return kept
}

/** What follows `half`. */
export function otherHalf(steps: readonly Step[]): Step[] {
  return steps.slice(half(steps).length)
}

/** The steps without those parts; where a wire has none of them, without the parts of the next list. */
export function without(steps: readonly Step[], ...lists: readonly (readonly Part[])[]): Step[] {
  const parts = lists.find((list) => steps.some((step) => isPart(step, ...list))) ?? []
  return steps.filter((step) => !isPart(step, ...parts))
}

/** Without the length header, for bodies that will not be as long as promised. */
export function unsized(steps: readonly Step[]): Step[] {
  return withHeaders(steps, ({ 'content-length': _length, ...headers }) => headers)
}

/** The steps with other headers. */
export function withHeaders(steps: readonly Step[], change: (headers: Readonly<Record<string, string>>) => Record<string, string>): Step[] {
  return steps.map((step) => (step.kind === 'head' ? { ...step, headers: change(step.headers) } : step))
}

/** The whole body as one. */
export function bodyOf(steps: readonly Step[]): Buffer {
  return Buffer.concat(steps.flatMap((step) => (step.kind === 'bytes' ? [Buffer.from(step.data)] : [])))
}

/** Bytes of a stream put in after some steps, at their time. */
export function event(after: readonly Step[], part: Part, data: string | Uint8Array): Step {
  return { kind: 'bytes', atMs: lastMs(after), part, data }
}
