// The list of models in the form of whoever asks: OpenAI's, Anthropic's (told by its version header), or Google's. Pure.
import type { Wire } from '../core/model-request.ts'
import type { Clock } from '../core/seams.ts'
import type { EmbeddingProfile, ModelProfile } from './profiles.ts'

/** The body of GET …/models. `wire`: that of the path. */
export function modelList(models: readonly (ModelProfile | EmbeddingProfile)[], wire: Wire, anthropic: boolean, clock: Clock): string {
  if (wire === 'gemini') {
    return JSON.stringify({ models: models.map((model) => ({ name: `models/${model.name}`, displayName: model.name, inputTokenLimit: model.contextWindow.value, supportedGenerationMethods: 'dimensions' in model ? ['embedContent'] : ['generateContent', 'countTokens'] })) })
  }
  if (anthropic) {
    const data = models.filter((model) => !('dimensions' in model)).map(({ name }) => ({ type: 'model', id: name, display_name: name, created_at: new Date(clock.nowMs()).toISOString() }))
    return JSON.stringify({ data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null })
  }
  const created = Math.floor(clock.nowMs() / 1000)
  return JSON.stringify({ object: 'list', data: models.map((model) => ({ id: model.name, object: 'model', created, owned_by: model.provider })) })
}
