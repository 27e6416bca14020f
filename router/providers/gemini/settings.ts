// Everything of a request but its conversation → `generationConfig`, `tools`, `toolConfig` and `serviceTier` of a generateContent
// request. Each function also names what it had to leave out, so that `loss` and `build` cannot disagree. Pure.
import type { ModelRequest } from '../../../core/model-request.ts'
import type { JsonObject } from '../json.ts'
import { geminiJsonSchema, openApiSchema } from '../json-schema/openapi-subset.ts'
import type { GeminiRules } from './models.ts'

/** Members to send, and members of the client's that could not be kept. */
export type Rendered = { readonly body: JsonObject; readonly dropped: readonly string[] }

const EFFORT = 'reasoning_effort'
/** Tokens of thinking for an effort, as Google's own OpenAI-compatible endpoint has them; above `high` all the model has. */
const BUDGETS: ReadonlyMap<string, number> = new Map(Object.entries({ minimal: 1_024, low: 1_024, medium: 8_192, high: 24_576, xhigh: Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }))
const MAX_INT32 = 2 ** 31 - 1

/** `thinkingConfig` for an effort in OpenAI's words (`effort` first) or an explicit setting. */
export function thinkingConfig(request: ModelRequest, effort: string | undefined, rules: GeminiRules): Rendered {
  const wanted = effort ?? request.effort
  const { thinking } = request
  if (wanted === undefined && thinking === undefined) return { body: {}, dropped: [] }
  const off = wanted === 'none' || (wanted === undefined && thinking?.enabled === false)
  if (rules.thinking === 'none') return { body: {}, dropped: off ? [] : [EFFORT] }
  const include = off || thinking?.show === false ? {} : { includeThoughts: true }
  if (rules.thinking === 'level') {
    const level = off ? rules.levels[0] : levelFor(wanted, thinking?.budgetTokens, rules)
    // These models always think; the least there is comes nearest to nothing.
    const exact = !off && (wanted === undefined || level === wanted.toUpperCase())
    return { body: { thinkingConfig: { ...(level === undefined ? {} : { thinkingLevel: level }), ...include } }, dropped: exact ? [] : [EFFORT] }
  }
  const { least, most } = rules.budgets
  if (off) return { body: { thinkingConfig: { thinkingBudget: least } }, dropped: least === 0 ? [] : [EFFORT] }
  const asked = wanted === undefined ? thinking?.budgetTokens : BUDGETS.get(wanted)
  const budget = asked === undefined ? {} : { thinkingBudget: Math.min(Math.max(asked, least), most) }
  return { body: { thinkingConfig: { ...budget, ...include } }, dropped: wanted !== undefined && asked === undefined ? [EFFORT] : [] }
}

/** The nearest level a model has: MINIMAL goes up to its lowest, everything above HIGH down to it, a missing MEDIUM up; `undefined` for a word that is no effort. */
function levelFor(effort: string | undefined, budgetTokens: number | undefined, rules: GeminiRules): string | undefined {
  const wanted = effort?.toUpperCase() ?? (budgetTokens === undefined ? undefined : budgetTokens <= 1_024 ? 'LOW' : budgetTokens <= 8_192 ? 'MEDIUM' : 'HIGH')
  if (wanted === undefined || rules.levels.includes(wanted)) return wanted
  return wanted === 'MINIMAL' ? rules.levels[0] : ['MEDIUM', 'XHIGH', 'MAX'].includes(wanted) ? rules.levels.at(-1) : undefined
}

/** Sampling, limits, stop sequences, log probabilities. */
export function generationConfig(request: ModelRequest, rules: GeminiRules): Rendered {
  const body: JsonObject = {}
  const dropped: string[] = []
  const put = (member: string, value: unknown): void => {
    if (value !== undefined) body[member] = value
  }
  put('maxOutputTokens', request.maxOutputTokens)
  put('temperature', request.temperature)
  put('topP', request.topP)
  put('topK', request.topK)
  if (request.stop.length > 0) put('stopSequences', request.stop)
  // An int32 on this wire; OpenAI's is wider, and a seed is best effort anyway.
  if (request.seed !== undefined && Math.abs(request.seed) > MAX_INT32) dropped.push('seed')
  else put('seed', request.seed)
  if (rules.penalties) {
    put('presencePenalty', request.presencePenalty)
    put('frequencyPenalty', request.frequencyPenalty)
  }
  if (request.logprobs !== undefined) {
    body['responseLogprobs'] = true
    if (request.logprobs.top > 0) body['logprobs'] = request.logprobs.top
  }
  if (request.format !== undefined) {
    body['responseMimeType'] = 'application/json'
    if (request.format.kind === 'json_schema') {
      if (rules.jsonSchema) body['responseJsonSchema'] = geminiJsonSchema(request.format.schema)
      else put('responseSchema', openApiSchema(request.format.schema))
    }
  }
  return { body, dropped }
}

/** `tools` and `toolConfig`; empty without tools. */
export function toolSettings(request: ModelRequest, rules: GeminiRules): JsonObject {
  if (request.tools.length === 0) return {}
  const functionDeclarations = request.tools.map((tool) => {
    const schema = rules.jsonSchema ? { parametersJsonSchema: tool.schema === undefined ? undefined : geminiJsonSchema(tool.schema) } : { parameters: openApiSchema(tool.schema) }
    return { name: tool.name, ...(tool.description === undefined ? {} : { description: tool.description }), ...schema }
  })
  const config = functionCallingConfig(request)
  return { tools: [{ functionDeclarations }], ...(config === undefined ? {} : { toolConfig: { functionCallingConfig: config } }) }
}

function functionCallingConfig(request: ModelRequest): JsonObject | undefined {
  const choice = request.toolChoice
  // VALIDATED holds arguments to their schema as ANY does, and leaves the choice to the model.
  const strict = request.tools.some((tool) => tool.strict === true)
  if (choice === undefined) return strict ? { mode: 'VALIDATED' } : undefined
  if (choice.kind === 'auto') return { mode: strict ? 'VALIDATED' : 'AUTO' }
  if (choice.kind === 'none') return { mode: 'NONE' }
  return choice.kind === 'tool' ? { mode: 'ANY', allowedFunctionNames: [choice.name] } : { mode: 'ANY' }
}

/** Service tiers by OpenAI's names (and Anthropic's `standard_only`) → Gemini's; `undefined`: nothing to say. */
const SERVICE_TIERS: Readonly<Record<string, string | undefined>> = { auto: undefined, default: 'standard', standard: 'standard', standard_only: 'standard', flex: 'flex', priority: 'priority' }

/** `serviceTier`; a tier without an equal is left out. */
export function serviceTier(asked: string | undefined): Rendered {
  if (asked === undefined) return { body: {}, dropped: [] }
  if (!Object.hasOwn(SERVICE_TIERS, asked)) return { body: {}, dropped: ['service_tier'] }
  const tier = SERVICE_TIERS[asked]
  return { body: tier === undefined ? {} : { serviceTier: tier }, dropped: [] }
}
