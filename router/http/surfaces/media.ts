// Images and files in a client's body → media sources, and the cache marks that parts carry. Pure.
import type { CacheMark, MediaSource, Wire } from '../../../core/model-request.ts'
import { isObject, textAt, type JsonObject } from '../../providers/json.ts'
import { fault } from './faults.ts'

/** RFC 2397 with base64, the only form the APIs take: media type, parameters, data. */
const DATA_URL = /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+)?(?:;[a-z0-9-]+=[^;,]*)*;base64,/i

/** A web address or a data address as a source. Throws `bad_request` for anything else. */
export function sourceOfUrl(url: unknown, path: string): MediaSource {
  if (typeof url !== 'string' || url === '') throw fault(path, 'must be a web address or a data: address')
  if (url.slice(0, 5).toLowerCase() === 'data:') {
    // The head alone is matched: the data may be megabytes.
    const head = DATA_URL.exec(url.slice(0, 256))
    if (head === null) throw fault(path, 'must be a data: address with base64')
    return { kind: 'data', mediaType: head[1]?.toLowerCase() ?? 'application/octet-stream', base64: url.slice(head[0].length) }
  }
  if (!/^https?:\/\//i.test(url)) throw fault(path, 'must be a web address or a data: address')
  return { kind: 'url', url }
}

/** Base64 that may stand in a data address or alone; `otherwise` is the media type of what stands alone. */
export function sourceOfData(data: string, otherwise: string, path: string): MediaSource {
  return data.slice(0, 5).toLowerCase() === 'data:' ? sourceOfUrl(data, path) : { kind: 'data', mediaType: otherwise, base64: data }
}

/** A file that was uploaded at a provider of `wire`. */
export function uploadedFile(wire: Wire, id: unknown, path: string): MediaSource {
  if (typeof id !== 'string' || id === '') throw fault(path, 'must be the id of an uploaded file')
  return { kind: 'provider_file', wire, id }
}

/** Media types of files by the end of their names, where only a name is given. */
const TYPE_BY_END: Readonly<Record<string, string>> = { pdf: 'application/pdf', txt: 'text/plain', md: 'text/markdown', csv: 'text/csv', json: 'application/json', html: 'text/html' }

export function typeOfName(name: string | undefined): string {
  const end = name?.slice(name.lastIndexOf('.') + 1).toLowerCase() ?? ''
  return (Object.hasOwn(TYPE_BY_END, end) ? TYPE_BY_END[end] : undefined) ?? 'application/pdf'
}

/**
 * The cache mark of a part, a message or a tool: Anthropic's `cache_control` (which gateways accept on every API), or OpenAI's
 * `prompt_cache_breakpoint`, whose times are both longer than five minutes.
 */
export function cacheMark(holder: JsonObject): CacheMark | undefined {
  const control = holder['cache_control']
  if (isObject(control)) return textAt(control, 'ttl') === '1h' ? '1h' : '5m'
  const breakpoint = holder['prompt_cache_breakpoint']
  if (isObject(breakpoint)) return textAt(breakpoint, 'ttl') === undefined ? '5m' : '1h'
  return undefined
}
