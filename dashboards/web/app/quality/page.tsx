// Whether answers are right: what the probes say of each target now, whether that got better or worse, and what the people who got the
// answers did with them. Rates of different suites, graders or runs are never put together.
import type { QualityAnswer } from '../../api/quality.ts'
import { DEFAULT_RANGE, RANGES } from '../../api/scope.ts'
import { scopeQuery } from '../address.ts'
import { getJson } from '../client.ts'
import { useLive, useReport } from '../live.ts'
import { Shown } from '../parts/pieces.tsx'
import { type Around, PageHead } from '../parts/scope-bar.tsx'
import { Changes } from './changes.tsx'
import { FollowedUp } from './followed-up.tsx'
import { OverTime } from './over-time.tsx'
import { ProbesNow } from './probes-now.tsx'
import { Runs } from './runs.tsx'
import './quality.css'

export function Page({ address, go, names }: Around) {
  const path = `/api/ui/quality?${scopeQuery(address.scope)}`
  const range = address.scope.window?.kind === 'last' ? address.scope.window.range : DEFAULT_RANGE
  const live = useLive(path, address.scope.window?.kind === 'between' ? 0 : RANGES[range].refreshS, (signal) => getJson<QualityAnswer>(path, signal), true)
  useReport(live)
  return (
    <>
      <PageHead title="Quality" says="Who makes things up, who pushes back on nonsense, and what people did with the answers." address={address} go={go} names={names} frame={live.data?.frame} />
      <Shown live={live} what="The rates">
        {(data) => (
          <>
            <ProbesNow data={data} />
            <Changes data={data} />
            <Runs data={data} address={address} go={go} />
            <FollowedUp data={data} />
            <OverTime data={data} />
          </>
        )}
      </Shown>
    </>
  )
}
