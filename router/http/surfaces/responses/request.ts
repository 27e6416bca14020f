// A Responses body → the common form of a request. Pure; runs only where the provider speaks another wire.
import { modelRequest, type ModelRequest, type ResponseFormat, type ToolChoice, type ToolDefinition } from '../../../../core/model-request.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { booleanAt, fault, numberAt, requiredObject, requiredText } from '../faults.ts'
import { cacheMark } from '../media.ts'
import { Notes, sortMembers, type Fate } from '../notes.ts'
import { readInput } from './items.ts'

const unlessEmpty: Fate = (value) => (Array.isArray(value) && value.length === 0 ? 'read' : 'unmapped')

/**
 * Every member of ResponseCreateParams (openai-node 7.57) with its fate. What is kept at the provider (stored answers,
 * conversations, prompts), runs there (background, compaction) or is judged there (moderation, access programs) has no equal
 * at another; what only helps its caches and its abuse desk is a hint.
 */
const FATES: Readonly<Record<string, Fate>> = {
  model: 'read', input: 'read', instructions: 'read', max_output_tokens: 'read', parallel_tool_calls: 'read', reasoning: 'read', service_tier: 'read', stream: 'read',
  temperature: 'read', text: 'read', tool_choice: 'read', tools: 'read', top_logprobs: 'read', top_p: 'read', user: 'read', safety_identifier: 'read',
  // Looked into below: only logprobs and encrypted reasoning are not about hosted tools, which are refused themselves.
  include: 'read',
  // Repeated in the answer, which is all the API does with it where nothing is stored.
  metadata: 'read',
  // Obfuscation is OpenAI's padding against observers of its own lines.
  stream_options: 'read',
  // Storing is the API's default and an answer translated is never stored: whoever said so is told.
  store: (value) => (value === true ? 'hint' : 'read'),
  background: (value) => (value === true ? 'unmapped' : 'read'),
  // Counts calls of hosted tools only.
  max_tool_calls: 'hint',
  // Drops old turns instead of failing; elsewhere a too long input fails, and fails over.
  truncation: (value) => (value === 'auto' ? 'hint' : 'read'),
  prompt_cache_key: 'hint', prompt_cache_retention: 'hint', prompt_cache_options: 'hint', image: 'hint',
  context_management: unlessEmpty,
  previous_response_id: 'unmapped', conversation: 'unmapped', prompt: 'unmapped', moderation: 'unmapped', access_programs: 'unmapped',
}

const REASONING: Readonly<Record<string, Fate>> = {
  effort: 'read', summary: 'read', generate_summary: 'read',
  context: 'hint',
  mode: (value) => (value === 'standard' ? 'read' : 'unmapped'),
}

const TOOL: Readonly<Record<string, Fate>> = {
  type: 'read', name: 'read', description: 'read', parameters: 'read', strict: 'read', cache_control: 'read',
  output_schema: 'hint',
  allowed_callers: (value) => (Array.isArray(value) && value.every((caller) => caller === 'direct') ? 'read' : 'unmapped'),
  defer_loading: (value) => (value === true ? 'unmapped' : 'read'),
  async: (value) => (value === true ? 'unmapped' : 'read'),
}

const TEXT: Readonly<Record<string, Fate>> = { format: 'read', verbosity: 'read' }

/** Throws `bad_request` naming a member that cannot be understood. */
export function responsesToRequest(body: JsonObject): ModelRequest {
  const notes = new Notes()
  sortMembers(body, FATES, notes)
  const reasoning = objectAt(body, 'reasoning') ?? {}
  const text = objectAt(body, 'text') ?? {}
  sortMembers(reasoning, REASONING, notes, 'reasoning.')
  sortMembers(text, TEXT, notes, 'text.')
  const messages = readInput(body, notes)
  const { choice, only } = toolChoice(body['tool_choice'], notes)
  const tools = readTools(listAt(body, 'tools'), notes)
  return modelRequest({
    messages,
    tools: only === undefined ? tools : tools.filter((tool) => only.has(tool.name)),
    toolChoice: choice,
    parallelToolCalls: booleanAt(body, 'parallel_tool_calls'),
    maxOutputTokens: numberAt(body, 'max_output_tokens'),
    temperature: numberAt(body, 'temperature'),
    topP: numberAt(body, 'top_p'),
    logprobs: logprobs(body),
    effort: textAt(reasoning, 'effort'),
    thinking: thinking(reasoning),
    format: format(objectAt(text, 'format'), notes),
    verbosity: textAt(text, 'verbosity'),
    serviceTier: textAt(body, 'service_tier'),
    userId: textAt(body, 'user') ?? textAt(body, 'safety_identifier'),
    hints: notes.hints,
    unmapped: notes.unmapped,
  })
}

function logprobs(body: JsonObject): ModelRequest['logprobs'] {
  const top = numberAt(body, 'top_logprobs')
  const isAsked = (top ?? 0) > 0 || listAt(body, 'include').includes('message.output_text.logprobs')
  return isAsked ? { top: top ?? 0 } : undefined
}

/** Who wants a summary wants the reasoning shown; how much of it there is says the effort. */
function thinking(reasoning: JsonObject): ModelRequest['thinking'] {
  const asksSummary = (reasoning['summary'] ?? reasoning['generate_summary']) != null
  return asksSummary && reasoning['effort'] !== 'none' ? { enabled: true, budgetTokens: undefined, show: true } : undefined
}

function readTools(list: readonly unknown[], notes: Notes): ToolDefinition[] {
  return list.flatMap((entry, index) => {
    const at = `tools.${index}`
    const tool = requiredObject(entry, at)
    if (tool['type'] !== 'function') {
      notes.cannot(`${at} (${requiredText(tool['type'], `${at}.type`)})`)
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
        schema: tool['parameters'] == null ? { type: 'object', properties: {} } : requiredObject(tool['parameters'], `${at}.parameters`),
        ...(strict === undefined ? {} : { strict }),
        ...(cache === undefined ? {} : { cache }),
      },
    ]
  })
}

type Chosen = { readonly choice: ToolChoice | undefined; readonly only: ReadonlySet<string> | undefined }

function toolChoice(value: unknown, notes: Notes): Chosen {
  if (value === undefined || value === null) return { choice: undefined, only: undefined }
  if (value === 'auto' || value === 'none' || value === 'required') return { choice: { kind: value }, only: undefined }
  if (!isObject(value)) throw fault('tool_choice', 'must be auto, none, required or an object that names a tool')
  if (value['type'] === 'function') return { choice: { kind: 'tool', name: requiredText(value['name'], 'tool_choice.name') }, only: undefined }
  if (value['type'] === 'allowed_tools') {
    const tools = listAt(value, 'tools')
    for (const [index, tool] of tools.entries()) if (objectType(tool) !== 'function') notes.cannot(`tool_choice.tools.${index} (${objectType(tool)})`)
    return { choice: { kind: value['mode'] === 'required' ? 'required' : 'auto' }, only: new Set(tools.flatMap((tool) => textAt(tool, 'name') ?? [])) }
  }
  notes.cannot(`tool_choice (${objectType(value)})`)
  return { choice: undefined, only: undefined }
}

function objectType(value: unknown): string {
  return textAt(value, 'type') ?? 'no type'
}

function format(value: JsonObject | undefined, notes: Notes): ResponseFormat | undefined {
  if (value === undefined || value['type'] === 'text') return undefined
  if (value['type'] === 'json_object') return { kind: 'json_object' }
  if (value['type'] === 'json_schema') {
    const description = textAt(value, 'description')
    return { kind: 'json_schema', name: requiredText(value['name'], 'text.format.name'), schema: requiredObject(value['schema'], 'text.format.schema'), strict: booleanAt(value, 'strict'), ...(description === undefined ? {} : { description }) }
  }
  notes.cannot(`text.format (${objectType(value)})`)
  return undefined
}
