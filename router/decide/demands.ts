// What a request demands of a target beyond being routed to it: the kind of model, features, and a wire that can carry all of
// it. Pure. The request is translated only when a target of another wire is considered, and then once.
import type { Ability, Target } from '../../core/config.ts'
import { asWeighbridgeError, type WeighbridgeError } from '../../core/errors.ts'
import type { ModelRequest, Wire } from '../../core/model-request.ts'
import { NO_LOSS, type Adapter, type Loss } from '../providers/adapter.ts'
import type { JsonObject } from '../providers/json.ts'

/** A client's request as the choice of a target sees it. */
export type Demands = {
  readonly kind: Target['kind']
  readonly needs: ReadonlySet<Ability>
  /** What a target would lose of the request; a `WeighbridgeError` when it cannot be put into the common form at all. */
  readonly lossAt: (target: Target) => Loss | WeighbridgeError
  /** The target that alone can serve it, because it holds what the request refers to; `undefined`: any. */
  readonly boundTo: Target | undefined
}

const NEEDS_NOTHING: ReadonlySet<Ability> = new Set()

/** A chat request that every target can carry. */
export const NO_DEMANDS: Demands = { kind: 'chat', needs: NEEDS_NOTHING, lossAt: () => NO_LOSS, boundTo: undefined }

export type Asked = { /** The client's body. */ readonly native: JsonObject; readonly needs: ReadonlySet<Ability>; readonly request: () => ModelRequest }

/** The demands of a request that came over `wire`. */
export function demandsOf(asked: Asked, wire: Wire, adapters: Readonly<Record<Wire, Adapter>>, boundTo: Target | undefined): Demands {
  let common: ModelRequest | WeighbridgeError | undefined
  const inCommonForm = (): ModelRequest | WeighbridgeError => {
    try {
      return asked.request()
    } catch (thrown) {
      return asWeighbridgeError(thrown)
    }
  }
  return {
    kind: 'chat',
    needs: asked.needs,
    boundTo,
    lossAt(target) {
      const adapter = adapters[target.provider.api]
      if (target.provider.api === wire) return adapter.ownLoss?.(asked.native, target) ?? NO_LOSS
      common ??= inCommonForm()
      if (common instanceof Error) return common
      const { refused, dropped } = adapter.loss(common, target)
      if (common.unmapped.length === 0 && common.hints.length === 0) return { refused, dropped }
      return { refused: [...new Set([...common.unmapped, ...refused])], dropped: [...new Set([...common.hints, ...dropped])] }
    },
  }
}
