// Every stored query by name: what docs list and tests run. A query that is not here is neither documented nor tried.
import { FACET_FIELDS, callDetails, callFacets, callHistogram, callSearch } from './trace-search.ts'
import { costSpike, failoverSurge, ingestLagNow, spoolFilling, unpricedRecently } from './alerts.ts'
import { answersByTarget, answersOverTime, answerTotals } from './answers.ts'
import { repricable } from './backfill.ts'
import { billedAttempts, billedCalls, reportedCosts, tagsSeen, usageByHour } from './bill.ts'
import { callsOverTime, costPerCallByTask, keysSeen, latencyOverTime, targetsSeen, tasksSeen } from './dashboards.ts'
import type { Query } from './define.ts'
import { armUtilities } from './arms.ts'
import { evalRuns, targetDays } from './drift.ts'
import { probeTrials, runProbes, runsListed, runSummary } from './eval-pages.ts'
import { learningEvidence } from './evidence.ts'
import { learningHistory } from './learning-events.ts'
import { modelMetrics } from './models.ts'
import { dataSeen, recentCalls, spendOverTime, spendOverTimeBy, spendTotals, taskTargets } from './overview.ts'
import { hallucinationByTarget, pushbackByTarget } from './quality.ts'
import { hallucinationChanges, qualityByRun } from './quality-trends.ts'
import { errorRates, errorsOverTime, ingestLagOverTime, routersNow, spoolsOverTime, targetStates } from './reliability.ts'
import { routeVersions, routeWeights } from './routes.ts'
import { ceilingsHit, decisionsOverTime, evidenceInForce, failoverPaths, routingRegret, servedShares } from './routing.ts'
import { crossSignals, matchedFeedback } from './signals.ts'
import { cacheSavings, spendByInputSize, spendByKeyAndTask, spendForecast, unpricedAttempts } from './spend.ts'
import { linkedCalls, storedSpan, traceOutline } from './trace-page.ts'
import { traceKept, traceSignals } from './trace-story.ts'
import { pairedLengths, repeatRates, trafficCells, trafficSample } from './what-if.ts'
import { callSpans, findTrace, tracePanel, traceSpans } from './traces.ts'

export type QueryGroup = { readonly title: string; readonly about: string; readonly queries: readonly Query[] }

const KEY = [{ dimension: 'key' }] as const

/** All queries, grouped as a reader looks for them. Those made from a choice stand for all of it. */
export const QUERY_GROUPS: readonly QueryGroup[] = [
  {
    title: 'Spend',
    about: 'What calls cost, who spent it, and where it is heading.',
    queries: [spendTotals, spendOverTime, spendOverTimeBy('task'), spendOverTimeBy('provider'), spendOverTimeBy('key'), spendOverTimeBy('effort'), costPerCallByTask, spendByInputSize, spendByKeyAndTask, cacheSavings, unpricedAttempts, spendForecast, taskTargets],
  },
  { title: 'The bill', about: 'A month to the cent, by any dimensions, and beside a provider’s own export.', queries: [billedAttempts(KEY), billedCalls(KEY), reportedCosts(KEY), usageByHour, tagsSeen] },
  { title: 'Answers', about: 'What people did with answers, and what an accepted one costs.', queries: [answerTotals, answersByTarget, answersOverTime, modelMetrics] },
  { title: 'Quality', about: 'What the probes say.', queries: [pushbackByTarget, hallucinationByTarget, qualityByRun, hallucinationChanges, runsListed, runSummary, runProbes, probeTrials] },
  { title: 'Routing', about: 'How calls found their targets, and what weights were in force.', queries: [decisionsOverTime, servedShares, failoverPaths, ceilingsHit, routingRegret, evidenceInForce, routeVersions, routeWeights, learningHistory] },
  { title: 'Reliability', about: 'Errors, latency, targets that are out, spools, and how late spans are.', queries: [callsOverTime, errorsOverTime, errorRates, latencyOverTime, targetStates, routersNow, spoolsOverTime, ingestLagOverTime] },
  { title: 'Calls', about: `Finding calls and reading one. \`call_search\`, \`call_facets\` and \`call_histogram\` are made from a search (docs/traces.md); facets: ${FACET_FIELDS.join(', ')}.`, queries: [callSearch([]).query, callDetails, callFacets([]).query, callHistogram([]).query, recentCalls, findTrace, traceSpans, traceOutline, callSpans, storedSpan, linkedCalls, traceSignals, traceKept, tracePanel, dataSeen, targetsSeen, tasksSeen, keysSeen] },
  { title: 'Alerts', about: 'One number per subject; docs/runbook.md says what to do.', queries: [costSpike, failoverSurge, unpricedRecently, ingestLagNow, spoolFilling] },
  { title: 'Learning and upkeep', about: 'What the learner, `whatif` and `prices backfill` read.', queries: [learningEvidence, evalRuns, targetDays, armUtilities, trafficCells, trafficSample, pairedLengths, repeatRates, crossSignals, matchedFeedback, repricable] },
]
