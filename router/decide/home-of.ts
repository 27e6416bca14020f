// How a conversation stands → where it is at home, as far as routing minds. Pure.
import type { Standing } from '../signals/signal.ts'
import type { Home } from './home.ts'

export type SessionSettings = {
  /** `conversation`: calls that send earlier answers back stay where these came from; `session`: so do all calls of a named session; `off`: nothing stays. */
  readonly sticky: 'conversation' | 'session' | 'off'
  /** How long a prompt is taken to stay in a provider's cache, in milliseconds. */
  readonly cacheMs: number
}

/** `undefined`: it begins here. `inputTokens`: estimated, of this request. */
export function homeOf(standing: Standing | undefined, settings: SessionSettings, inputTokens: number): Home | undefined {
  if (standing === undefined) return undefined
  const { before, session, inToolLoop } = standing
  // A loop of tools is bound to where it is, whatever is configured.
  const known = before ?? (settings.sticky === 'session' ? session : undefined)
  if (known === undefined || (settings.sticky === 'off' && !inToolLoop)) return undefined
  const { served, agoMs } = known
  return {
    target: served.target,
    evidenceKey: served.evidenceKey,
    provider: served.provider,
    wire: served.wire,
    prefixTokens: before === undefined ? 0 : Math.min(inputTokens, served.tokens ?? 0),
    warm: before !== undefined && agoMs <= settings.cacheMs && (served.tokens ?? 0) > 0,
    inToolLoop,
    routeVersion: served.routeVersion,
  }
}
