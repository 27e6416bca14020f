// GET /v1/models: every name the `model` field may hold, in OpenAI's list form. Pure.
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { nearestNames } from '../decide/nearest-names.ts'
import { knownModels } from '../decide/resolve-model.ts'

type Model = { readonly id: string; readonly object: 'model'; readonly created: number; readonly owned_by: string }

/** `owned_by` is the provider of a target and `weighbridge` for auto, tasks and aliases. */
export function listModels(config: Config): { object: 'list'; data: Model[] } {
  return { object: 'list', data: knownModels(config).map((id) => model(config, id)) }
}

/** One of them. Throws `unknown_model`. */
export function findModel(config: Config, id: string): Model {
  const known = knownModels(config)
  if (known.includes(id)) return model(config, id)
  const nearest = nearestNames(id, known)
  throw new WeighbridgeError('unknown_model', `There is no model "${id.slice(0, 128)}".${nearest.length === 0 ? '' : ` Did you mean ${nearest.join(', ')}?`}`, { details: { nearest } })
}

function model(config: Config, id: string): Model {
  return { id, object: 'model', created: 0, owned_by: config.targets.get(id)?.provider.name ?? 'weighbridge' }
}
