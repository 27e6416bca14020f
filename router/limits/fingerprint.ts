// The fingerprint by which the same call is known again: a hash of the whole body but for what changes from call to call without changing
// what is asked. Pure; nothing of the body is kept.
import { hash } from 'node:crypto'
import type { JsonObject } from '../providers/json.ts'

/** Members that say who asks, how the answer travels or where it is kept, not what is asked. */
const VOLATILE: ReadonlySet<string> = new Set([
  'metadata', 'user', 'user_profile_id', 'safety_identifier', 'seed', 'service_tier', 'stream', 'stream_options', 'store',
  'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'diagnostics',
])

/** 28 characters; equal bodies, and bodies that differ in volatile members only, have the same. The order of members counts: one client keeps its own. */
export function fingerprint(body: JsonObject): string {
  const asked: Record<string, unknown> = {}
  for (const name in body) if (!VOLATILE.has(name)) asked[name] = body[name]
  return hash('sha1', JSON.stringify(asked), 'base64')
}
