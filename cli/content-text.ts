// What was kept of a call's texts, for a terminal; and where nothing was, which rule was the reason and the one line that changes it. Pure.
import { WB } from '../core/attributes.ts'
import type { ConfigFile } from '../core/config-schema.ts'
import { isSampled, ruleOf } from '../router/capture/policy.ts'

export type ContentRow = { readonly span_id: string; readonly kind: 'prompt' | 'answer'; readonly at_ms: number; readonly body: string; readonly attributes: Readonly<Record<string, string>> }

/** A call as its span tells of it. */
export type TracedCall = { readonly traceId: string; readonly task: string; readonly keyId: string | undefined }

/** Why nothing of a call was kept under these settings, and what would have kept it. */
export function whyNothingKept(settings: ConfigFile['capture'], { traceId, task, keyId }: TracedCall): string {
  const rule = ruleOf(settings, task, keyId)
  const line = (text: string): string => `in weighbridge.yaml: ${text}`
  if (rule.mode === 'none') {
    if (keyId !== undefined && settings.keys[keyId]?.mode === 'none') return `prompt and answer were not kept: capture.keys.${keyId}.mode is none; to keep them from now on, ${line(`capture: { keys: { ${keyId}: { mode: all } } }`)}`
    if (settings.tasks[task]?.mode === 'none') return `prompt and answer were not kept: capture.tasks.${task}.mode is none; to keep them from now on, ${line(`capture: { tasks: { ${task}: { mode: all } } }`)}`
    return `prompt and answer were not kept: capture.mode is none; to keep them from now on, ${line('capture: { mode: all }')}`
  }
  if (rule.mode === 'sampled' && !isSampled(traceId, rule.sample)) return `prompt and answer were not kept: this call is not in the sample of ${rule.sample}; to keep every one, ${line('capture: { mode: all }')}`
  if (rule.mode === 'on_signal') return `prompt and answer were not kept: nothing was said of this call within 30 minutes (capture.mode is on_signal); to keep every one, ${line('capture: { mode: all }')}`
  return `nothing is kept of this call: it is older than capture.retention_days (${settings.retention_days}) or than the present configuration, was forgotten on demand, or is still on its way`
}

/** The texts, message by message. Whatever is not of the common form is shown as it is stored. */
export function contentText(rows: readonly ContentRow[]): string {
  return rows.map((row) => `${heading(row)}\n${bodyText(row)}\n`).join('\n')
}

function heading({ kind, attributes }: ContentRow): string {
  const notes = [
    ...(attributes[WB.contentForm] === 'metadata' ? ['shape only'] : []),
    ...(attributes[WB.contentTruncated] === 'true' ? [`cut from ${attributes[WB.contentBytes] ?? '?'} bytes`] : []),
    ...(attributes[WB.contentPartial] === 'true' ? ['did not come to its end'] : []),
    ...(attributes[WB.contentForgotten] === 'true' ? ['forgotten on demand'] : []),
  ]
  return `── ${kind}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
}

type Part = { readonly kind?: unknown; readonly text?: unknown; readonly name?: unknown; readonly argumentsJson?: unknown; readonly characters?: unknown }

function bodyText({ body }: ContentRow): string {
  if (body === '') return ''
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return printable(body)
  }
  // Written by the router in the common form; read here as far as it goes.
  const { messages, parts } = value as { messages?: readonly { role?: unknown; parts?: readonly Part[] }[]; parts?: readonly Part[] }
  if (Array.isArray(messages)) return messages.map((message) => `${String(message.role ?? '?')}: ${partsText(message.parts)}`).join('\n')
  return Array.isArray(parts) ? partsText(parts) : printable(JSON.stringify(value, undefined, 2))
}

function partsText(parts: readonly Part[] | undefined): string {
  return (parts ?? []).map((part) => printable(typeof part.text === 'string' ? part.text : part.kind === 'tool_call' && part.argumentsJson !== undefined ? `${String(part.name)}(${String(part.argumentsJson)})` : JSON.stringify(part))).join(' ')
}

/** Without control characters that a terminal would obey; line ends stay. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}]/gu, (character) => (character === '\n' || character === '\t' ? character : ''))
}
