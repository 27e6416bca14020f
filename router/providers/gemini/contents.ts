// A conversation in the common form → `systemInstruction` and `contents` of a generateContent request: roles user and model, calls
// with their signatures, responses under their function's name. Pure; settings and tools are written elsewhere.
import type { AudioPart, FilePart, ImagePart, MediaSource, Message, RequestPart, ToolResultPart } from '../../../core/model-request.ts'
import type { JsonObject } from '../json.ts'
import { argumentsObject, isSystem, ownSeal, plainText, splitSystem, systemReminder } from '../turns.ts'
import type { GeminiRules } from './models.ts'

type Part = JsonObject
type Content = { readonly role: 'user' | 'model'; readonly parts: Part[]; /** Function responses keep to themselves: their number must equal the calls'. */ readonly answers: boolean }

const WIRE = 'gemini'
/**
 * What Google documents for a call whose signature is not at hand (made by another provider, or lost by the client): without it
 * these models answer 400.
 */
const NO_SIGNATURE = 'skip_thought_signature_validator'
/** A request must ask something. */
const NOTHING_ASKED = '(No message was sent.)'

/** `instruction`: the system prompt, where the model takes one apart from the conversation. */
export type Conversation = { readonly systemInstruction: JsonObject | undefined; readonly contents: readonly JsonObject[] }

export function conversation(messages: readonly Message[], rules: GeminiRules): Conversation {
  const { system, rest } = splitSystem(messages)
  const instructions = system.map((message) => plainText(message.parts)).filter((text) => text.trim() !== '')
  const contents = contentsOf(rest, rules)
  const asked = contents.length > 0
  const apart = rules.systemInstruction && asked
  // Gemma has no system prompt: it opens the first turn. A request of instructions alone asks them.
  if (!apart && instructions.length > 0) {
    const parts = instructions.map((text) => ({ text }))
    if (contents[0]?.role === 'user' && !contents[0].answers) contents[0].parts.unshift(...parts)
    else contents.unshift({ role: 'user', parts, answers: false })
  }
  if (contents.length === 0) contents.push({ role: 'user', parts: [{ text: NOTHING_ASKED }], answers: false })
  return {
    systemInstruction: apart && instructions.length > 0 ? { parts: instructions.map((text) => ({ text })) } : undefined,
    contents: contents.map(({ role, parts }) => ({ role, parts })),
  }
}

function contentsOf(messages: readonly Message[], rules: GeminiRules): Content[] {
  // By the calls so far: some providers give the same ids in every turn.
  const names = new Map<string, string>()
  const contents: Content[] = []
  // What stands beside results waits for the last of them: the responses of one turn must be as many as its calls.
  const beside: Part[] = []
  const settle = (): void => push(contents, 'user', beside.splice(0), false)
  for (const message of messages) {
    if (message.role !== 'tool') settle()
    if (isSystem(message)) {
      const text = plainText(message.parts)
      if (text.trim() !== '') push(contents, 'user', [{ text: systemReminder(text) }], false)
      continue
    }
    for (const part of message.parts) if (part.kind === 'tool_call') names.set(part.id, part.name)
    const results = message.parts.filter((part) => part.kind === 'tool_result')
    if (results.length > 0) {
      const answers = results.map((result) => functionResponse(result, names, rules))
      push(contents, 'user', answers.map((answer) => answer.part), true)
      beside.push(...answers.flatMap((answer) => answer.beside))
    }
    const parts = message.role === 'assistant' ? modelParts(message.parts, rules) : message.parts.flatMap((part) => userPart(part))
    push(contents, message.role === 'assistant' ? 'model' : 'user', parts, false)
  }
  settle()
  return contents
}

function push(contents: Content[], role: Content['role'], parts: readonly Part[], answers: boolean): void {
  if (parts.length === 0) return
  const last = contents.at(-1)
  if (last?.role === role && last.answers === answers) last.parts.push(...parts)
  else contents.push({ role, parts: [...parts], answers })
}

function userPart(part: RequestPart): readonly Part[] {
  if (part.kind === 'text' || part.kind === 'refusal') return part.text === '' ? [] : [{ text: part.text }]
  return part.kind === 'image' || part.kind === 'file' || part.kind === 'audio' ? [mediaPart(part)] : []
}

function modelParts(parts: readonly RequestPart[], rules: GeminiRules): readonly Part[] {
  let signed = false
  return parts.flatMap((part): readonly Part[] => {
    if (part.kind === 'tool_call') {
      // One signature stands for all calls of a turn; it is on the first.
      const own = ownSeal(part.seal, WIRE)
      const signature = own ?? (rules.signedCalls && !signed ? NO_SIGNATURE : undefined)
      signed = true
      return [{ functionCall: { id: part.id, name: part.name, args: argumentsObject(part.argumentsJson) }, ...(signature === undefined ? {} : { thoughtSignature: signature }) }]
    }
    if (part.kind === 'reasoning') {
      const own = ownSeal(part.seal, WIRE)
      return own === undefined || part.text === '' ? [] : [{ text: part.text, thought: true, thoughtSignature: own }]
    }
    return userPart(part)
  })
}

/** A result: text under `output` or `error`, as the API documents it; media inside where the model takes that, else beside it. */
function functionResponse(result: ToolResultPart, names: ReadonlyMap<string, string>, rules: GeminiRules): { readonly part: Part; readonly beside: readonly Part[] } {
  const media = result.parts.filter((part) => part.kind !== 'text')
  const inside = rules.mediaInResponses ? media.filter((part) => part.source.kind === 'data') : []
  const beside = media.filter((part) => !inside.includes(part))
  const text = plainText(result.parts)
  const name = names.get(result.callId) ?? 'unknown_function'
  return {
    part: {
      functionResponse: {
        id: result.callId,
        name,
        response: result.isError ? { error: text } : { output: text },
        ...(inside.length === 0 ? {} : { parts: inside.map((part) => mediaPart(part)) }),
      },
    },
    beside: beside.length === 0 ? [] : [{ text: `The function ${name} also returned:` }, ...beside.map((part) => mediaPart(part))],
  }
}

function mediaPart(part: ImagePart | FilePart | AudioPart): Part {
  if (part.kind === 'audio') return { inlineData: { mimeType: AUDIO_TYPES.get(part.format) ?? `audio/${part.format}`, data: part.base64 } }
  const { source } = part
  if (source.kind === 'data') return { inlineData: { mimeType: source.mediaType, data: source.base64 } }
  const fileUri = source.kind === 'url' ? source.url : source.id
  const mimeType = typeByName(part.kind === 'file' ? (part.name ?? fileUri) : fileUri) ?? (source.kind === 'url' ? (part.kind === 'image' ? 'image/jpeg' : 'application/pdf') : undefined)
  return { fileData: { fileUri, ...(mimeType === undefined ? {} : { mimeType }) } }
}

/** OpenAI's names of audio formats; others are called as they are. */
const AUDIO_TYPES: ReadonlyMap<string, string> = new Map([['mp3', 'audio/mp3']])
/** `mimeType` is required with an address (SDK: FileData), which only its name can tell. */
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  heic: 'image/heic',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  csv: 'text/csv',
  json: 'application/json',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  mp4: 'video/mp4',
}

function typeByName(name: string): string | undefined {
  const ending = /\.([A-Za-z0-9]{2,4})(?:[?#].*)?$/.exec(name)?.[1]?.toLowerCase()
  return ending !== undefined && Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined
}

/** Whether a media source can be sent: the provider fetches addresses itself (newer models), other providers' files are out of reach. */
export function sendable(source: MediaSource, rules: GeminiRules): boolean {
  if (source.kind === 'data') return true
  return source.kind === 'url' ? rules.webFiles || /^(gs:|https:\/\/(generativelanguage\.googleapis\.com|www\.youtube\.com|youtu\.be)\/)/.test(source.url) : source.wire === WIRE
}
