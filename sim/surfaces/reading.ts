// What every wire format's reader needs: a schema's complaint as a provider would word it, and what media cost in tokens.
import type { z } from 'zod'
import type { SimError } from './surface.ts'

/** The refusal of a body that the schema does not accept; names the first member at fault. */
export function complaint(error: z.ZodError, body: unknown): SimError {
  const issue = error.issues[0]
  const param = issue?.path.join('.') ?? ''
  const missing = issue?.code === 'invalid_type' && !hasMember(body, issue.path)
  return {
    kind: 'bad_request',
    message: missing ? `Missing required parameter: '${param}'.` : `Invalid value for '${param}'.`,
    param,
    code: missing ? 'missing_required_parameter' : 'invalid_value',
  }
}

/** A refusal that names a member. */
export function refused(message: string, param: string, code?: string): { readonly error: SimError } {
  return { error: { kind: 'bad_request', message, param, ...(code === undefined ? {} : { code }) } }
}

function hasMember(body: unknown, path: readonly PropertyKey[]): boolean {
  let at = body
  for (const member of path) {
    if (typeof at !== 'object' || at === null || !(member in at)) return false
    at = Reflect.get(at, member)
  }
  return true
}

/** Tokens of one image or file; providers count by size, and the sim looks at none. Ours, about a 1024-pixel picture. */
export const TOKENS_PER_MEDIUM = 765

/** Tells the text of parts of any wire apart from the media among them. */
export function textAndMedia(content: string | readonly { readonly type?: string | undefined; readonly text?: string | undefined }[] | null | undefined): { text: string; media: number } {
  if (content === undefined || content === null) return { text: '', media: 0 }
  if (typeof content === 'string') return { text: content, media: 0 }
  return { text: content.map((part) => part.text ?? '').join('\n'), media: content.filter((part) => part.text === undefined && MEDIA.test(part.type ?? '')).length }
}

const MEDIA = /image|file|audio|document/
