// The route table's source as the configuration in force names it: a changed `routes.source` is followed without a restart.
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../core/config.ts'
import { watchRoutes, type RoutesSource, type RoutesState } from './routes-source.ts'

export type FollowOptions = { readonly config: Config; readonly dataDir: string; readonly log: Logger; readonly pollMs: number | undefined }

export interface FollowedRoutes {
  state(): RoutesState
  follow(config: Config): void
  stop(): Promise<void>
}

/** Starts watching; later configurations come in through `follow`. */
export async function followRoutes(options: FollowOptions): Promise<FollowedRoutes> {
  const sourceOf = (config: Config): string => {
    const source = config.settings.routes.source ?? join(options.dataDir, 'route-table.json')
    return /^https?:\/\//.test(source) ? source : resolve(source)
  }
  const watch = (source: string): Promise<RoutesSource> => watchRoutes({ source, dataDir: options.dataDir, log: options.log, ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }) })
  let followed = sourceOf(options.config)
  let current = await watch(followed)
  let changing = Promise.resolve()
  return {
    state: () => current.current(),
    follow(config) {
      const source = sourceOf(config)
      if (source === followed) return
      followed = source
      changing = changing.then(async () => {
        const next = await watch(source)
        await current.stop()
        current = next
      })
    },
    async stop() {
      await changing
      await current.stop()
    },
  }
}
