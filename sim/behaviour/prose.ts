// Free answers of a wanted length, for prompts that no probe grades: the content first, then sentences that fit anything.
import { tokensOf } from './tokens.ts'

const CLOSING = [
  'If something about your situation differs, tell me and I will adjust it.',
  'I kept it short on purpose; each point can be taken further.',
  'The order matters less than doing each step completely.',
  'Before relying on it, try it on a small example first.',
  'Where two options looked equal, I took the simpler one.',
  'The numbers above are rounded, which is enough for a decision of this size.',
  'One thing to watch is how this behaves once there is more of it.',
  'I left out the rare cases; say so if you need them covered.',
  'It helps to write down what you expected, so that a surprise is noticed.',
  'A second pair of eyes on the result is worth the five minutes.',
  'If time is short, the first part alone already gets you most of the way.',
  'Keep the original until you have checked the result.',
] as const

const NOTHING_KNOWN = [
  'Here is how I would approach it. Start from the result you need, list what stands between here and there, and take the smallest item first.',
  'Short version: yes, with care. Settle the requirement, pick the plainest option that meets it, and measure before changing anything else.',
  'There are a few ways to do this. The common one is to split the work into independent parts, finish one completely, and reuse its shape for the rest.',
  'It depends mostly on size. For small cases do it by hand; from a few dozen on, a script or a checklist pays for itself.',
] as const

/** An answer that fits any question, for prompts the sim does not know. `u` in [0, 1) picks one. */
export function genericAnswer(u: number): string {
  return NOTHING_KNOWN[Math.floor(u * NOTHING_KNOWN.length)] ?? NOTHING_KNOWN[0]
}

/** The text followed by as many general sentences as bring it to about `tokens` tokens; unchanged when it is longer already. */
export function lengthen(text: string, tokens: number, u: number): string {
  const start = Math.floor(u * CLOSING.length)
  let whole = text
  for (let i = 0; tokensOf(whole) < tokens; i += 1) {
    const sentence = CLOSING[(start + i) % CLOSING.length] ?? CLOSING[0]
    whole += `${i % 5 === 0 ? '\n\n' : ' '}${sentence}`
  }
  return whole
}
