// A Chat Completions request as the sim understands it: every member that changes an answer, as typed by openai 7.57.
import { z } from 'zod'
import { complaint, refused, textAndMedia, TOKENS_PER_MEDIUM } from '../reading.ts'
import { askedFor, type Read, type ToolChoice } from '../surface.ts'

const part = z.looseObject({ type: z.string(), text: z.string().optional() })
const content = z.union([z.string(), z.array(part), z.null()]).optional()
const toolCall = z.looseObject({ id: z.string().min(1), type: z.literal('function'), function: z.looseObject({ name: z.string(), arguments: z.string() }) })
const message = z.looseObject({ role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']), content, tool_calls: z.array(toolCall).nullish(), tool_call_id: z.string().nullish() })
const tokens = z.number().int().min(1).nullish()
const tool = z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/), parameters: z.unknown().optional() }) })
const requestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  n: z.number().int().min(1).max(8).nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  reasoning_effort: z.string().nullish(),
  tools: z.array(tool).max(128).nullish(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), z.looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) })]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: z
    .union([z.looseObject({ type: z.enum(['text', 'json_object']) }), z.looseObject({ type: z.literal('json_schema'), json_schema: z.looseObject({ name: z.string(), schema: z.record(z.string(), z.unknown()).optional() }) })])
    .nullish(),
})
type Request = z.infer<typeof requestSchema>

/** See `Surface.read`. */
export function readChat(body: unknown): Read {
  const parsed = requestSchema.safeParse(body)
  if (!parsed.success) return { error: complaint(parsed.error, body) }
  const request = parsed.data
  const stream = request.stream ?? false
  if (request.stream_options != null && !stream) return refused("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  if (request.top_logprobs != null && request.logprobs !== true) return refused("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs')
  const tools = (request.tools ?? []).map((offer) => ({ name: offer.function.name, schema: offer.function.parameters }))
  const toolChoice = choiceOf(request.tool_choice)
  if (tools.length === 0 && request.tool_choice != null && toolChoice !== 'none') return refused("'tool_choice' is only allowed when 'tools' are specified.", 'tool_choice')
  if (typeof toolChoice === 'object' && !tools.some(({ name }) => name === toolChoice.name)) return refused(`Tool choice '${toolChoice.name}' not found in 'tools' parameter.`, 'tool_choice')
  const orphan = unansweredCall(request.messages)
  if (orphan !== undefined) return refused(orphan, 'messages')
  const texts = request.messages.map((one) => ({ role: one.role, calls: one.tool_calls ?? [], ...textAndMedia(one.content) }))
  const lastUser = texts.findLastIndex(({ role }) => role === 'user')
  return {
    asked: askedFor({
      model: request.model,
      stream,
      includeUsage: request.stream_options?.include_usage ?? false,
      effort: request.reasoning_effort ?? undefined,
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      seed: request.seed ?? undefined,
      question: texts[lastUser]?.text ?? '',
      prompt: (request.tools == null ? '' : JSON.stringify(request.tools)) + texts.map(({ role, text, calls }) => `${role}\n${text}${calls.map((call) => call.function.name + call.function.arguments).join('')}\n`).join(''),
      mediaTokens: texts.reduce((sum, { media }) => sum + media, 0) * TOKENS_PER_MEDIUM,
      tools,
      toolChoice,
      parallelTools: request.parallel_tool_calls ?? true,
      toolResults: texts.slice(lastUser + 1).filter(({ role }) => role === 'tool' || role === 'function').map(({ text }) => text),
      schema: schemaOf(request.response_format),
      choices: request.n ?? 1,
      topLogprobs: request.logprobs === true ? (request.top_logprobs ?? 0) : undefined,
      stop: typeof request.stop === 'string' ? [request.stop] : (request.stop ?? []),
    }),
  }
}

function choiceOf(choice: Request['tool_choice']): ToolChoice {
  if (choice === undefined || choice === null) return 'auto'
  return typeof choice === 'string' ? choice : { name: choice.function.name }
}

function schemaOf(format: Request['response_format']): unknown {
  if (format === undefined || format === null || format.type === 'text') return undefined
  // The union's other arm has no json_schema.
  return 'json_schema' in format ? ((format.json_schema as { schema?: unknown }).schema ?? true) : true
}

/** A sentence when a message with tool calls is not followed by a result for each, as the API demands. */
function unansweredCall(messages: Request['messages']): string | undefined {
  let open = new Set<string>()
  for (const { role, tool_calls, tool_call_id } of messages) {
    if (role === 'tool') {
      if (!open.delete(tool_call_id ?? '')) return "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
      continue
    }
    if (open.size > 0) break
    open = new Set((tool_calls ?? []).map(({ id }) => id))
  }
  return open.size === 0 ? undefined : `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`
}
