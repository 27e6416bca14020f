// The generationConfig of a Gemini request: its members as @google/genai 3.1 types them, checked as the API does, and what
// they say in the sim's words.
import { z } from 'zod'
import { refused } from '../reading.ts'
import type { Asked, SimError } from '../surface.ts'
import { schemaFault } from './schema-subset.ts'

const numeric = z.number().optional()

export const generationConfig = z.strictObject({
  temperature: numeric,
  topP: numeric,
  topK: numeric,
  candidateCount: z.number().int().min(1).max(8).optional(),
  maxOutputTokens: z.number().int().min(1).optional(),
  stopSequences: z.array(z.string()).max(5).optional(),
  seed: z.number().int().min(-2_147_483_648).max(2_147_483_647).optional(),
  presencePenalty: numeric,
  frequencyPenalty: numeric,
  responseLogprobs: z.boolean().optional(),
  logprobs: z.number().int().min(0).max(20).optional(),
  responseMimeType: z.enum(['text/plain', 'application/json', 'text/x.enum']).optional(),
  responseSchema: z.unknown().optional(),
  responseJsonSchema: z.unknown().optional(),
  responseModalities: z.array(z.string()).optional(),
  mediaResolution: z.string().optional(),
  speechConfig: z.unknown().optional(),
  thinkingConfig: z.strictObject({ includeThoughts: z.boolean().optional(), thinkingBudget: z.number().int().min(-1).optional(), thinkingLevel: z.string().optional() }).optional(),
})

/** What the config asks for, or why it is refused. */
export function configOf(config: z.infer<typeof generationConfig> = {}): { asked: Partial<Asked> } | { error: SimError } {
  const { thinkingConfig: thinking, responseSchema, responseJsonSchema } = config
  const schema = responseJsonSchema ?? responseSchema
  if (schema !== undefined && config.responseMimeType !== 'application/json' && config.responseMimeType !== 'text/x.enum') return refused('Response schema requires response mime type application/json', '')
  if (responseSchema !== undefined && responseJsonSchema !== undefined) return refused('Only one of response_schema and response_json_schema may be set.', '')
  const fault = schemaFault(responseSchema, 'generation_config.response_schema')
  if (fault !== undefined) return refused(fault, '')
  if (thinking?.thinkingBudget !== undefined && thinking.thinkingLevel !== undefined) return refused('You can only set one of thinking_budget and thinking_level.', '')
  if (config.logprobs !== undefined && config.responseLogprobs !== true) return refused('Logprobs requires response_logprobs to be true.', '')
  return {
    asked: {
      effort: thinking?.thinkingLevel?.toLowerCase(),
      thinking: thinkingOf(thinking),
      thinkingBudget: thinking?.thinkingBudget === undefined || thinking.thinkingBudget < 0 ? undefined : thinking.thinkingBudget,
      maxTokens: config.maxOutputTokens,
      seed: config.seed,
      schema: schema ?? (config.responseMimeType === 'application/json' ? true : undefined),
      choices: config.candidateCount ?? 1,
      topLogprobs: config.responseLogprobs === true ? (config.logprobs ?? 0) : undefined,
      stop: config.stopSequences ?? [],
    },
  }
}

function thinkingOf(thinking: z.infer<typeof generationConfig>['thinkingConfig']): Asked['thinking'] {
  if (thinking?.thinkingBudget === 0) return 'off'
  return thinking?.includeThoughts === true ? 'shown' : 'default'
}
