// The body of a call, as a surface has checked it → what the task rules may look at. Reads only what it needs: the last text the
// user wrote, from the end; the system prompt only when some rule asks for it. Pure; a body of any shape is read without a throw.
import { isObject, textAt, type JsonObject } from '../../providers/json.ts'
import type { RuleSurface } from '../../../core/task-rules.ts'
import { HEAD_UNITS, systemPromptHash, TAIL_UNITS, type TaskInput } from './task-input.ts'

/** What a surface and the call's headers have already told. `native` and the others as in SurfaceRequest. */
export type ReadCall = {
  readonly surface: RuleSurface
  readonly native: JsonObject
  readonly schema: unknown
  readonly inputTokens: number
  readonly needs: ReadonlySet<string>
  readonly keyId: string | undefined
  readonly tags: readonly string[]
}

/** Messages looked back over for something the user wrote; between are tool calls and their results. */
const MOST_BACK = 64
// Texts that coding clients put beside what the user wrote, as parts of the same message.
const NOT_THE_USER = ['<system-reminder>', '<environment_details>', '<environment_context>', '<user_info>']

/** `withSystemPrompt`: CompiledRules.readsSystemPrompt; hashing costs about a millisecond per megabyte. */
export function readTaskInput(call: ReadCall, withSystemPrompt: boolean): TaskInput {
  const { native } = call
  const messages = messagesOf(call.surface, native)
  const ownSystem = call.surface === 'messages' ? native['system'] : call.surface === 'responses' ? native['instructions'] : undefined
  const system = withSystemPrompt ? systemText(ownSystem, messages) : ''
  return {
    text: lastUserText(messages),
    systemPromptHash: system === '' ? undefined : systemPromptHash(system),
    messages: messages.length + (ownSystem === undefined || ownSystem === null || ownSystem === '' ? 0 : 1),
    tools: lengthOf(native['tools']) + (call.surface === 'chat' ? lengthOf(native['functions']) : 0),
    schema: call.schema !== undefined,
    inputTokens: call.inputTokens,
    images: call.needs.has('images'),
    keyId: call.keyId,
    tags: call.tags,
    surface: call.surface,
  }
}

function messagesOf(surface: RuleSurface, native: JsonObject): readonly unknown[] {
  const given = native[surface === 'responses' ? 'input' : 'messages']
  if (Array.isArray(given)) return given
  return typeof given === 'string' ? [{ role: 'user', content: given }] : []
}

/** The text of the last message in which the user wrote something; '' when there is none within reach. */
function lastUserText(messages: readonly unknown[]): string {
  for (let back = 1; back <= Math.min(messages.length, MOST_BACK); back += 1) {
    const message = messages[messages.length - back]
    if (textAt(message, 'role') !== 'user') continue
    const text = endsOf(textsOf(message))
    if (text.trim() !== '') return text
  }
  return ''
}

/** The text parts of a message; those that a client wrote are left out where the user wrote too. */
function textsOf(message: unknown): string[] {
  const texts = partTexts(isObject(message) ? message['content'] : undefined)
  const users = texts.filter((text) => !NOT_THE_USER.some((opening) => text.startsWith(opening)))
  return users.length === 0 ? texts : users
}

function partTexts(content: unknown): string[] {
  if (typeof content === 'string') return [content]
  if (!Array.isArray(content)) return []
  return content.flatMap((part) => textAt(part, 'text') ?? [])
}

/** Head and tail of the texts as if they were one, each part on lines of its own, without joining what is between. */
function endsOf(texts: readonly string[]): string {
  const all = texts.reduce((sum, text) => sum + text.length + 1, 0)
  if (all <= HEAD_UNITS + TAIL_UNITS) return texts.join('\n')
  let head = ''
  for (const text of texts) {
    if (head.length >= HEAD_UNITS) break
    head += `${text.slice(0, HEAD_UNITS)}\n`
  }
  let tail = ''
  for (const text of texts.toReversed()) {
    if (tail.length >= TAIL_UNITS) break
    tail = `\n${text.slice(-TAIL_UNITS)}${tail}`
  }
  return `${head.slice(0, HEAD_UNITS)}\n${tail.slice(1 - TAIL_UNITS)}`
}

/** The surface's own system prompt, then the system and developer messages that open the conversation, an empty line between. */
function systemText(own: unknown, messages: readonly unknown[]): string {
  const texts = partTexts(own)
  for (const message of messages) {
    const role = textAt(message, 'role')
    if (role !== 'system' && role !== 'developer') break
    texts.push(...partTexts(isObject(message) ? message['content'] : undefined))
  }
  return texts.join('\n\n').trim()
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0
}
