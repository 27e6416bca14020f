// The width an element really has, so that charts are drawn in real pixels and text keeps its size.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

export function useWidth(first: number): [{ current: HTMLDivElement | null }, number] {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(first)
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => setWidth(Math.max(200, element.clientWidth)))
    observer.observe(element)
    setWidth(Math.max(200, element.clientWidth))
    return () => observer.disconnect()
  }, [])
  return [ref, width]
}
