// Loaded before the router (`--import`): spans go nowhere instead of onto disk, so that what serialising, writing and waiting for them
// costs can be told. For the bench alone: such a router loses every span.
import { registerHooks } from 'node:module'

const SPOOL = '/router/spans/span-spool.ts'

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    return resolved.url.endsWith(SPOOL) ? { ...resolved, url: new URL('no-spool.ts', import.meta.url).href } : resolved
  },
})
