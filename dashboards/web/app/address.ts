// The page's address is its state: which page, which side of the simulated/real divide, which range. In and out: the URL.
import { useEffect, useState } from 'preact/hooks'
import { isOnly, isRange, type Only, type Range } from '../api.ts'

export type Address = {
  /** `undefined`: the overview. */
  readonly traceId: string | undefined
  /** `undefined`: the server decides. */
  readonly simulated: boolean | undefined
  /** `undefined`: the server takes the shortest that holds what there is. */
  readonly range: Range | undefined
  readonly only: Only
}

export function readAddress(location: { pathname: string; search: string }): Address {
  const params = new URLSearchParams(location.search)
  const side = params.get('data')
  const range = params.get('range')
  const only = params.get('calls')
  return {
    traceId: /^\/trace\/([^/]+)\/?$/.exec(location.pathname)?.[1],
    simulated: side === 'simulated' ? true : side === 'real' ? false : undefined,
    range: isRange(range) ? range : undefined,
    only: isOnly(only) ? only : 'all',
  }
}

export function writeAddress(address: Address): string {
  const params = new URLSearchParams()
  if (address.simulated !== undefined) params.set('data', address.simulated ? 'simulated' : 'real')
  if (address.range !== undefined) params.set('range', address.range)
  if (address.only !== 'all') params.set('calls', address.only)
  const query = params.toString()
  return `${address.traceId === undefined ? '/' : `/trace/${address.traceId}`}${query === '' ? '' : `?${query}`}`
}

/** The current address and a way to change it: a new page is a step in the history, a new setting replaces the current one. */
export function useAddress(): [Address, (change: Partial<Address>) => void] {
  const [address, setAddress] = useState(() => readAddress(window.location))
  useEffect(() => {
    const onPop = (): void => setAddress(readAddress(window.location))
    window.addEventListener('popstate', onPop)
    return () => window.removeEventListener('popstate', onPop)
  }, [])
  const go = (change: Partial<Address>): void => {
    const next = { ...readAddress(window.location), ...change }
    const samePage = next.traceId === readAddress(window.location).traceId
    if (samePage) history.replaceState(null, '', writeAddress(next))
    else {
      history.pushState(null, '', writeAddress(next))
      window.scrollTo(0, 0)
    }
    setAddress(next)
  }
  return [address, go]
}
