// Where one call would go, asked before it is made: its text or only its facts. The router draws nothing, sends nothing, keeps nothing.
import { useState } from 'preact/hooks'
import type { CallExplanation } from '../../../../core/explanation.ts'
import { SURFACES } from '../parts/surfaces.ts'
import type { RouteTask } from '../../api/routes.ts'
import type { Address, Go } from '../address.ts'
import { PageError, postJson } from '../client.ts'
import { Explanation } from '../parts/explanation.tsx'
import { Panel, Trouble } from '../parts/pieces.tsx'

type Props = { readonly address: Address; readonly go: Go; readonly tasks: readonly RouteTask[] }

export function ExplainView({ address, go, tasks }: Props) {
  const [state, setState] = useState<{ readonly busy?: boolean; readonly found?: CallExplanation; readonly error?: PageError }>({})
  const { own } = address
  const ask = async (form: FormData): Promise<void> => {
    const text = (name: string): string => String(form.get(name) ?? '').trim()
    const whole = (name: string): number | undefined => (/^\d{1,9}$/.test(text(name)) ? Number(text(name)) : undefined)
    // The text itself is no setting: it may be anything, and an address is sent around.
    go({ own: { model: text('model') === 'auto' ? '' : text('model'), task: text('task'), surface: text('surface') === 'chat' ? '' : text('surface'), tokens: text('tokens'), tools: text('tools') } })
    setState({ busy: true })
    try {
      const found = await postJson<CallExplanation>('/admin/explain', {
        surface: text('surface'),
        model: text('model') === '' ? 'auto' : text('model'),
        ...(text('text') === '' ? {} : { text: text('text') }),
        ...(text('task') === '' ? {} : { headers: { 'x-weighbridge-task': text('task') } }),
        ...(whole('tokens') === undefined ? {} : { input_tokens: whole('tokens') }),
        ...(whole('tools') === undefined ? {} : { tools: whole('tools') }),
      })
      setState({ found })
    } catch (thrown) {
      setState({ error: thrown instanceof PageError ? thrown : new PageError(0, 'internal', String(thrown), 'Reload the page.') })
    }
  }
  return (
    <>
      <Panel title="A call" note="asked of the router as it stands now; nothing is drawn, sent or kept">
        <form
          class="ask"
          onSubmit={(event) => {
            event.preventDefault()
            if (event.currentTarget instanceof HTMLFormElement) void ask(new FormData(event.currentTarget))
          }}
        >
          <label class="wide">
            What the user writes
            <textarea name="text" rows={3} placeholder="Which ferry goes to Gotland?" />
          </label>
          <label>
            Model
            <input name="model" defaultValue={own['model'] ?? 'auto'} autocomplete="off" spellcheck={false} />
          </label>
          <label>
            Task
            <select name="task">
              <option value="">by the rules</option>
              {tasks.map(({ task }) => (
                <option key={task} value={task} selected={task === own['task']}>
                  {task}
                </option>
              ))}
            </select>
          </label>
          <label>
            API
            <select name="surface">
              {SURFACES.map((surface) => (
                <option key={surface} value={surface} selected={surface === (own['surface'] ?? 'chat')}>
                  {surface}
                </option>
              ))}
            </select>
          </label>
          <label>
            Tokens in, if not the text’s
            <input name="tokens" inputMode="numeric" pattern="\d*" defaultValue={own['tokens'] ?? ''} autocomplete="off" />
          </label>
          <label>
            Tools
            <input name="tools" inputMode="numeric" pattern="\d*" defaultValue={own['tools'] ?? ''} autocomplete="off" />
          </label>
          <button type="submit" class="strong" disabled={state.busy === true}>
            {state.busy === true ? 'Asking…' : 'Where would it go?'}
          </button>
        </form>
      </Panel>
      {state.error !== undefined && <Trouble error={state.error} doing="The router cannot say." />}
      {state.found !== undefined && (
        <Panel title="It would go">
          <Explanation explanation={state.found} />
        </Panel>
      )}
    </>
  )
}
