// What is kept of a call's texts, by configuration: one rule per call out of the general one, its task's and its key's. Pure.
import { CAPTURE_MODES, type ConfigFile } from '../../core/config-schema.ts'
import { fnv1a } from '../../core/seams.ts'

export type CaptureSettings = ConfigFile['capture']
export type CaptureMode = (typeof CAPTURE_MODES)[number]
export type CaptureRule = { readonly mode: CaptureMode; /** Share of calls that `sampled` keeps. */ readonly sample: number; readonly maxBytes: number }

/** Whether anything is ever kept under these settings; asked before a call is looked at. */
export function capturesAnything({ mode, tasks, keys }: CaptureSettings): boolean {
  const some = (rule: { readonly mode?: CaptureMode | undefined }): boolean => rule.mode !== undefined && rule.mode !== 'none'
  return mode !== 'none' || Object.values(tasks).some(some) || Object.values(keys).some(some)
}

/** The rule of a call: its key's before its task's before the general one; where either of the two says none, none it is. */
export function ruleOf(settings: CaptureSettings, task: string, keyId: string | undefined): CaptureRule {
  const ofTask = settings.tasks[task]
  const ofKey = keyId === undefined ? undefined : settings.keys[keyId]
  const refused = ofTask?.mode === 'none' || ofKey?.mode === 'none'
  return {
    mode: refused ? 'none' : (ofKey?.mode ?? ofTask?.mode ?? settings.mode),
    sample: ofKey?.sample ?? ofTask?.sample ?? settings.sample,
    maxBytes: ofKey?.max_bytes ?? ofTask?.max_bytes ?? settings.max_bytes,
  }
}

/** Whether a call is in the sample: by its trace, so that every router says the same of it. */
export function isSampled(traceId: string, share: number): boolean {
  return fnv1a(traceId) / 4_294_967_296 < share
}
