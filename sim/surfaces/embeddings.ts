// Embeddings as OpenAI and Gemini ask for and answer them. The vectors are those of behaviour/vectors.ts: the same text always
// gets the same one, and texts that share words are near each other.
import { z } from 'zod'
import { vectorOf } from '../behaviour/vectors.ts'
import { gemini } from './gemini/surface.ts'
import { openaiChat } from './openai-chat/surface.ts'
import { complaint } from './reading.ts'
import { askedFor, type Asked, type At, type Read, type Said, type Surface } from './surface.ts'

const openaiSchema = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(2048), z.array(z.number().int()).min(1), z.array(z.array(z.number().int()).min(1)).min(1).max(2048)]),
  dimensions: z.number().int().min(1).max(8192).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
})

/** POST …/embeddings. */
export const openaiEmbeddings: Surface = {
  ...openaiChat,
  kind: 'embed',
  read(body): Read {
    const parsed = openaiSchema.safeParse(body)
    if (!parsed.success) return { error: complaint(parsed.error, body) }
    const { model, input, dimensions, encoding_format } = parsed.data
    const inputs = textsOf(input)
    return { asked: askedFor({ model, inputs, prompt: inputs.join(''), dimensions: dimensions ?? undefined, echo: { base64: encoding_format === 'base64' } }) }
  },
  whole(said, asked) {
    const data = vectors(said, asked).map((vector, index) => ({ object: 'embedding', index, embedding: asked.echo['base64'] === true ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector }))
    const tokens = said.usage?.input
    return JSON.stringify({ object: 'list', data, model: said.model, ...(tokens === undefined ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } }) })
  },
  events: () => [],
}

/** Token ids stand for texts of about their length. */
function textsOf(input: z.infer<typeof openaiSchema>['input']): string[] {
  if (typeof input === 'string') return [input]
  if (input.every((one) => typeof one === 'number')) return [input.map((id) => `#${id % 1000}`).join('')]
  return input.map((one) => (typeof one === 'string' ? one : Array.isArray(one) ? one.map((id) => `#${id % 1000}`).join('') : ''))
}

const geminiSchema = z.strictObject({
  requests: z
    .array(
      z.strictObject({
        model: z.string(),
        content: z.looseObject({ parts: z.array(z.looseObject({ text: z.string().optional() })).min(1) }),
        taskType: z.string().optional(),
        title: z.string().optional(),
        outputDimensionality: z.number().int().min(1).max(8192).optional(),
        embedContentConfig: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(100),
})

/** POST …/models/M:batchEmbedContents. */
export const geminiEmbeddings: Surface = {
  ...gemini,
  kind: 'embed',
  read(body, at: At): Read {
    const parsed = geminiSchema.safeParse(body)
    if (!parsed.success) return { error: { ...complaint(parsed.error, body), param: '' } }
    const { requests } = parsed.data
    const inputs = requests.map(({ content }) => content.parts.map(({ text }) => text ?? '').join('\n'))
    return { asked: askedFor({ model: at.model ?? '', inputs, prompt: inputs.join(''), dimensions: requests[0]?.outputDimensionality }) }
  },
  whole(said, asked) {
    const tokens = said.usage?.input
    return JSON.stringify({ embeddings: vectors(said, asked).map((values) => ({ values })), ...(tokens === undefined ? {} : { usageMetadata: { promptTokenCount: tokens } }) })
  },
  events: () => [],
}

function vectors(said: Said, { inputs, dimensions }: Asked): number[][] {
  return inputs.map((text) => vectorOf(text, said.model, dimensions ?? said.dimensions ?? 1))
}
