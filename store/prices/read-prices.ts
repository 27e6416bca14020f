// Fetches the text of a price list from a file or an http(s) address. In: where it is. Out: its text, bounded in size and
// time. It does not judge the text, and follows no redirect, so that an address means what it says.
import { open } from 'node:fs/promises'
import { request } from 'undici'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'

/** The data of genai-prices as its project publishes them (@pydantic/genai-prices 0.1.8, REMOTE_DATA_JSON_URL). */
export const PUBLISHED_PRICES = 'https://raw.githubusercontent.com/pydantic/genai-prices/main/prices/new_data/v2/data.json'

const LARGEST_BYTES = 32 * 1024 * 1024
const TIMEOUT_MS = 20_000

/** Throws `prices_unreachable` when it cannot be read, or is larger than 32 MiB. */
export async function readPrices(source: string): Promise<string> {
  try {
    return /^https?:\/\//i.test(source) ? await readUrl(source) : await readFileBounded(source)
  } catch (cause) {
    if (cause instanceof WeighbridgeError) throw cause
    throw new WeighbridgeError('prices_unreachable', `The price list ${shown(source)} cannot be read: ${asWeighbridgeError(cause).message}`, { cause })
  }
}

async function readUrl(url: string): Promise<string> {
  const { statusCode, body } = await request(url, { headers: { accept: 'application/json, application/yaml, text/plain' }, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (statusCode !== 200) {
    await body.dump()
    throw new WeighbridgeError('prices_unreachable', `${shown(url)} answered HTTP ${statusCode}`)
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    const piece = Buffer.from(chunk)
    bytes += piece.length
    if (bytes > LARGEST_BYTES) throw new WeighbridgeError('prices_unreachable', `${shown(url)} answered more than ${LARGEST_BYTES} bytes`)
    chunks.push(piece)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function readFileBounded(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    if (size > LARGEST_BYTES) throw new WeighbridgeError('prices_unreachable', `${path} is larger than ${LARGEST_BYTES} bytes`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** An address without what may be a secret in it. */
export function shown(source: string): string {
  if (!URL.canParse(source)) return source
  const url = new URL(source)
  return url.protocol.startsWith('http') ? `${url.origin}${url.pathname}` : source
}
