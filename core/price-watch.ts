// Notices that prices changed: which targets cost something else than before, and which links of the chains are now over
// their ceilings. Keeps the last twenty for `status`. Pure but for what it remembers; who logs and who counts is told.
import type { Config, Target } from './config.ts'
import { canonicalJson } from './hash.ts'
import type { PriceNotice } from './operations.ts'
import { tierFor, type Rates, type TargetPrice } from './prices.ts'
import { ceilingCheck, newlyOver, overText } from './price-shapes.ts'

/** One target whose rates in force are others. `undefined`: unpriced. */
export type PriceChange = { readonly target: string; readonly before: TargetPrice | undefined; readonly after: TargetPrice | undefined }

/** The targets that call the same model of the same provider as before at other rates; names that mean something else now are no price change. */
export function priceChanges(before: Config, after: Config): PriceChange[] {
  const changes: PriceChange[] = []
  for (const [name, target] of after.targets) {
    const was = before.targets.get(name)
    if (was === undefined || !isSameModel(was, target) || sameRates(was.price, target.price)) continue
    changes.push({ target: name, before: was.price, after: target.price })
  }
  return changes
}

function isSameModel(a: Target, b: Target): boolean {
  return a.provider.name === b.provider.name && a.model === b.model
}

/** Whether two prices charge the same at their moments. */
export function sameRates(a: TargetPrice | undefined, b: TargetPrice | undefined): boolean {
  if (a === b) return true
  return a !== undefined && b !== undefined && canonicalJson(inForce(a)) === canonicalJson(inForce(b))
}

function inForce({ tiers, perRequest, perWebSearch, serviceTiers, marks }: TargetPrice): Rates {
  return { tiers, perRequest, perWebSearch, serviceTiers, marks }
}

/** A price as people read it: dollars per million tokens of input, of cache reads and of output, and what comes on top. */
export function priceText(price: TargetPrice | undefined): string {
  if (price === undefined) return 'unpriced'
  const { input, cacheRead, output } = tierFor(price, 0)
  const more = price.tiers.slice(1).map((tier) => `from ${tier.fromInputTokens} tokens ${dollars(tier.input)} in, ${dollars(tier.output)} out`)
  const parts = [`${dollars(input)} in`, ...(cacheRead === undefined ? [] : [`${dollars(cacheRead)} cached`]), `${dollars(output)} out`, ...more, ...(price.perRequest === 0 ? [] : [`${dollars(price.perRequest)} a request`])]
  return parts.join(', ')
}

function dollars(value: number): string {
  return `$${Number(value.toPrecision(6))}`
}

/** Cause of a change that no one made: a dated price began, or a time of day with prices of its own. */
export const BY_THE_CLOCK = 'effective date or time of day'

/** How many notices are kept. */
export const KEPT_NOTICES = 20

/** Remembers price changes since the process started. */
export interface PriceWatch {
  /** Compares two configurations; what changed is remembered and given back. `cause`: what made them differ. */
  note(before: Config, after: Config, cause: string, nowMs: number): readonly PriceNotice[]
  /** Remembers a change that somebody else noticed. */
  add(notice: PriceNotice): void
  /** Newest first, at most twenty. */
  recent(): readonly PriceNotice[]
}

/** A watch that has seen nothing yet. */
export function createPriceWatch(): PriceWatch {
  const kept: PriceNotice[] = []
  const add = (notice: PriceNotice): void => {
    kept.unshift(notice)
    kept.length = Math.min(kept.length, KEPT_NOTICES)
  }
  return {
    add,
    note(before, after, cause, nowMs) {
      const changes = priceChanges(before, after)
      if (changes.length === 0) return []
      const over = newlyOver(ceilingCheck(before), ceilingCheck(after))
      const notices = changes.map((change): PriceNotice => ({
        target: change.target,
        at: Math.round(nowMs),
        cause,
        before: priceText(change.before),
        after: priceText(change.after),
        over: over.filter((link) => link.target === change.target).map(overText),
      }))
      for (const notice of notices) add(notice)
      return notices
    },
    recent: () => [...kept],
  }
}
