// GET /v1/models: every name the `model` field may hold, in OpenAI's list form or, for clients that say which version of
// Anthropic's API they speak, in Anthropic's. Pure.
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { nearestNames } from '../../core/nearest-names.ts'
import { knownModels } from '../decide/resolve-model.ts'
import type { JsonObject } from '../providers/json.ts'

/** Which names a key may use. */
export type Shows = (name: string) => boolean
const ALL: Shows = () => true

type Headers = Readonly<Record<string, string | string[] | undefined>>
type OpenAiModel = { readonly id: string; readonly object: 'model'; readonly created: number; readonly owned_by: string }

/** When a name came to be is not known of any: the first second of the epoch, as OpenAI's `created: 0`. */
const UNKNOWN_TIME = '1970-01-01T00:00:00Z'

/** All models that `shows` names, in the form that the request's headers ask for; one page, whatever its query says. */
export function listModels(config: Config, headers: Headers = {}, shows: Shows = ALL): JsonObject {
  const names = knownModels(config).filter(shows)
  if (!speaksAnthropic(headers)) return { object: 'list', data: names.map((id) => openAiModel(config, id)) }
  return { data: names.map((id) => anthropicModel(config, id)), has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null }
}

/** One of them. Throws `unknown_model`. */
export function findModel(config: Config, id: string, headers: Headers = {}, shows: Shows = ALL): JsonObject {
  const known = knownModels(config).filter(shows)
  if (known.includes(id)) return speaksAnthropic(headers) ? anthropicModel(config, id) : openAiModel(config, id)
  const nearest = nearestNames(id, known)
  throw new WeighbridgeError('unknown_model', `There is no model "${id.slice(0, 128)}".${nearest.length === 0 ? '' : ` Did you mean ${nearest.join(', ')}?`}`, { details: { nearest } })
}

/** Both of Anthropic's clients and its documentation send the version with every request; no client of OpenAI's does. */
function speaksAnthropic(headers: Headers): boolean {
  return headers['anthropic-version'] !== undefined
}

/** `owned_by` is the provider of a target and `weighbridge` for auto, tasks and aliases. */
function openAiModel(config: Config, id: string): OpenAiModel {
  return { id, object: 'model', created: 0, owned_by: config.targets.get(id)?.provider.name ?? 'weighbridge' }
}

/** @anthropic-ai/sdk 1.12, ModelInfo; what is not known of a model is null. */
function anthropicModel(config: Config, id: string): JsonObject {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: UNKNOWN_TIME,
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    line: null,
    capabilities: null,
    max_input_tokens: config.targets.get(id)?.contextWindow ?? null,
    max_tokens: null,
  }
}
