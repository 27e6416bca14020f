// Hands out the files of the built pages with their types and cache rules. In: a path. Out: a file of the build, the page
// itself for the addresses it draws, or an honest 404. It must not read anything outside the build folder.
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { WeighbridgeError } from '../../core/errors.ts'

const compress = promisify(gzip)

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

// The page needs nothing from elsewhere, so nothing from elsewhere may run, load or frame it.
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Only names the build produces, in one folder: no separators, so no way up.
const ASSET = /^\/(assets\/[A-Za-z0-9_-][A-Za-z0-9._-]*|favicon\.svg)$/
// As in app/address.ts: the pages that draw themselves from their address.
const PAGE = /^\/((spend|quality|routes|bill|evals|traces)\/?|(trace|evals)\/[^/]+\/?)?$/

/** Answers one request for the pages. Throws `route_not_found` and `method_not_allowed`. */
export async function answerStatic(distDir: string, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const asset = ASSET.exec(url.pathname)?.[1]
  if (asset === undefined && !PAGE.test(url.pathname)) throw new WeighbridgeError('route_not_found', `There is nothing at ${url.pathname}.`)
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new WeighbridgeError('method_not_allowed', `${request.method} is not answered here; the pages are only read.`)
  const file = asset ?? 'index.html'
  let bytes: Buffer
  try {
    bytes = await readFile(join(distDir, file))
  } catch (cause) {
    if (asset !== undefined) throw new WeighbridgeError('route_not_found', `The build has no file ${url.pathname}.`, { cause })
    send(request, response, 503, Buffer.from(UNBUILT), TYPES['.html'] ?? '', 'no-store', false)
    return
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream'
  // Names under assets/ carry a hash of their content; the page itself must be asked for anew.
  const cache = file.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  // Fonts are compressed already.
  const small = bytes.length < 1024 || type.startsWith('font/') || !/\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  send(request, response, 200, small ? bytes : await compress(bytes), type, cache, !small)
}

function send(request: IncomingMessage, response: ServerResponse, status: number, bytes: Buffer, type: string, cache: string, gzipped: boolean): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': cache,
    vary: 'accept-encoding',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(gzipped ? { 'content-encoding': 'gzip' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

const UNBUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weighbridge</title>
<h1>The pages are not built</h1><p>Weighbridge runs, but its web pages have not been built in this checkout.</p>
<p>Run <code>npm run build:web</code> and reload.</p></html>
`
