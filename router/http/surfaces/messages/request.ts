// A Messages body → the common form of a request. Pure; runs only where the provider speaks another wire.
import { modelRequest, type Message, type ModelRequest, type ResponseFormat, type ToolChoice, type ToolDefinition } from '../../../../core/model-request.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { booleanAt, fault, numberAt, requiredObject, requiredText } from '../faults.ts'
import { cacheMark } from '../media.ts'
import { Notes, sortMembers, type Fate } from '../notes.ts'
import { stopsOf, thinkingOf } from '../settings.ts'
import { readTurns } from './blocks.ts'

/**
 * Every member of MessageCreateParams (@anthropic-ai/sdk 1.12) with its fate. Where data is processed and what runs at the
 * provider (containers, MCP, compaction) has no equal elsewhere; speed and diagnostics do not change the answer.
 */
const FATES: Readonly<Record<string, Fate>> = {
  model: 'read', messages: 'read', metadata: 'read', output_config: 'read', output_format: 'read', service_tier: 'read', stop_sequences: 'read', stream: 'read', system: 'read',
  temperature: 'read', thinking: 'read', tool_choice: 'read', tools: 'read', top_k: 'read', top_p: 'read',
  // Nothing to generate: fills the provider's own cache.
  max_tokens: (value) => (value === 0 ? 'unmapped' : 'read'),
  // Marks the last block for the cache.
  cache_control: 'read',
  speed: (value) => (value === 'standard' ? 'read' : 'hint'),
  context_management: contextFate,
  diagnostics: 'hint', user_profile_id: 'hint', workspace_id: 'hint',
  container: 'unmapped', inference_geo: 'unmapped',
}

/**
 * Edits that clear thinking or tool uses (BetaClearThinking20251015Edit, BetaClearToolUses20250919Edit) save tokens: another
 * wire is given the whole conversation. Compaction (BetaCompact20260112Edit) answers with a block that only Anthropic reads.
 */
function contextFate(value: unknown): ReturnType<Extract<Fate, (value: unknown) => unknown>> {
  if (!isObject(value) || Object.keys(value).some((member) => member !== 'edits')) return 'unmapped'
  const edits = value['edits'] ?? []
  if (!Array.isArray(edits) || !edits.every((edit: unknown) => textAt(edit, 'type')?.startsWith('clear_') === true)) return 'unmapped'
  return edits.length === 0 ? 'read' : 'hint'
}

const OUTPUT_CONFIG: Readonly<Record<string, Fate>> = { effort: 'read', format: 'read' }

const TOOL: Readonly<Record<string, Fate>> = {
  type: 'read', name: 'read', description: 'read', input_schema: 'read', strict: 'read', cache_control: 'read',
  eager_input_streaming: 'hint', input_examples: 'hint',
  allowed_callers: (value) => (Array.isArray(value) && value.every((caller) => caller === 'direct') ? 'read' : 'unmapped'),
  defer_loading: (value) => (value === true ? 'unmapped' : 'read'),
}

/** Throws `bad_request` naming a member that cannot be understood. */
export function messagesToRequest(body: JsonObject): ModelRequest {
  const notes = new Notes()
  sortMembers(body, FATES, notes)
  const config = objectAt(body, 'output_config') ?? {}
  sortMembers(config, OUTPUT_CONFIG, notes, 'output_config.')
  const choice = objectAt(body, 'tool_choice')
  const tier = textAt(body, 'service_tier')
  return modelRequest({
    messages: cachedToTheEnd(readTurns(body, notes), body),
    tools: readTools(listAt(body, 'tools'), notes),
    toolChoice: choice === undefined ? undefined : toolChoice(choice),
    parallelToolCalls: choice?.['disable_parallel_tool_use'] === true ? false : undefined,
    maxOutputTokens: numberAt(body, 'max_tokens'),
    temperature: numberAt(body, 'temperature'),
    topP: numberAt(body, 'top_p'),
    topK: numberAt(body, 'top_k'),
    stop: stopsOf(body['stop_sequences'], 'stop_sequences'),
    effort: textAt(config, 'effort'),
    thinking: thinking(body, notes),
    format: format(objectAt(config, 'format') ?? objectAt(body, 'output_format'), notes),
    // Anthropic's word for it in the common one.
    serviceTier: tier === 'standard_only' ? 'default' : tier,
    userId: textAt(body['metadata'], 'user_id'),
    hints: notes.hints,
    unmapped: notes.unmapped,
  })
}

/** The body's own `cache_control` marks its last block. */
function cachedToTheEnd(messages: readonly Message[], body: JsonObject): readonly Message[] {
  const cache = cacheMark(body)
  const last = messages.at(-1)
  const part = last?.parts.at(-1)
  if (cache === undefined || last === undefined || part === undefined) return messages
  if (part.kind !== 'text' && part.kind !== 'image' && part.kind !== 'file' && part.kind !== 'tool_result' && part.kind !== 'tool_call') return messages
  return [...messages.slice(0, -1), { ...last, parts: [...last.parts.slice(0, -1), { ...part, cache: part.cache ?? cache }] }]
}

function thinking(body: JsonObject, notes: Notes): ModelRequest['thinking'] {
  const given = objectAt(body, 'thinking')
  if (given === undefined) return undefined
  // A rhythm of thinking that no other API can be asked for.
  if (given['type'] === 'between_tools') {
    notes.cannot('thinking (between_tools)')
    return undefined
  }
  return thinkingOf(given, 'thinking')
}

function readTools(list: readonly unknown[], notes: Notes): ToolDefinition[] {
  return list.flatMap((entry, index) => {
    const at = `tools.${index}`
    const tool = requiredObject(entry, at)
    const type = tool['type'] ?? 'custom'
    if (type !== 'custom') {
      // Tools that Anthropic runs, or whose schema only its models know.
      notes.cannot(`${at} (${requiredText(type, `${at}.type`)})`)
      return []
    }
    sortMembers(tool, TOOL, notes, `${at}.`)
    const description = textAt(tool, 'description')
    const strict = booleanAt(tool, 'strict')
    const cache = cacheMark(tool)
    return [
      {
        name: requiredText(tool['name'], `${at}.name`),
        ...(description === undefined ? {} : { description }),
        schema: requiredObject(tool['input_schema'], `${at}.input_schema`),
        ...(strict === undefined ? {} : { strict }),
        ...(cache === undefined ? {} : { cache }),
      },
    ]
  })
}

function toolChoice(choice: JsonObject): ToolChoice {
  switch (choice['type']) {
    case 'auto':
    case 'none':
      return { kind: choice['type'] }
    case 'any':
      return { kind: 'required' }
    case 'tool':
      return { kind: 'tool', name: requiredText(choice['name'], 'tool_choice.name') }
    default:
      throw fault('tool_choice.type', 'must be auto, any, tool or none')
  }
}

/** The schema has no name there; other APIs want one. Anthropic's is always enforced. */
function format(value: JsonObject | undefined, notes: Notes): ResponseFormat | undefined {
  if (value === undefined) return undefined
  if (value['type'] === 'json_schema') {
    if (!isObject(value['schema'])) throw fault('output_config.format.schema', 'must be an object')
    return { kind: 'json_schema', name: 'answer', schema: value['schema'], strict: true }
  }
  notes.cannot(`output_config.format (${textAt(value, 'type') ?? 'no type'})`)
  return undefined
}
