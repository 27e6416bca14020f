// One colour per target, the same on every page and in every chart; always beside its name, never instead of it.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

const COLOURS = 8

/** Sorted names of the targets seen; a name's place is its colour. */
export const Targets = createContext<readonly string[]>([])

/** Names seen first, then the merely configured ones, so that a colour never depends on what else a page shows. */
export function withConfigured(seen: readonly string[], configured: readonly string[]): string[] {
  return [...seen, ...[...new Set(configured)].filter((name) => !seen.includes(name)).toSorted()]
}

/** Gives each target's colour as a CSS value. */
export function useColour(): (target: string) => string {
  const names = useContext(Targets)
  return (target) => {
    const place = names.indexOf(target)
    return place === -1 ? 'var(--muted)' : `var(--t${place % COLOURS})`
  }
}

/** A target's name with its colour. */
export function TargetName({ name, faded }: { name: string; faded?: boolean }) {
  const colour = useColour()
  return (
    <span class={faded === true ? 'target faded' : 'target'}>
      <i style={{ background: colour(name) }} aria-hidden="true" />
      {name === '' ? 'none' : name}
    </span>
  )
}
