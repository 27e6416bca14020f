// The surfaces by the path they are served at.
import { chatSurface } from './chat/surface.ts'
import { messagesSurface } from './messages/surface.ts'
import { responsesSurface } from './responses/surface.ts'
import type { Surface } from './surface.ts'

/** All surfaces by path. */
export const SURFACES: ReadonlyMap<string, Surface> = new Map([chatSurface, responsesSurface, messagesSurface].map((surface) => [surface.path, surface]))

/** The surface whose shapes hold at a path: its own path and what stands below it; `undefined`: none. */
export function surfaceForPath(path: string): Surface | undefined {
  const exact = SURFACES.get(path)
  if (exact !== undefined) return exact
  for (const surface of SURFACES.values()) if (path.startsWith(`${surface.path}/`)) return surface
  return undefined
}
