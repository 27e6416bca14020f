// The page's address is its state: which page, which side of the simulated/real divide, which window, what it is narrowed to, and
// the page's own settings. In and out: the URL, so that every view can be sent to somebody. Pure but for the hook.
import { useEffect, useState } from 'preact/hooks'
import { isRange, type Range } from '../api/scope.ts'

export const PAGES = ['overview', 'spend', 'quality', 'routes', 'bill', 'evals', 'traces', 'trace'] as const
export type PageName = (typeof PAGES)[number]

/** `last`: up to now, and following it. `between`: fixed, in ms since the epoch. `undefined`: the server chooses. */
export type WindowChoice = { readonly kind: 'last'; readonly range: Range } | { readonly kind: 'between'; readonly fromMs: number; readonly toMs: number } | undefined

/** What every page is about; links between pages keep it. */
export type Scope = {
  /** `undefined`: the server decides. */
  readonly simulated: boolean | undefined
  readonly window: WindowChoice
  /** Empty: all. */
  readonly tasks: readonly string[]
  readonly targets: readonly string[]
}

export type Address = {
  readonly page: PageName
  /** Trace or run; empty where the page needs none. */
  readonly id: string
  readonly scope: Scope
  /** Settings of the page itself, e.g. the query of Traces; an empty value is no setting. */
  readonly own: Readonly<Record<string, string>>
}

/** Everything that is left out stays; a change of page drops `id` and `own` unless they are given. */
export type Change = { readonly page?: PageName; readonly id?: string; readonly scope?: Partial<Scope>; readonly own?: Readonly<Record<string, string>> }
export type Go = (change: Change) => void

const SCOPE_PARAMS: ReadonlySet<string> = new Set(['data', 'range', 'from', 'to', 'task', 'target'])
const NO_SCOPE: Scope = { simulated: undefined, window: undefined, tasks: [], targets: [] }

/** Reads an address; what cannot be read counts as left out. */
export function readAddress(location: { readonly pathname: string; readonly search: string }): Address {
  const [, first = '', second = ''] = location.pathname.split('/')
  const page = PAGES.find((name) => name === first) ?? 'overview'
  const params = new URLSearchParams(location.search)
  const own: Record<string, string> = {}
  for (const [name, value] of params) if (!SCOPE_PARAMS.has(name) && value !== '') own[name] = value
  return { page, id: page === 'trace' || page === 'evals' ? decoded(second) : '', scope: readScope(params), own }
}

function readScope(params: URLSearchParams): Scope {
  const side = params.get('data')
  return {
    simulated: side === 'simulated' ? true : side === 'real' ? false : undefined,
    window: readWindow(params.get('range'), params.get('from'), params.get('to')),
    tasks: params.getAll('task').filter((name) => name !== ''),
    targets: params.getAll('target').filter((name) => name !== ''),
  }
}

function readWindow(range: string | null, from: string | null, to: string | null): WindowChoice {
  if (isRange(range)) return { kind: 'last', range }
  const fromMs = Date.parse(from ?? '')
  const toMs = Date.parse(to ?? '')
  return fromMs < toMs ? { kind: 'between', fromMs, toMs } : undefined
}

/** Writes an address: the same one always the same way. */
export function writeAddress({ page, id, scope, own }: Address): string {
  const params = new URLSearchParams()
  if (scope.simulated !== undefined) params.set('data', scope.simulated ? 'simulated' : 'real')
  if (scope.window?.kind === 'last') params.set('range', scope.window.range)
  if (scope.window?.kind === 'between') {
    params.set('from', iso(scope.window.fromMs))
    params.set('to', iso(scope.window.toMs))
  }
  for (const task of scope.tasks) params.append('task', task)
  for (const target of scope.targets) params.append('target', target)
  for (const [name, value] of Object.entries(own)) if (value !== '') params.set(name, value)
  const query = params.toString()
  const path = page === 'overview' ? '/' : `/${page}${id === '' ? '' : `/${encodeURIComponent(id)}`}`
  return query === '' ? path : `${path}?${query}`
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.000Z$/, 'Z')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The address after a change. */
export function changed(address: Address, { page = address.page, id, scope, own }: Change): Address {
  const same = page === address.page
  return { page, id: id ?? (same ? address.id : ''), scope: { ...address.scope, ...scope }, own: own === undefined ? (same ? address.own : {}) : same ? { ...address.own, ...own } : own }
}

/** The scope as parameters of the server's JSON. */
export function scopeQuery({ simulated, window, tasks, targets }: Scope): URLSearchParams {
  const params = new URLSearchParams()
  if (simulated !== undefined) params.set('simulated', simulated ? '1' : '0')
  if (window?.kind === 'last') params.set('range', window.range)
  if (window?.kind === 'between') {
    params.set('from', String(window.fromMs))
    params.set('to', String(window.toMs))
  }
  for (const task of tasks) params.append('task', task)
  for (const target of targets) params.append('target', target)
  return params
}

/** A setting of the page: one of `choices`, the first where the address has none of them. */
export function setting<T extends string>(address: Address, name: string, choices: readonly [T, ...T[]]): T {
  return choices.find((choice) => choice === address.own[name]) ?? choices[0]
}

/** The current address and a way to change it: another page is a step in the history, another setting replaces the current one. */
export function useAddress(): [Address, Go] {
  const [address, setAddress] = useState(() => readAddress(window.location))
  useEffect(() => {
    const onPop = (): void => setAddress(readAddress(window.location))
    window.addEventListener('popstate', onPop)
    return () => window.removeEventListener('popstate', onPop)
  }, [])
  const go: Go = (change) => {
    const current = readAddress(window.location)
    const next = changed(current, change)
    if (next.page === current.page && next.id === current.id) history.replaceState(null, '', writeAddress(next))
    else {
      history.pushState(null, '', writeAddress(next))
      window.scrollTo(0, 0)
    }
    setAddress(next)
  }
  return [address, go]
}

export { NO_SCOPE }
