// The runbook at /runbook, where alerts lead: docs/runbook.md as it is, with an anchor per entry. Plain text on purpose: it must be
// readable when nothing else works. Open: it holds no data.
import { readFile } from 'node:fs/promises'
import type { Mount } from '../../core/mount.ts'
import { WeighbridgeError } from '../../core/errors.ts'

const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** `file`: the Markdown file. Throws `route_not_found` where the installation has none. */
export function runbookMount(file: string | URL): Mount {
  return {
    prefix: '/runbook',
    readScope: undefined,
    writeScope: 'admin',
    async handle(request, response, url) {
      if (url.pathname !== '/runbook') throw new WeighbridgeError('route_not_found', `There is nothing at ${url.pathname}.`)
      if (request.method !== 'GET' && request.method !== 'HEAD') throw new WeighbridgeError('method_not_allowed', `${request.method} is not answered here; the runbook is only read.`)
      const text = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new WeighbridgeError('route_not_found', 'This installation has no docs/runbook.md.', { cause })
      })
      const page = Buffer.from(runbookPage(text))
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': page.length, 'cache-control': 'no-cache', 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
      response.end(request.method === 'HEAD' ? undefined : page)
    },
  }
}

const ANCHOR = /^<a id="([a-z-]+)"><\/a>\n/m

/** The page: each entry under the name that its alert links to. */
export function runbookPage(markdown: string): string {
  const [head = '', ...rest] = markdown.split(/^(?=<a id="[a-z-]+"><\/a>\n)/m)
  const entries = rest.map((part) => `<pre id="${ANCHOR.exec(part)?.[1] ?? ''}">${escaped(part.replace(ANCHOR, ''))}</pre>`)
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weighbridge: runbook</title>\n<pre>${escaped(head)}</pre>\n${entries.join('\n')}\n</html>\n`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
