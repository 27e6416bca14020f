// How much longer or shorter one target's answers are than another's, by input size. In: what was given, one's own traffic at both,
// probes that both answered. Out: a ratio of mean output tokens with its uncertainty and where it comes from.
import type { z } from 'zod'
import { INPUT_BUCKETS, type InputBucket } from '../../../core/usage.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import type { pairedLengths, trafficCells } from '../../../store/queries/what-if.ts'

export type TrafficCell = z.output<(typeof trafficCells)['row']>
export type PairedLength = z.output<(typeof pairedLengths)['row']>

export const VERBOSITY_SOURCES = ['given', 'same target', 'traffic', 'probes', 'assumed'] as const
export type VerbositySource = (typeof VERBOSITY_SOURCES)[number]
export type Verbosity = { readonly bucket: InputBucket; readonly ratio: number; /** Standard deviation of ln(ratio). */ readonly logSd: number; readonly source: VerbositySource; readonly n: number }

/** Answers of each, or common probes, from which a ratio is taken. */
const FEWEST = 30
/** Where nothing is known: equal lengths, give or take a third. */
const ASSUMED_LOG_SD = 0.3

export type VerbosityInputs = { readonly fromKey: string; readonly toKey: string; readonly cells: readonly TrafficCell[]; readonly paired: readonly PairedLength[]; readonly given: ReadonlyMap<InputBucket, number> }

/** The ratio for every input size. Given figures come first, then one's own traffic, then probes. */
export function verbosityOf(inputs: VerbosityInputs): Verbosity[] {
  return INPUT_BUCKETS.map((bucket): Verbosity => {
    const given = inputs.given.get(bucket)
    if (given !== undefined) return { bucket, ratio: given, logSd: 0, source: 'given', n: 0 }
    if (inputs.fromKey === inputs.toKey) return { bucket, ratio: 1, logSd: 0, source: 'same target', n: 0 }
    return fromTraffic(bucket, inputs) ?? fromProbes(bucket, inputs.paired) ?? { bucket, ratio: 1, logSd: ASSUMED_LOG_SD, source: 'assumed', n: 0 }
  })
}

/**
 * Within each task where both have answers, so that a target that gets the short tasks does not look terse; pooled by the answers
 * of the target that is replaced. The variance of ln of a ratio of means is cv²/n of either (delta method).
 */
function fromTraffic(bucket: InputBucket, { fromKey, toKey, cells }: VerbosityInputs): Verbosity | undefined {
  const own = cells.filter((cell) => cell.bucket === bucket && cell.evidence_key === fromKey && cell.answers >= FEWEST && cell.output_mean > 0)
  const pairs = own.flatMap((from) => {
    const to = cells.find((cell) => cell.bucket === bucket && cell.task === from.task && cell.evidence_key === toKey && cell.answers >= FEWEST && cell.output_mean > 0)
    return to === undefined ? [] : [{ from, to }]
  })
  const total = pairs.reduce((sum, { from }) => sum + from.answers, 0)
  if (total === 0) return undefined
  const relative = ({ output_mean: mean, output_variance: variance, answers }: TrafficCell): number => variance / mean ** 2 / answers
  const log = pairs.reduce((sum, { from, to }) => sum + (from.answers / total) * Math.log(to.output_mean / from.output_mean), 0)
  const variance = pairs.reduce((sum, { from, to }) => sum + (from.answers / total) ** 2 * (relative(from) + relative(to)), 0)
  return { bucket, ratio: Math.exp(log), logSd: Math.sqrt(variance), source: 'traffic', n: pairs.reduce((sum, { to }) => sum + to.answers, 0) }
}

function fromProbes(bucket: InputBucket, paired: readonly PairedLength[]): Verbosity | undefined {
  const found = paired.find((one) => one.bucket === bucket && one.probes >= FEWEST && one.from_mean > 0 && one.to_mean > 0)
  return found === undefined ? undefined : { bucket, ratio: found.to_mean / found.from_mean, logSd: Math.sqrt(found.relative_variance / found.probes), source: 'probes', n: found.probes }
}

/** Reads `<2k=1,2-10k=1.52,10-128k=.75,>128k=.66`; sizes that are left out are learned. Throws `usage`. */
export function parseVerbosity(text: string | undefined): Map<InputBucket, number> {
  if (text === undefined) return new Map()
  return new Map(
    text.split(',').map((part) => {
      const at = part.lastIndexOf('=')
      const [name, value] = [part.slice(0, at).trim(), Number(part.slice(at + 1))]
      const bucket = INPUT_BUCKETS.find((one) => one === name)
      if (bucket === undefined || !(value > 0 && value <= 100)) throw new WeighbridgeError('usage', `"${part}" is no ratio of answer lengths`, { remedy: `Write sizes out of ${INPUT_BUCKETS.join(', ')} with a ratio above 0, e.g. --verbosity "2-10k=1.52,10-128k=.75".` })
      return [bucket, value]
    }),
  )
}
