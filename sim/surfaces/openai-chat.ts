// OpenAI Chat Completions, byte for byte as the official SDKs read it (types of the openai npm package 7.57).
import { z } from 'zod'
import type { Asked, Said, SimError, SimUsage, StreamPiece, Surface } from './surface.ts'

const part = z.looseObject({ type: z.string(), text: z.string().optional() })
const message = z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(part), z.null()]).optional() })
const tokens = z.number().int().min(1).nullish()
const requestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: tokens,
  max_completion_tokens: tokens,
  n: z.literal(1).nullish(),
  seed: z.number().int().nullish(),
  reasoning_effort: z.string().nullish(),
  tools: z.array(z.unknown()).nullish(),
})

/** Chat Completions, whole and streamed. */
export const openaiChat: Surface = {
  path: '/chat/completions',
  read,
  whole: (said) =>
    JSON.stringify({
      ...head(said, 'chat.completion'),
      choices: [{ index: 0, message: { role: 'assistant', content: said.text, refusal: null, annotations: [] }, logprobs: null, finish_reason: said.finish }],
      ...(said.usage === undefined ? {} : { usage: usageOf(said.usage) }),
    }),
  events,
  errorBody: (error) => JSON.stringify(errorObject(error)),
  errorEvent: (error) => event(errorObject(error)),
}

function read(body: unknown): { asked: Asked } | { error: SimError } {
  const parsed = requestSchema.safeParse(body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const param = issue?.path.join('.') ?? ''
    const missing = issue?.code === 'invalid_type' && !hasMember(body, issue.path)
    return { error: invalid(missing ? `Missing required parameter: '${param}'.` : `Invalid value for '${param}'.`, param, missing ? 'missing_required_parameter' : 'invalid_value') }
  }
  const request = parsed.data
  const stream = request.stream ?? false
  if (request.stream_options != null && !stream) {
    return { error: invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options', null) }
  }
  const texts = request.messages.map(({ role, content }) => ({ role, text: textOf(content) }))
  const tools = request.tools == null ? '' : JSON.stringify(request.tools)
  return {
    asked: {
      model: request.model,
      stream,
      includeUsage: request.stream_options?.include_usage ?? false,
      effort: request.reasoning_effort ?? undefined,
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      seed: request.seed ?? undefined,
      question: texts.findLast(({ role }) => role === 'user')?.text ?? '',
      prompt: tools + texts.map(({ role, text }) => `${role}\n${text}\n`).join(''),
    },
  }
}

function invalid(text: string, param: string, code: string | null): SimError {
  return { status: 400, type: 'invalid_request_error', code, message: text, param: param === '' ? null : param }
}

function hasMember(body: unknown, path: readonly PropertyKey[]): boolean {
  let at = body
  for (const member of path) {
    if (typeof at !== 'object' || at === null || !(member in at)) return false
    at = Reflect.get(at, member)
  }
  return true
}

function textOf(content: z.infer<typeof message>['content']): string {
  if (content === undefined || content === null) return ''
  return typeof content === 'string' ? content : content.map((piece) => piece.text ?? '').join('\n')
}

function head(said: Said, object: 'chat.completion' | 'chat.completion.chunk'): Record<string, unknown> {
  return { id: said.id, object, created: said.createdS, model: said.model, service_tier: 'default', system_fingerprint: said.fingerprint }
}

function usageOf(usage: SimUsage): Record<string, unknown> {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  }
}

function events(said: Said, texts: readonly string[], includeUsage: boolean): StreamPiece[] {
  const shared = head(said, 'chat.completion.chunk')
  // With include_usage every chunk but the last carries an explicit null.
  const noUsage = includeUsage ? { usage: null } : {}
  const chunk = (delta: unknown, finish: string | null): string => event({ ...shared, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...noUsage })
  return [
    { part: 'start', data: chunk({ role: 'assistant', content: '', refusal: null }, null) },
    ...texts.map((text): StreamPiece => ({ part: 'output', data: chunk({ content: text }, null) })),
    { part: 'finish', data: chunk({}, said.finish) },
    ...(includeUsage && said.usage !== undefined ? [{ part: 'usage', data: event({ ...shared, choices: [], usage: usageOf(said.usage) }) } as const] : []),
    { part: 'end', data: 'data: [DONE]\n\n' },
  ]
}

function event(payload: unknown): string {
  return `data: ${JSON.stringify(payload)}\n\n`
}

function errorObject({ message: text, type, param, code }: SimError): unknown {
  return { error: { message: text, type, param: param ?? null, code } }
}
