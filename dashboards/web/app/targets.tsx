// One colour per target, the same on every page and in every chart; always beside its name, never instead of it. Other lists (tasks,
// keys) take the same colours by their own order.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

const COLOURS = 8

/** Sorted names of the targets seen; a name's place is its colour. */
export const Targets = createContext<readonly string[]>([])

/** Names seen first, then the merely configured ones, so that a colour never depends on what else a page shows. */
export function withConfigured(seen: readonly string[], configured: readonly string[]): string[] {
  return [...seen, ...[...new Set(configured)].filter((name) => !seen.includes(name)).toSorted()]
}

export type Paint = { readonly ground: string; readonly on: string }

/** The colour of a place, and what can be read upon it. */
export function paintAt(place: number): Paint {
  return place < 0 ? { ground: 'var(--muted)', on: 'var(--paper)' } : { ground: `var(--t${place % COLOURS})`, on: `var(--t${place % COLOURS}-on)` }
}

/** Gives each target's colour as a CSS value. */
export function useColour(): (target: string) => string {
  const names = useContext(Targets)
  return (target) => paintAt(names.indexOf(target)).ground
}

/** The same with what can be read upon it. */
export function usePaint(): (target: string) => Paint {
  const names = useContext(Targets)
  return (target) => paintAt(names.indexOf(target))
}

/** A target's name with its colour. */
export function TargetName({ name, faded }: { name: string; faded?: boolean }) {
  const colour = useColour()
  return <Swatch name={name === '' ? 'none' : name} colour={name === '' ? 'transparent' : colour(name)} {...(faded === true ? { faded } : {})} />
}

/** Any name with a colour. */
export function Swatch({ name, colour, faded }: { name: string; colour: string; faded?: boolean }) {
  return (
    <span class={faded === true ? 'target faded' : 'target'}>
      <i style={{ background: colour }} aria-hidden="true" />
      {name}
    </span>
  )
}
