// The way a call took over targets, each failure with its reason.
import { spoken } from '../format.ts'
import { TargetName } from '../targets.tsx'

type Walked = { readonly path_targets: readonly string[]; readonly path_errors: readonly string[]; readonly error_code: string; readonly status: string; readonly target: string }

export function Path({ call }: { call: Walked }) {
  const steps = call.path_targets.length === 0 && call.target !== '' ? [call.target] : call.path_targets
  return (
    <span class="path">
      {steps.map((target, i) => {
        const error = call.path_errors[i] ?? ''
        return (
          <span key={i}>
            {i > 0 && <span class="arrow">→</span>}
            <TargetName name={target} faded={error !== ''} />
            {error !== '' && <span class="err">✕ {spoken(error)}</span>}
          </span>
        )
      })}
      {call.path_targets.length === 0 && call.status === 'Error' && <span class="err">✕ {spoken(call.error_code)}</span>}
    </span>
  )
}
