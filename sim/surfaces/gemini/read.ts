// A generateContent request as the sim understands it, as typed by @google/genai 3.1. Like the real API it refuses names it
// does not know instead of ignoring them, and function calls of the current turn that lack their thought signature.
import { z } from 'zod'
import { refused, TOKENS_PER_MEDIUM } from '../reading.ts'
import { askedFor, type Asked, type At, type Read, type ReturnedSeal, type ToolChoice } from '../surface.ts'
import { configOf, generationConfig } from './generation-config.ts'
import { schemaFault } from './schema-subset.ts'

const args = z.record(z.string(), z.unknown())
const part = z.strictObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  inlineData: z.looseObject({ mimeType: z.string(), data: z.string() }).optional(),
  fileData: z.looseObject({ fileUri: z.string() }).optional(),
  functionCall: z.looseObject({ id: z.string().optional(), name: z.string().min(1), args: args.optional() }).optional(),
  functionResponse: z.looseObject({ id: z.string().optional(), name: z.string().min(1), response: args }).optional(),
  videoMetadata: z.unknown().optional(),
  mediaResolution: z.unknown().optional(),
  partMetadata: z.unknown().optional(),
})
const content = z.strictObject({ role: z.enum(['user', 'model', 'function']).optional(), parts: z.array(part).min(1) })
const declaration = z.strictObject({
  name: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/),
  description: z.string().optional(),
  parameters: z.unknown().optional(),
  parametersJsonSchema: z.unknown().optional(),
  response: z.unknown().optional(),
  responseJsonSchema: z.unknown().optional(),
  behavior: z.string().optional(),
})
const requestSchema = z.strictObject({
  model: z.string().optional(),
  contents: z.array(content).min(1),
  systemInstruction: z.strictObject({ role: z.string().optional(), parts: z.array(part) }).optional(),
  tools: z.array(z.strictObject({ functionDeclarations: z.array(declaration).max(512) })).optional(),
  toolConfig: z.strictObject({ functionCallingConfig: z.looseObject({ mode: z.enum(['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED']).optional(), allowedFunctionNames: z.array(z.string()).optional() }).optional() }).optional(),
  generationConfig: generationConfig.optional(),
  safetySettings: z.array(z.looseObject({ category: z.string(), threshold: z.string() })).optional(),
  cachedContent: z.string().optional(),
  serviceTier: z.string().optional(),
  labels: z.unknown().optional(),
})
const countSchema = z.union([z.strictObject({ generateContentRequest: requestSchema }), z.strictObject({ contents: z.array(content).min(1) })])
type Request = z.infer<typeof requestSchema>
type Part = z.infer<typeof part>

/** Placeholders that Google documents for calls made by other models: not checked. */
const UNCHECKED = new Set(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'])

/** See `Surface.read`. */
export function readGemini(body: unknown, at: At): Read {
  if (at.stream && at.query.get('alt') !== 'sse') return { error: { kind: 'simulation', message: 'The simulated provider streams with alt=sse only.' } }
  const parsed = requestSchema.safeParse(body)
  return parsed.success ? understand(parsed.data, at) : { error: complaintOf(parsed.error) }
}

/** The request of :countTokens, in either of its forms. */
export function readGeminiCount(body: unknown, at: At): Read {
  const parsed = countSchema.safeParse(body)
  if (!parsed.success) return { error: complaintOf(parsed.error) }
  return understand('contents' in parsed.data ? { contents: parsed.data.contents } : parsed.data.generateContentRequest, at)
}

function complaintOf(error: z.ZodError): { kind: 'bad_request'; message: string } {
  const issue = error.issues[0]
  if (issue?.code === 'unrecognized_keys') return { kind: 'bad_request', message: `Invalid JSON payload received. Unknown name "${issue.keys[0] ?? ''}" at '${issue.path.join('.')}': Cannot find field.` }
  return { kind: 'bad_request', message: `Invalid value at '${issue?.path.join('.') ?? ''}': ${issue?.message ?? ''}` }
}

function understand(request: Request, at: At): Read {
  const declared = (request.tools ?? []).flatMap(({ functionDeclarations }) => functionDeclarations)
  for (const [i, { parameters, parametersJsonSchema }] of declared.entries()) {
    const where = `tools[0].function_declarations[${i}]`
    if (parameters !== undefined && parametersJsonSchema !== undefined) return refused(`Only one of parameters and parameters_json_schema may be set at '${where}'.`, '')
    const fault = schemaFault(parameters, `${where}.parameters`)
    if (fault !== undefined) return refused(fault, '')
  }
  const unmatched = unmatchedResponse(request.contents)
  if (unmatched !== undefined) return refused(unmatched, '')
  const config = configOf(request.generationConfig)
  if ('error' in config) return config
  const turns = request.contents.map(({ role, parts }) => ({ role: role ?? 'user', parts }))
  const lastUser = turns.findLastIndex(({ role, parts }) => role !== 'model' && parts.some(({ functionResponse }) => functionResponse === undefined))
  const calling = request.toolConfig?.functionCallingConfig
  const allowed = calling?.allowedFunctionNames
  const all = [...(request.systemInstruction?.parts ?? []), ...turns.flatMap(({ parts }) => parts)]
  const known: Partial<Asked> & Pick<Asked, 'model'> = {
    ...config.asked,
    model: at.model ?? '',
    stream: at.stream,
    includeUsage: true,
    question: (turns[lastUser]?.parts ?? []).map(({ text }) => text ?? '').join('\n'),
    prompt: (declared.length === 0 ? '' : JSON.stringify(declared)) + all.map(textOf).join('\n'),
    mediaTokens: all.filter(({ inlineData, fileData }) => inlineData !== undefined || fileData !== undefined).length * TOKENS_PER_MEDIUM,
    tools: declared.filter(({ name }) => allowed === undefined || allowed.includes(name)).map(({ name, parameters, parametersJsonSchema }) => ({ name, schema: parametersJsonSchema ?? parameters })),
    toolChoice: choiceOf(calling?.mode),
    toolResults: turns.slice(lastUser + 1).flatMap(({ parts }) => parts.flatMap(({ functionResponse }) => (functionResponse === undefined ? [] : [JSON.stringify(functionResponse.response)]))),
    seals: turns.flatMap(({ parts }, c) => parts.flatMap((one, p) => sealOf(one, `contents[${c}].parts[${p}]`))),
    unsealedCall: unsealed(turns, lastUser),
  }
  return { asked: askedFor(known) }
}

function textOf({ text, functionCall, functionResponse }: Part): string {
  if (functionCall !== undefined) return functionCall.name + JSON.stringify(functionCall.args ?? {})
  return functionResponse === undefined ? (text ?? '') : JSON.stringify(functionResponse.response)
}

function choiceOf(mode: string | undefined): ToolChoice {
  if (mode === 'ANY') return 'required'
  return mode === 'NONE' ? 'none' : 'auto'
}

function sealOf({ thoughtSignature }: Part, at: string): ReturnedSeal[] {
  return thoughtSignature === undefined || UNCHECKED.has(thoughtSignature) ? [] : [{ at, value: thoughtSignature, text: undefined }]
}

type Turn = { readonly role: string; readonly parts: readonly Part[] }

/** The first function call of each step of the current turn must carry its signature. */
function unsealed(turns: readonly Turn[], lastUser: number): string | undefined {
  for (let c = lastUser + 1; c < turns.length; c += 1) {
    const p = turns[c]?.parts.findIndex(({ functionCall }) => functionCall !== undefined) ?? -1
    const first = turns[c]?.parts[p]
    if (turns[c]?.role === 'model' && first !== undefined && first.thoughtSignature === undefined) return `\`${first.functionCall?.name ?? ''}\`, position ${c + 1}`
  }
  return undefined
}

function unmatchedResponse(contents: Request['contents']): string | undefined {
  for (const [i, { parts }] of contents.entries()) {
    const calls = parts.filter(({ functionCall }) => functionCall !== undefined).length
    const responses = contents[i + 1]?.parts.filter(({ functionResponse }) => functionResponse !== undefined).length ?? 0
    if (calls !== responses) return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'
  }
  return contents[0]?.parts.some(({ functionResponse }) => functionResponse !== undefined) === true ? 'Please ensure that function response turn comes immediately after a function call turn.' : undefined
}
