// Links between pages: real addresses, so that they can be opened elsewhere, and a move within the page for a plain click.
import { createContext, type ComponentChildren } from 'preact'
import { useContext } from 'preact/hooks'
import { type Address, type Change, changed, type Go, NO_SCOPE, writeAddress } from '../address.ts'

/** Where the page is, and the way to somewhere else. */
export const Place = createContext<{ readonly address: Address; readonly go: Go }>({ address: { page: 'overview', id: '', scope: NO_SCOPE, own: {} }, go: () => undefined })

type Props = { readonly to: Change; readonly class?: string; readonly label?: string; readonly current?: boolean; readonly title?: string; readonly children: ComponentChildren }

export function Link({ to, class: kind, label, current, title, children }: Props) {
  const { address, go } = useContext(Place)
  return (
    <a
      href={writeAddress(changed(address, to))}
      class={kind}
      aria-label={label}
      title={title}
      {...(current === true ? { 'aria-current': 'page' as const } : {})}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        go(to)
      }}
    >
      {children}
    </a>
  )
}
