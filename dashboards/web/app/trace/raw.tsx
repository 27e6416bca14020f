// Everything else a span carries, as it was stored.
import type { Span } from '../../api.ts'
import { Panel } from '../parts/pieces.tsx'

export function Raw({ spans }: { spans: readonly Span[] }) {
  return (
    <Panel title="Raw attributes" class="raw">
      {spans.map((span) => (
        <details key={span.span_id}>
          <summary>
            {span.name} <small>{span.span_id}</small>
          </summary>
          <div class="scroll">
            <table>
              <tbody>
                {[...columnsOf(span), ...Object.entries(span.attributes), ...Object.entries(span.resource)].map(([name, value]) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>{value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      ))}
    </Panel>
  )
}

function columnsOf(span: Span): [string, string][] {
  return Object.entries(span).flatMap(([name, value]): [string, string][] => (value === null || value === '' || typeof value === 'object' ? [] : [[name, String(value)]]))
}
