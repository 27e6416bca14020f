// A Responses request as the sim understands it: input as text or items, stored conversations by id, function tools, formats
// and reasoning, as typed by openai 7.57. Hosted tools are refused: nobody here runs them.
import { z } from 'zod'
import { complaint, refused, textAndMedia, TOKENS_PER_MEDIUM } from '../reading.ts'
import { askedFor, type At, type Read, type ReturnedSeal, type ToolChoice } from '../surface.ts'

const part = z.looseObject({ type: z.enum(['input_text', 'input_image', 'input_file', 'output_text', 'refusal']), text: z.string().optional() })
const content = z.union([z.string(), z.array(part)])
const message = z.looseObject({ type: z.literal('message').optional(), role: z.enum(['user', 'assistant', 'system', 'developer']), content })
const functionCall = z.looseObject({ type: z.literal('function_call'), call_id: z.string().min(1), name: z.string(), arguments: z.string() })
const functionOutput = z.looseObject({ type: z.literal('function_call_output'), call_id: z.string().min(1), output: content })
const reasoning = z.looseObject({ type: z.literal('reasoning'), summary: z.array(z.looseObject({ text: z.string() })), encrypted_content: z.string().nullish() })
const item = z.union([functionCall, functionOutput, reasoning, message])
const tool = z.looseObject({ type: z.literal('function'), name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/), parameters: z.unknown().optional() })
const requestSchema = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item)]),
  instructions: z.string().nullish(),
  previous_response_id: z.string().nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: z.number().int().min(16).nullish(),
  include: z.array(z.string()).nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish(), summary: z.enum(['auto', 'concise', 'detailed']).nullish() }).nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), z.looseObject({ type: z.literal('function'), name: z.string() })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.looseObject({ format: z.union([z.looseObject({ type: z.enum(['text', 'json_object']) }), z.looseObject({ type: z.literal('json_schema'), name: z.string(), schema: z.record(z.string(), z.unknown()) })]).nullish(), verbosity: z.string().nullish() }).nullish(),
})
type Request = z.infer<typeof requestSchema>
type Item = z.infer<typeof item>

/** See `Surface.read`. */
export function readResponses(body: unknown, at: At): Read {
  const parsed = requestSchema.safeParse(body)
  if (!parsed.success) return { error: complaint(parsed.error, body) }
  const request = parsed.data
  const earlier = request.previous_response_id == null ? '' : at.recall(request.previous_response_id)
  if (earlier === undefined) return refused(`Previous response with id '${request.previous_response_id}' not found.`, 'previous_response_id', 'previous_response_not_found')
  const items: Item[] = typeof request.input === 'string' ? [{ role: 'user', content: request.input }] : request.input
  // Calls of a stored conversation are not in sight here.
  const orphan = earlier === '' ? unpaired(items) : undefined
  if (orphan !== undefined) return refused(orphan, 'input')
  const tools = (request.tools ?? []).map(({ name, parameters }) => ({ name, schema: parameters }))
  const toolChoice = choiceOf(request.tool_choice)
  if (typeof toolChoice === 'object' && !tools.some(({ name }) => name === toolChoice.name)) return refused(`Tool choice '${toolChoice.name}' not found in 'tools' parameter.`, 'tool_choice')
  const texts = items.map((one) => ({ one, ...heard(one) }))
  const lastUser = texts.findLastIndex(({ one }) => roleOf(one) === 'user')
  const prompt = earlier + (request.instructions ?? '') + (request.tools == null ? '' : JSON.stringify(request.tools)) + texts.map(({ one, text }) => `${roleOf(one)}\n${text}\n`).join('')
  return {
    asked: askedFor({
      model: request.model,
      stream: request.stream ?? false,
      includeUsage: true,
      effort: request.reasoning?.effort ?? undefined,
      thinking: request.reasoning?.summary == null ? 'hidden' : 'shown',
      maxTokens: request.max_output_tokens ?? undefined,
      question: texts[lastUser]?.text ?? '',
      prompt,
      mediaTokens: texts.reduce((sum, { media }) => sum + media, 0) * TOKENS_PER_MEDIUM,
      tools,
      toolChoice,
      parallelTools: request.parallel_tool_calls ?? true,
      toolResults: texts.slice(lastUser + 1).flatMap(({ one, text }) => (one.type === 'function_call_output' ? [text] : [])),
      schema: schemaOf(request.text),
      topLogprobs: request.include?.includes('message.output_text.logprobs') === true ? (request.top_logprobs ?? 0) : undefined,
      seals: items.flatMap(sealOf),
      echo: echoOf(request),
    }),
  }
}

function roleOf(one: Item): string {
  return 'role' in one ? String(one.role) : one.type
}

function heard(one: Item): { text: string; media: number } {
  switch (one.type) {
    case 'function_call':
      return { text: one.name + one.arguments, media: 0 }
    case 'function_call_output':
      return textAndMedia(one.output)
    case 'reasoning':
      return { text: '', media: 0 }
    default:
      return textAndMedia(one.content)
  }
}

function sealOf(one: Item, index: number): ReturnedSeal[] {
  return one.type === 'reasoning' && one.encrypted_content != null ? [{ at: `input[${index}].encrypted_content`, value: one.encrypted_content, text: undefined }] : []
}

function unpaired(items: readonly Item[]): string | undefined {
  const calls = new Set(items.flatMap((one) => (one.type === 'function_call' ? [one.call_id] : [])))
  const outputs = new Set(items.flatMap((one) => (one.type === 'function_call_output' ? [one.call_id] : [])))
  const unanswered = [...calls].find((id) => !outputs.has(id))
  if (unanswered !== undefined) return `No tool output found for function call ${unanswered}.`
  const uncalled = [...outputs].find((id) => !calls.has(id))
  return uncalled === undefined ? undefined : `No tool call found for function call output with call_id ${uncalled}.`
}

function choiceOf(choice: Request['tool_choice']): ToolChoice {
  if (choice === undefined || choice === null) return 'auto'
  return typeof choice === 'string' ? choice : { name: choice.name }
}

function schemaOf(text: Request['text']): unknown {
  const format = text?.format
  if (format === undefined || format === null || format.type === 'text') return undefined
  return 'schema' in format ? format.schema : true
}

/** Members of the request that a Response repeats, with the API's defaults. */
function echoOf(request: Request): Record<string, unknown> {
  return {
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: request['metadata'] ?? {},
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: { effort: request.reasoning?.effort ?? null, summary: request.reasoning?.summary ?? null },
    store: request.store ?? true,
    temperature: request['temperature'] ?? 1,
    text: { format: request.text?.format ?? { type: 'text' }, verbosity: request.text?.verbosity ?? 'medium' },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request['top_p'] ?? 1,
    include: request.include ?? [],
  }
}
