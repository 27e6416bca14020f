// Captured text → what a probe can ask: the common form's messages as a system text and one question. Comes in: JSON of
// core/model-request.ts and model-answer.ts. Goes out: texts, or why this call cannot be a probe. Pure.
import { z } from 'zod'
import { jsonOf } from '../../core/json.ts'

const part = z.looseObject({ kind: z.string(), text: z.string().optional(), name: z.string().optional(), argumentsJson: z.string().optional() })
const request = z.looseObject({ messages: z.array(z.looseObject({ role: z.string(), parts: z.array(part) })).min(1) })
const answer = z.looseObject({ parts: z.array(part) })

export type Asked = { readonly system: string | undefined; readonly question: string; readonly turns: number }

/** The question of a captured prompt; a text says why there is none. */
export function readPrompt(body: string): Asked | string {
  const parsed = request.safeParse(jsonOf(body))
  if (!parsed.success) return 'its captured prompt cannot be read'
  const { messages } = parsed.data
  const media = messages.flatMap((message) => message.parts).find((one) => one.kind === 'image' || one.kind === 'file' || one.kind === 'audio')
  if (media !== undefined) return `it holds ${media.kind === 'image' ? 'an image' : `a ${media.kind}`}, which a probe cannot ask`
  const system = messages.filter((message) => message.role === 'system' || message.role === 'developer').map(textOf).filter((text) => text !== '').join('\n\n')
  const turns = messages.filter((message) => message.role !== 'system' && message.role !== 'developer')
  const last = turns.at(-1)
  if (last === undefined || last.role !== 'user') return 'it does not end with a user’s message'
  const question = turns.length === 1 ? textOf(last) : transcript(turns)
  if (question.trim() === '') return 'its question is empty'
  return { system: system === '' ? undefined : system, question, turns: turns.length }
}

/** The text of a captured answer; empty when it has none. */
export function readAnswer(body: string): string {
  const parsed = answer.safeParse(jsonOf(body))
  return parsed.success ? textOf(parsed.data) : ''
}

type Message = z.infer<typeof request>['messages'][number]

/** A conversation as one question: whoever answers sees what was said before. */
function transcript(turns: readonly Message[]): string {
  const said = turns.slice(0, -1).map((message) => `${message.role === 'user' ? 'User' : message.role === 'tool' ? 'Tool' : 'Assistant'}: ${textOf(message)}`)
  const last = turns.at(-1)
  return `The conversation so far:\n\n${said.join('\n\n')}\n\nAnswer the user's next message:\n\n${last === undefined ? '' : textOf(last)}`
}

function textOf({ parts }: { readonly parts: readonly z.infer<typeof part>[] }): string {
  return parts
    .flatMap((one) => {
      if (one.kind === 'text' || one.kind === 'refusal') return [one.text ?? '']
      if (one.kind === 'tool_call') return [`[calls ${one.name ?? ''}(${one.argumentsJson ?? ''})]`]
      return one.kind === 'tool_result' ? [toolText(one)] : []
    })
    .join('\n')
    .trim()
}

function toolText(one: z.infer<typeof part>): string {
  const inner = z.looseObject({ parts: z.array(part) }).safeParse(one)
  return inner.success ? `[tool result] ${textOf(inner.data)}` : '[tool result]'
}
