// Published route tables as they were stored: the versions, and the weights inside them.
import { z } from 'zod'
import { defineQuery } from './define.ts'
import { instant, inWindow, number, windowParams } from './fragments.ts'

/** Published versions, newest first. */
export const routeVersions = defineQuery({
  name: 'route_versions',
  meaning: 'Published route tables in the window, newest first, with who published them, by what rule, and the table as JSON.',
  params: windowParams,
  row: z.object({
    version: number,
    parent: number,
    hash: z.string(),
    published_at: instant,
    action: z.string(),
    rule: z.string(),
    author: z.string(),
    table_json: z.string(),
  }),
  sql: `SELECT version, parent, hash, published_at, action, rule, author, table_json
FROM route_tables
WHERE is_simulated = {simulated:Bool} AND ${inWindow('published_at')}
ORDER BY version DESC
LIMIT 200`,
})

/** The weights of every published version, one row per task and target. */
export const routeWeights = defineQuery({
  name: 'route_weights',
  meaning: "Per published version, task and target: the target's share of the draw, 0..1.",
  params: windowParams.extend({ targets: z.array(z.string()), tasks: z.array(z.string()) }),
  row: z.object({ at: instant, version: number, task: z.string(), target: z.string(), weight: number, author: z.string(), rule: z.string() }),
  sql: `SELECT published_at AS at, version, task_route.1 AS task, share.1 AS target, share.2 AS weight, author, rule
FROM route_tables
ARRAY JOIN JSONExtractKeysAndValuesRaw(table_json, 'tasks') AS task_route
ARRAY JOIN JSONExtractKeysAndValues(task_route.2, 'weights', 'Float64') AS share
WHERE is_simulated = {simulated:Bool} AND ${inWindow('published_at')}
  AND (empty({targets:Array(String)}) OR has({targets:Array(String)}, target))
  AND (empty({tasks:Array(String)}) OR has({tasks:Array(String)}, task))
ORDER BY at, task, target`,
})
