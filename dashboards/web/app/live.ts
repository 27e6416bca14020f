// Keeps an answer fresh while the page is looked at. In: how to ask and how often. Out: the last good answer, its age, and
// the error if the newest try failed. Hidden pages ask nothing.
import { createContext } from 'preact'
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks'
import { PageError } from './client.ts'

export type Live<T> = {
  readonly data: T | undefined
  /** When `data` came, milliseconds since the epoch. */
  readonly at: number | undefined
  readonly error: PageError | undefined
  readonly reload: () => void
}

/** How fresh the page's main figures are. */
export type Report = { readonly at: number | undefined; readonly stale: boolean }
/** Where a page says so; the bar shows it. */
export const Reports = createContext<(report: Report) => void>(() => undefined)

/** Says that this answer is the page's main one. */
export function useReport<T>({ at, error }: Live<T>): void {
  const report = useContext(Reports)
  const stale = error !== undefined
  useEffect(() => report({ at, stale }), [at, stale, report])
}

/**
 * Asks now, whenever `key` changes, and every `everyS` seconds while visible (0: never again). An old `key`'s answer is not shown under
 * a new one, unless `keep` says that it may stand until the new one comes.
 */
export function useLive<T>(key: string, everyS: number, ask: (signal: AbortSignal) => Promise<T>, keep = false): Live<T> {
  const [state, setState] = useState<{ key: string; data: T | undefined; at: number | undefined; error: PageError | undefined }>({ key, data: undefined, at: undefined, error: undefined })
  const [turn, setTurn] = useState(0)
  const asking = useRef(ask)
  asking.current = ask
  const reload = useCallback(() => setTurn((n) => n + 1), [])

  useEffect(() => {
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let running = false
    const run = async (): Promise<void> => {
      if (running) return
      running = true
      try {
        const data = await asking.current(abort.signal)
        if (!abort.signal.aborted) setState({ key, data, at: Date.now(), error: undefined })
      } catch (thrown) {
        if (abort.signal.aborted) return
        const error = thrown instanceof PageError ? thrown : new PageError(0, 'internal', String(thrown), 'Reload the page.')
        setState((old) => ({ key, data: old.key === key ? old.data : undefined, at: old.key === key ? old.at : undefined, error }))
      } finally {
        running = false
        if (!abort.signal.aborted && !document.hidden && everyS > 0) timer = setTimeout(() => void run(), everyS * 1_000)
      }
    }
    const onVisible = (): void => {
      clearTimeout(timer)
      if (!document.hidden && everyS > 0) void run()
    }
    document.addEventListener('visibilitychange', onVisible)
    void run()
    return () => {
      abort.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [key, everyS, turn])

  const shown = state.key === key || (keep && state.error === undefined)
  return shown ? { data: state.data, at: state.at, error: state.key === key ? state.error : undefined, reload } : { data: undefined, at: undefined, error: undefined, reload }
}
