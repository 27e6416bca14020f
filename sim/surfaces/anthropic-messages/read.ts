// A Messages request as the sim understands it, as typed by @anthropic-ai/sdk 1.12: blocks of every kind a client may send,
// client tools, thinking, formats and cache marks. Server tools are refused: nobody here runs them.
import { z } from 'zod'
import { complaint, refused, textAndMedia, TOKENS_PER_MEDIUM } from '../reading.ts'
import { askedFor, type Asked, type CacheMark, type Read, type ReturnedSeal, type ToolChoice } from '../surface.ts'

const cache = z.looseObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish()
const text = z.looseObject({ type: z.literal('text'), text: z.string().min(1), cache_control: cache })
const media = z.looseObject({ type: z.enum(['image', 'document', 'search_result']), cache_control: cache })
const toolUse = z.looseObject({ type: z.literal('tool_use'), id: z.string().regex(/^[a-zA-Z0-9_-]+$/), name: z.string(), input: z.record(z.string(), z.unknown()), cache_control: cache })
const toolResult = z.looseObject({ type: z.literal('tool_result'), tool_use_id: z.string(), content: z.union([z.string(), z.array(z.union([text, media]))]).optional(), cache_control: cache })
const thinking = z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const redacted = z.looseObject({ type: z.literal('redacted_thinking'), data: z.string() })
const block = z.discriminatedUnion('type', [text, media, toolUse, toolResult, thinking, redacted])
const message = z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: z.union([z.string(), z.array(block)]) })
const tool = z.looseObject({ name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/), type: z.literal('custom').nullish(), input_schema: z.looseObject({ type: z.literal('object') }), cache_control: cache })
const requestSchema = z.looseObject({
  model: z.string().min(1),
  max_tokens: z.number().int().min(1).optional(),
  messages: z.array(message).min(1),
  system: z.union([z.string(), z.array(text)]).optional(),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string().regex(/\S/, 'each stop sequence must contain non-whitespace')).optional(),
  thinking: z.discriminatedUnion('type', [
    z.looseObject({ type: z.literal('enabled'), budget_tokens: z.number().int().min(1024), display: z.string().nullish() }),
    z.looseObject({ type: z.literal('adaptive'), display: z.string().nullish() }),
    z.looseObject({ type: z.enum(['disabled', 'between_tools']) }),
  ]).optional(),
  output_config: z.looseObject({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(), format: z.looseObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish() }).optional(),
  tools: z.array(tool).optional(),
  tool_choice: z.discriminatedUnion('type', [
    z.looseObject({ type: z.enum(['auto', 'any']), disable_parallel_tool_use: z.boolean().optional() }),
    z.looseObject({ type: z.literal('tool'), name: z.string(), disable_parallel_tool_use: z.boolean().optional() }),
    z.looseObject({ type: z.literal('none') }),
  ]).optional(),
})
type Request = z.infer<typeof requestSchema>
type Block = z.infer<typeof block>

/** See `Surface.read`; counting tokens needs no `max_tokens`. */
export function readMessages(body: unknown, counting: boolean): Read {
  const parsed = requestSchema.safeParse(body)
  if (!parsed.success) return { error: complaint(parsed.error, body) }
  const request = parsed.data
  if (request.max_tokens === undefined && !counting) return refused('Field required', 'max_tokens')
  if (request.thinking?.type === 'enabled' && request.thinking.budget_tokens >= (request.max_tokens ?? Infinity)) return refused('`max_tokens` must be greater than `thinking.budget_tokens`.', 'max_tokens')
  const turns = request.messages.map(({ role, content }) => ({ role, blocks: typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content }))
  const orphan = unpaired(turns)
  if (orphan !== undefined) return refused(orphan, 'messages')
  const tools = (request.tools ?? []).map(({ name, input_schema }) => ({ name, schema: input_schema }))
  const toolChoice = choiceOf(request.tool_choice)
  if (typeof toolChoice === 'object' && !tools.some(({ name }) => name === toolChoice.name)) return refused(`Tool '${toolChoice.name}' not found in provided tools`, 'tool_choice')
  const { prompt, mediaTokens, cacheMarks } = promptOf(request, turns)
  // A user turn of tool results alone asks nothing new.
  const lastUser = turns.findLastIndex(({ role, blocks }) => role === 'user' && blocks.some(({ type }) => type !== 'tool_result'))
  return {
    asked: askedFor({
      model: request.model,
      stream: request.stream ?? false,
      includeUsage: true,
      ...thinkingOf(request),
      maxTokens: request.max_tokens,
      question: textAndMedia(turns[lastUser]?.blocks.filter(({ type }) => type === 'text')).text,
      prompt,
      mediaTokens,
      tools,
      toolChoice,
      parallelTools: request.tool_choice === undefined || !('disable_parallel_tool_use' in request.tool_choice) || request.tool_choice.disable_parallel_tool_use !== true,
      toolResults: turns.slice(Math.max(lastUser, 0)).flatMap(({ blocks }) => blocks.flatMap((one) => (one.type === 'tool_result' ? [textAndMedia(one.content).text] : []))),
      schema: request.output_config?.format?.schema,
      stop: request.stop_sequences ?? [],
      seals: turns.flatMap(({ blocks }, m) => blocks.flatMap((one, b) => sealOf(one, `messages.${m}.content.${b}`))),
      cacheMarks,
    }),
  }
}

function thinkingOf({ thinking: config, output_config }: Request): Pick<Asked, 'effort' | 'thinking' | 'thinkingBudget'> {
  const effort = output_config?.effort ?? undefined
  // Effort alone changes how much is said here, not whether it is thought about.
  if (config === undefined || config.type === 'disabled' || config.type === 'between_tools') return { effort, thinking: 'off', thinkingBudget: undefined }
  return { effort: effort ?? 'medium', thinking: 'display' in config && config.display === 'omitted' ? 'hidden' : 'shown', thinkingBudget: config.type === 'enabled' ? config.budget_tokens : undefined }
}

function choiceOf(choice: Request['tool_choice']): ToolChoice {
  if (choice === undefined || choice.type === 'auto') return 'auto'
  if (choice.type === 'tool') return { name: choice.name }
  return choice.type === 'any' ? 'required' : 'none'
}

function sealOf(one: Block, at: string): ReturnedSeal[] {
  if (one.type === 'thinking') return [{ at, value: one.signature, text: one.thinking }]
  return one.type === 'redacted_thinking' ? [{ at, value: one.data, text: undefined }] : []
}

type Turn = { readonly role: string; readonly blocks: readonly Block[] }

/** Every tool use must be answered in the next turn, and nothing else may be answered. */
function unpaired(turns: readonly Turn[]): string | undefined {
  for (const [i, { role, blocks }] of turns.entries()) {
    const results = new Set(blocks.flatMap((one) => (one.type === 'tool_result' ? [one.tool_use_id] : [])))
    const before = new Set((turns[i - 1]?.blocks ?? []).flatMap((one) => (one.type === 'tool_use' ? [one.id] : [])))
    const stray = [...results].find((id) => !before.has(id))
    if (stray !== undefined) return `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`
    const missing = [...before].filter((id) => !results.has(id))
    if (missing.length > 0) return `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}.`
    if (role === 'assistant' && i === turns.length - 1 && blocks.some(({ type }) => type === 'tool_use')) return '`tool_use` ids were found without `tool_result` blocks immediately after.'
  }
  return undefined
}

/** The whole input as one text, in the order the cache sees it: tools, system, messages. */
function promptOf(request: Request, turns: readonly Turn[]): { prompt: string; mediaTokens: number; cacheMarks: CacheMark[] } {
  let prompt = ''
  let mediaTokens = 0
  const cacheMarks: CacheMark[] = []
  const add = (said: string, mark: z.infer<typeof cache>): void => {
    prompt += said
    if (mark != null) cacheMarks.push({ length: prompt.length, hour: mark.ttl === '1h' })
  }
  for (const offer of request.tools ?? []) add(JSON.stringify(offer), offer.cache_control)
  if (typeof request.system === 'string') add(request.system, undefined)
  else for (const one of request.system ?? []) add(`${one.text}\n`, one.cache_control)
  for (const { role, blocks } of turns) {
    add(`${role}\n`, undefined)
    for (const one of blocks) {
      const mark = 'cache_control' in one ? (one.cache_control as z.infer<typeof cache>) : undefined // loose objects widen what the schema checked
      if (one.type === 'text') add(`${one.text}\n`, mark)
      else if (one.type === 'tool_use') add(one.name + JSON.stringify(one.input), mark)
      else if (one.type === 'tool_result') {
        const heard = textAndMedia(one.content)
        mediaTokens += heard.media * TOKENS_PER_MEDIUM
        add(`${heard.text}\n`, mark)
      } else if (one.type === 'image' || one.type === 'document' || one.type === 'search_result') {
        mediaTokens += TOKENS_PER_MEDIUM
        add('', mark)
      }
    }
  }
  const whole = request['cache_control']
  if (typeof whole === 'object' && whole !== null) cacheMarks.push({ length: prompt.length, hour: 'ttl' in whole && whole.ttl === '1h' })
  return { prompt, mediaTokens, cacheMarks }
}
