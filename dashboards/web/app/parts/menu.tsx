// A small window under a button: opened and closed by it, by Escape and by a click elsewhere. The browser's own `details` does the rest.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

export function Menu({ face, label, marked, children }: { face: ComponentChildren; label: string; marked?: boolean; children: ComponentChildren }) {
  const box = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const close = (event: Event): void => {
      const element = box.current
      if (element === null || !element.open) return
      if (event instanceof KeyboardEvent) {
        if (event.key !== 'Escape') return
        element.querySelector('summary')?.focus()
      } else if (event.target instanceof Node && element.contains(event.target)) return
      element.open = false
    }
    document.addEventListener('pointerdown', close)
    document.addEventListener('keydown', close)
    return () => {
      document.removeEventListener('pointerdown', close)
      document.removeEventListener('keydown', close)
    }
  }, [])
  return (
    <details class="menu" ref={box}>
      <summary class={marked === true ? 'button marked' : 'button'} aria-label={label}>
        {face}
      </summary>
      <div class="sheet">{children}</div>
    </details>
  )
}
