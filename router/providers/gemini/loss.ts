// What a request of another wire would lose on the way to Gemini: one row a member, with the reason it is refused or left out.
// Members have Chat Completions' names. Pure; build.ts renders the rest by the same rules.
import type { ModelRequest, RequestPart } from '../../../core/model-request.ts'
import type { Loss } from '../adapter.ts'
import { instructsWith } from '../turns.ts'
import { sendable } from './contents.ts'
import type { GeminiRules } from './models.ts'

type Row = { readonly member: string; readonly verdict: 'refused' | 'dropped'; readonly applies: (request: ModelRequest, rules: GeminiRules) => boolean }

/** FunctionDeclaration.name (@google/genai 3.1). */
const FUNCTION_NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/
/** GenerationConfig.stopSequences: "up to 5 character sequences". */
const MAX_STOPS = 5
/** GenerationConfig.logprobs: 0 to 20. */
const MAX_LOGPROBS = 20

const ROWS: readonly Row[] = [
  // There is candidateCount, but an answer in the common form has one choice.
  { member: 'n', verdict: 'refused', applies: (r) => r.choices > 1 },
  { member: 'stop', verdict: 'refused', applies: (r) => r.stop.length > MAX_STOPS },
  { member: 'top_logprobs', verdict: 'refused', applies: (r) => (r.logprobs?.top ?? 0) > MAX_LOGPROBS },
  // "Penalty is not enabled for this model" (2.5, Gemma); elsewhere they are sent.
  { member: 'presence_penalty', verdict: 'refused', applies: (r, rules) => !rules.penalties && (r.presencePenalty ?? 0) !== 0 },
  { member: 'frequency_penalty', verdict: 'refused', applies: (r, rules) => !rules.penalties && (r.frequencyPenalty ?? 0) !== 0 },
  // Nothing keeps the model from several calls at once, and a client that forbids them cannot take them. One forced tool is called once in
  // practice (the AI SDK asks for objects that way, and forbids parallel calls as it does so): there the wish may be left out.
  { member: 'parallel_tool_calls', verdict: 'refused', applies: (r) => r.parallelToolCalls === false && r.tools.length > 0 && r.toolChoice?.kind !== 'none' && !forcesOneTool(r) },
  { member: 'parallel_tool_calls', verdict: 'dropped', applies: (r) => r.parallelToolCalls === false && forcesOneTool(r) },
  // A name outside the wire's letters would come back as another name.
  { member: 'tools.function.name', verdict: 'refused', applies: (r) => r.tools.some((tool) => !FUNCTION_NAME.test(tool.name)) },
  // "Function calling with a response mime type: 'application/json' is unsupported" before 3, and with forced calls from then on.
  { member: 'response_format', verdict: 'refused', applies: (r, rules) => r.format !== undefined && r.tools.length > 0 && (!rules.jsonWithTools || r.toolChoice?.kind === 'required' || r.toolChoice?.kind === 'tool') },
  // Instructions are text.
  { member: 'messages.content.input_audio', verdict: 'refused', applies: (r) => instructsWith(r.messages, 'audio') },
  { member: 'messages.content.image_url', verdict: 'refused', applies: (r, rules) => instructsWith(r.messages, 'image') || someSent(r, (part) => part.kind === 'image' && !sendable(part.source, rules)) },
  { member: 'messages.content.file', verdict: 'refused', applies: (r, rules) => instructsWith(r.messages, 'file') || someSent(r, (part) => part.kind === 'file' && !sendable(part.source, rules)) },
  // No member steers the length but maxOutputTokens.
  { member: 'verbosity', verdict: 'dropped', applies: (r) => r.verbosity !== undefined && r.verbosity !== 'medium' },
  // No member names the end user.
  { member: 'user', verdict: 'dropped', applies: (r) => r.userId !== undefined },
  // Turns have a role and no name.
  { member: 'messages.name', verdict: 'dropped', applies: (r) => r.messages.some((message) => message.name !== undefined && message.role !== 'tool') },
  // Media resolution is set for the request, not for one image.
  { member: 'messages.content.image_url.detail', verdict: 'dropped', applies: (r) => someSent(r, (part) => part.kind === 'image' && part.detail !== undefined && part.detail !== 'auto') },
]

/** The rows that apply. What the settings leave out (thinking, seed, tier) is added by the adapter from settings.ts. */
export function fixedLoss(request: ModelRequest, rules: GeminiRules): Loss {
  const found = ROWS.filter((row) => row.applies(request, rules))
  return { refused: found.filter((row) => row.verdict === 'refused').map((row) => row.member), dropped: found.filter((row) => row.verdict === 'dropped').map((row) => row.member) }
}

function someSent(request: ModelRequest, test: (part: RequestPart) => boolean): boolean {
  return request.messages.some((message) => message.parts.some((part) => test(part) || (part.kind === 'tool_result' && part.parts.some(test))))
}

function forcesOneTool(request: ModelRequest): boolean {
  return request.toolChoice?.kind === 'tool' || (request.toolChoice?.kind === 'required' && request.tools.length === 1)
}
