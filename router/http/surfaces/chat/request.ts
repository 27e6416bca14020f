// A Chat Completions body → the common form of a request. Pure; runs only where the provider speaks another wire.
import { modelRequest, type ModelRequest, type ResponseFormat, type ToolChoice, type ToolDefinition } from '../../../../core/model-request.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { booleanAt, fault, numberAt, requiredObject, requiredText } from '../faults.ts'
import { cacheMark } from '../media.ts'
import { Notes, sortMembers, type Fate } from '../notes.ts'
import { stopsOf, thinkingOf } from '../settings.ts'
import { readMessages } from './messages.ts'

const isEmpty = (value: unknown): boolean => (isObject(value) ? Object.keys(value).length === 0 : Array.isArray(value) && value.length === 0)

/**
 * Every member of ChatCompletionCreateParams (openai-node 7.57) and of the usual extensions, with its fate. `read`: the common
 * form holds it. A hint is one that changes where or how fast an answer is made, never what it is.
 */
const FATES: Readonly<Record<string, Fate>> = {
  messages: 'read', model: 'read', tools: 'read', functions: 'read', tool_choice: 'read', function_call: 'read', parallel_tool_calls: 'read',
  max_tokens: 'read', max_completion_tokens: 'read', temperature: 'read', top_p: 'read', stop: 'read', seed: 'read', presence_penalty: 'read', frequency_penalty: 'read',
  logprobs: 'read', top_logprobs: 'read', n: 'read', reasoning_effort: 'read', response_format: 'read', verbosity: 'read', service_tier: 'read', user: 'read', stream: 'read',
  // Obfuscation and usage chunks are written by this surface, not by the provider.
  stream_options: 'read',
  // Not OpenAI's, but common among providers of this wire: OpenRouter's reasoning, DeepSeek's and LiteLLM's thinking, vLLM's top_k.
  top_k: 'read', reasoning: 'read', thinking: 'read', include_reasoning: 'hint',
  safety_identifier: 'read',
  metadata: (value) => (isEmpty(value) ? 'read' : 'hint'),
  // Stored completions are for the provider's own pages; the answer is the same.
  store: (value) => (value === true ? 'hint' : 'read'),
  prompt_cache_key: 'hint', prompt_cache_retention: 'hint', prompt_cache_options: 'hint',
  // A guess of the output that makes it faster, never different.
  prediction: 'hint',
  logit_bias: (value) => (isEmpty(value) ? 'read' : 'unmapped'),
  modalities: (value) => (Array.isArray(value) && value.every((mode) => mode === 'text') ? 'read' : 'unmapped'),
  // Says how to speak; without the modality nothing is spoken.
  audio: 'hint',
  web_search_options: 'unmapped', moderation: 'unmapped',
}

/** Throws `bad_request` naming a member that cannot be understood. */
export function chatToRequest(body: JsonObject): ModelRequest {
  const notes = new Notes()
  sortMembers(body, FATES, notes)
  const messages = readMessages(listAt(body, 'messages'), notes)
  const choice = toolChoice(body, notes)
  const tools = [...readTools(listAt(body, 'tools'), notes), ...readFunctions(listAt(body, 'functions'))]
  return modelRequest({
    messages,
    tools: choice.only === undefined ? tools : tools.filter((tool) => choice.only?.has(tool.name)),
    toolChoice: choice.choice,
    parallelToolCalls: booleanAt(body, 'parallel_tool_calls'),
    maxOutputTokens: numberAt(body, 'max_completion_tokens') ?? numberAt(body, 'max_tokens'),
    temperature: numberAt(body, 'temperature'),
    topP: numberAt(body, 'top_p'),
    topK: numberAt(body, 'top_k'),
    stop: stopsOf(body['stop'], 'stop'),
    seed: numberAt(body, 'seed'),
    presencePenalty: numberAt(body, 'presence_penalty'),
    frequencyPenalty: numberAt(body, 'frequency_penalty'),
    logprobs: body['logprobs'] === true ? { top: numberAt(body, 'top_logprobs') ?? 0 } : undefined,
    choices: numberAt(body, 'n') ?? 1,
    effort: textAt(body, 'reasoning_effort') ?? textAt(body['reasoning'], 'effort'),
    thinking: thinking(body),
    format: format(body['response_format'], notes),
    verbosity: textAt(body, 'verbosity'),
    serviceTier: textAt(body, 'service_tier'),
    userId: textAt(body, 'user') ?? textAt(body, 'safety_identifier'),
    hints: notes.hints,
    unmapped: notes.unmapped,
  })
}

/** `thinking: { type, budget_tokens }` or OpenRouter's `reasoning: { max_tokens, enabled, exclude }`. */
function thinking(body: JsonObject): ModelRequest['thinking'] {
  if (isObject(body['thinking'])) return thinkingOf(body['thinking'], 'thinking')
  const reasoning = objectAt(body, 'reasoning')
  const budgetTokens = reasoning === undefined ? undefined : numberAt(reasoning, 'max_tokens')
  const enabled = reasoning === undefined ? undefined : booleanAt(reasoning, 'enabled')
  if (budgetTokens === undefined && enabled === undefined) return undefined
  return { enabled: enabled ?? true, budgetTokens, show: reasoning?.['exclude'] !== true }
}

function readTools(list: readonly unknown[], notes: Notes): ToolDefinition[] {
  return list.flatMap((entry, index) => {
    const at = `tools.${index}`
    const tool = requiredObject(entry, at)
    if (tool['type'] !== 'function') {
      notes.cannot(`${at} (${textAt(tool, 'type') ?? 'no type'})`)
      return []
    }
    const definition = requiredObject(tool['function'], `${at}.function`)
    const cache = cacheMark(tool) ?? cacheMark(definition)
    return [{ ...readFunction(definition, `${at}.function`), ...(cache === undefined ? {} : { cache }) }]
  })
}

function readFunctions(list: readonly unknown[]): ToolDefinition[] {
  return list.map((entry, index) => readFunction(requiredObject(entry, `functions.${index}`), `functions.${index}`))
}

function readFunction(definition: JsonObject, at: string): ToolDefinition {
  const parameters = definition['parameters'] ?? undefined
  const description = definition['description'] ?? undefined
  const strict = booleanAt(definition, 'strict')
  return {
    name: requiredText(definition['name'], `${at}.name`),
    ...(description === undefined ? {} : { description: requiredText(description, `${at}.description`) }),
    // A function without parameters takes none (OpenAI: "Omitting parameters defines a function with an empty parameter list").
    schema: parameters === undefined ? { type: 'object', properties: {} } : requiredObject(parameters, `${at}.parameters`),
    ...(strict === undefined ? {} : { strict }),
  }
}

type Chosen = { readonly choice: ToolChoice | undefined; /** Names of the only tools allowed; `undefined`: all. */ readonly only: ReadonlySet<string> | undefined }

function toolChoice(body: JsonObject, notes: Notes): Chosen {
  const all = (choice: ToolChoice | undefined): Chosen => ({ choice, only: undefined })
  const member = body['tool_choice'] !== undefined && body['tool_choice'] !== null ? 'tool_choice' : 'function_call'
  const value = body[member]
  if (value === undefined || value === null) return all(undefined)
  if (value === 'auto' || value === 'none' || value === 'required') return all({ kind: value })
  if (!isObject(value)) throw fault(member, 'must be auto, none, required or an object that names a tool')
  if (member === 'function_call') return all({ kind: 'tool', name: requiredText(value['name'], 'function_call.name') })
  if (value['type'] === 'function') return all({ kind: 'tool', name: requiredText(objectAt(value, 'function')?.['name'], 'tool_choice.function.name') })
  if (value['type'] === 'allowed_tools') {
    const allowed = requiredObject(value['allowed_tools'], 'tool_choice.allowed_tools')
    const names = listAt(allowed, 'tools').map((tool, index) => requiredText(objectAt(tool, 'function')?.['name'], `tool_choice.allowed_tools.tools.${index}.function.name`))
    return { choice: { kind: allowed['mode'] === 'required' ? 'required' : 'auto' }, only: new Set(names) }
  }
  notes.cannot(`tool_choice (${textAt(value, 'type') ?? 'no type'})`)
  return all(undefined)
}

function format(value: unknown, notes: Notes): ResponseFormat | undefined {
  if (!isObject(value) || value['type'] === 'text') return undefined
  if (value['type'] === 'json_object') return { kind: 'json_object' }
  if (value['type'] === 'json_schema') {
    const given = requiredObject(value['json_schema'], 'response_format.json_schema')
    const description = textAt(given, 'description')
    return { kind: 'json_schema', name: requiredText(given['name'], 'response_format.json_schema.name'), schema: given['schema'] ?? {}, strict: booleanAt(given, 'strict'), ...(description === undefined ? {} : { description }) }
  }
  notes.cannot(`response_format (${textAt(value, 'type') ?? 'no type'})`)
  return undefined
}
