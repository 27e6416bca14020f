// What a request of another wire would lose on the way to Anthropic: one row a member, with the reason it is refused or left
// out. Members have Chat Completions' names. Pure; build.ts renders the rest by the same rules.
import type { MediaSource, ModelRequest, RequestPart } from '../../../core/model-request.ts'
import type { Loss } from '../adapter.ts'
import { strictLimits } from '../json-schema/strict-subset.ts'
import { instructsWith } from '../turns.ts'
import { IMAGE_TYPES, TEXT_TYPES } from './messages.ts'
import type { ModelRules } from './models.ts'
import { forcesTool, strictFits, TOOL_NAME } from './tools.ts'

type Row = { readonly member: string; readonly verdict: 'refused' | 'dropped'; readonly applies: (request: ModelRequest, rules: ModelRules) => boolean }

const ROWS: readonly Row[] = [
  // The API has no such member, and the client would get an answer without what it reads.
  { member: 'logprobs', verdict: 'refused', applies: (r) => r.logprobs !== undefined },
  // One answer a request; asking n times would be n calls.
  { member: 'n', verdict: 'refused', applies: (r) => r.choices > 1 },
  // No such member; the words would come out distributed otherwise. 0 is the default and loses nothing.
  { member: 'presence_penalty', verdict: 'refused', applies: (r) => (r.presencePenalty ?? 0) !== 0 },
  { member: 'frequency_penalty', verdict: 'refused', applies: (r) => (r.frequencyPenalty ?? 0) !== 0 },
  // "stop_sequences: each stop sequence must contain non-whitespace": leaving "\n" out would let the answer run on.
  { member: 'stop', verdict: 'refused', applies: (r) => r.stop.some((text) => text.trim() === '') },
  // Images, PDF and text only, and instructions are text.
  { member: 'messages.content.input_audio', verdict: 'refused', applies: (r) => someSent(r, (part) => part.kind === 'audio') },
  { member: 'messages.content.image_url', verdict: 'refused', applies: (r) => instructsWith(r.messages, 'image') || someSent(r, (part) => part.kind === 'image' && !sendableImage(part.source)) },
  { member: 'messages.content.file', verdict: 'refused', applies: (r) => instructsWith(r.messages, 'file') || someSent(r, (part) => part.kind === 'file' && !sendableFile(part.source)) },
  // A name outside the wire's letters would come back as another name.
  { member: 'tools.function.name', verdict: 'refused', applies: (r) => r.tools.some((tool) => !TOOL_NAME.test(tool.name)) },
  // "tool_choice forces tool use" is a 400 there; with `auto` the model might answer in words.
  { member: 'tool_choice', verdict: 'refused', applies: (r, rules) => forcesTool(r) && !rules.forcedTools },
  // Before 4.1 there is no constrained output, and a recursive, open or very wide schema is refused or comes back as {}.
  { member: 'response_format', verdict: 'refused', applies: (r, rules) => r.format?.kind === 'json_schema' && (!rules.structured || strictLimits(r.format.schema) !== undefined) },
  // No JSON mode without a schema: an instruction takes its place, which binds less.
  { member: 'response_format', verdict: 'dropped', applies: (r) => r.format?.kind === 'json_object' },
  // The tool itself stays; only the guarantee goes.
  { member: 'tools.function.strict', verdict: 'dropped', applies: (r, rules) => r.tools.some((tool) => tool.strict === true && !strictFits(tool, rules)) },
  // Best effort everywhere.
  { member: 'seed', verdict: 'dropped', applies: (r) => r.seed !== undefined },
  // No member steers the length but max_tokens.
  { member: 'verbosity', verdict: 'dropped', applies: (r) => r.verbosity !== undefined && r.verbosity !== 'medium' },
  // Turns have a role and no name.
  { member: 'messages.name', verdict: 'dropped', applies: (r) => r.messages.some((message) => message.name !== undefined && message.role !== 'tool') },
  // Images are scaled by the provider's own rule.
  { member: 'messages.content.image_url.detail', verdict: 'dropped', applies: (r) => someSent(r, (part) => part.kind === 'image' && part.detail !== undefined && part.detail !== 'auto') },
]

/** The rows that apply. What the settings leave out (thinking, sampling, tier) is added by the adapter from settings.ts. */
export function fixedLoss(request: ModelRequest, rules: ModelRules): Loss {
  const found = ROWS.filter((row) => row.applies(request, rules))
  return { refused: found.filter((row) => row.verdict === 'refused').map((row) => row.member), dropped: found.filter((row) => row.verdict === 'dropped').map((row) => row.member) }
}

function someSent(request: ModelRequest, test: (part: RequestPart) => boolean): boolean {
  return request.messages.some((message) => message.parts.some((part) => test(part) || (part.kind === 'tool_result' && part.parts.some(test))))
}

function sendableImage(source: MediaSource): boolean {
  return source.kind === 'data' ? IMAGE_TYPES.has(source.mediaType) : sendableElsewhere(source)
}

function sendableFile(source: MediaSource): boolean {
  return source.kind === 'data' ? source.mediaType === 'application/pdf' || TEXT_TYPES.test(source.mediaType) : sendableElsewhere(source)
}

/** The provider fetches addresses itself; a file at another provider is out of its reach. */
function sendableElsewhere(source: MediaSource): boolean {
  return source.kind === 'url' || (source.kind === 'provider_file' && source.wire === 'anthropic-messages')
}
