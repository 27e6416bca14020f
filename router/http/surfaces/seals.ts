// Seals of other wires inside a surface's own members: a thought signature of Gemini must come back through an API that knows
// only Anthropic's or OpenAI's. The text names the wire, so that it is read back as that wire's, and so that a provider of the
// surface's own wire never sees it. Pure, both ways.
import { WIRES, type Seal } from '../../../core/model-request.ts'

/** What a sealed text of ours says. */
export type OurSeal = {
  /** `undefined`: reasoning that its maker did not seal; the text only marks it as not the surface's own. */
  readonly seal: Seal | undefined
  readonly redacted: boolean
  /** The tool call that the seal belongs to; `undefined`: the reasoning that carries it. */
  readonly callId: string | undefined
  /** Reasoning that the client did not want to see, but whose maker wants it back. */
  readonly hiddenText: string | undefined
}

const MARK = 'wb1.'
const FORM = /^wb1\.([a-z-]*)\.([rh]*)\.([^.]*)\./

/** A seal as text: `wb1.WIRE.KINDS.CALL.VALUE`; kinds are r (redacted) and h (the value is a JSON pair of hidden text and seal). */
export function writeSeal(seal: Seal | undefined, more: { readonly redacted?: boolean; readonly callId?: string; readonly hiddenText?: string } = {}): string {
  const call = encodeURIComponent(more.callId?.toWellFormed() ?? '').replaceAll('.', '%2E')
  const hides = more.hiddenText !== undefined && more.hiddenText !== ''
  const value = hides ? JSON.stringify([more.hiddenText, seal?.value ?? '']) : (seal?.value ?? '')
  return `${MARK}${seal?.wire ?? ''}.${more.redacted === true ? 'r' : ''}${hides ? 'h' : ''}.${call}.${value}`
}

/** What the text says when it is one of ours; `undefined`: it is the surface's own wire's. */
export function readSeal(text: string): OurSeal | undefined {
  const match = FORM.exec(text.slice(0, 512))
  if (match === null) return undefined
  const [head, wireName, kinds = '', call = ''] = match
  const wire = WIRES.find((known) => known === wireName)
  const rest = text.slice(head.length)
  const [hiddenText, value] = kinds.includes('h') ? hiddenPair(rest) : [undefined, rest]
  return { seal: wire === undefined || value === undefined ? undefined : { wire, value }, redacted: kinds.includes('r'), callId: decoded(call), hiddenText }
}

/** Both members `undefined` where the client changed the text. */
function hiddenPair(text: string): readonly [hiddenText: string | undefined, value: string | undefined] {
  try {
    const pair: unknown = JSON.parse(text)
    if (Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string') return [pair[0], pair[1]]
  } catch {
    // Falls through to a seal that says nothing.
  }
  return [undefined, undefined]
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Whether a text is one of ours, without reading it. */
export function isOurSeal(text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(MARK)
}
