// A V8 processor profile → microseconds per call and stage. A sample belongs to the nearest frame that is not Node's own, so
// that a JSON.parse counts for who parses and a socket write for who writes; what nobody of ours called is Node's.

type Frame = { readonly functionName: string; readonly url: string; readonly lineNumber: number }
type ProfileNode = { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }
export type Profile = { readonly nodes: readonly ProfileNode[]; readonly samples: readonly number[]; readonly timeDeltas: readonly number[] }

export type Share = { readonly name: string; readonly us: number }

/** Rules in order; the first that a frame's address meets names its stage. */
const STAGES: readonly (readonly [RegExp, string])[] = [
  [/node_modules\/@opentelemetry\//, 'OpenTelemetry SDK'],
  [/node_modules\/undici\//, 'undici'],
  [/node_modules\/eventsource-parser\//, 'event stream parser'],
  [/node_modules\//, 'other packages'],
  [/\/router\/http\/surfaces\//, 'surface: read and write the client’s form'],
  [/\/router\/http\//, 'http: guard, body, headers, answer'],
  [/\/router\/decide\//, 'decide: task, candidates, ceilings, draw'],
  [/\/router\/execute\//, 'execute: attempt, deadlines, failover'],
  [/\/router\/providers\//, 'adapter: build and parse the provider’s form'],
  [/\/router\/spans\//, 'spans: attributes, serialising, spool wait'],
  [/\/router\//, 'router: rest'],
  [/\/store\/log\//, 'log: frames, checksums, writes'],
  [/\/(core|store|cli)\//, 'core, store, cli: rest'],
]
/** Where no such frame is on the stack. */
const NODES_OWN: readonly (readonly [RegExp, string])[] = [
  [/^node:_http|^node:internal\/http/, 'Node: HTTP server'],
  [/^node:(net|internal\/stream|internal\/streams|stream|events)/, 'Node: sockets and streams'],
  [/^node:internal\/(timers|process)|^node:timers/, 'Node: timers and ticks'],
  [/^node:(fs|internal\/fs|zlib|internal\/crypto|crypto)/, 'Node: files, zlib, crypto'],
]

export type Summary = {
  /** By descending time, idle time left out. */
  readonly stages: readonly Share[]
  /** Where the time itself was spent. */
  readonly functions: readonly Share[]
  /** The same, what Node did for a function counted as its own: what to look at in order to make a stage cheaper. */
  readonly owners: readonly Share[]
  readonly totalUs: number
}

export function summarise(profile: Profile, calls: number): Summary {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)))
  const spent = new Map<number, number>()
  for (const [index, id] of profile.samples.entries()) spent.set(id, (spent.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0))
  const stages = new Map<string, number>()
  const functions = new Map<string, number>()
  const owners = new Map<string, number>()
  let totalUs = 0
  for (const [id, us] of spent) {
    const frame = nodes.get(id)?.callFrame
    if (frame === undefined || frame.functionName === '(idle)') continue
    totalUs += us
    const stage = stageOf(id, nodes, parents)
    stages.set(stage, (stages.get(stage) ?? 0) + us)
    for (const [sums, name] of [[functions, nameOf(frame)], [owners, nameOf(ownerOf(id, nodes, parents) ?? frame)]] as const) sums.set(name, (sums.get(name) ?? 0) + us)
  }
  const perCall = (sums: ReadonlyMap<string, number>): Share[] => [...sums].map(([name, us]) => ({ name, us: us / calls })).sort((a, b) => b.us - a.us)
  return { stages: perCall(stages), functions: perCall(functions), owners: perCall(owners), totalUs: totalUs / calls }
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  return `${functionName || '(anonymous)'} ${url.replace(/^.*\/(?=(?:router|store|core|cli|node_modules)\/)/, '')}${url === '' ? '' : `:${lineNumber + 1}`}`
}

/** The nearest frame that is not Node's own. */
function ownerOf(id: number, nodes: ReadonlyMap<number, ProfileNode>, parents: ReadonlyMap<number, number>): Frame | undefined {
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const frame = nodes.get(at)?.callFrame
    if (frame?.url.startsWith('file:') === true) return frame
  }
  return undefined
}

function stageOf(id: number, nodes: ReadonlyMap<number, ProfileNode>, parents: ReadonlyMap<number, number>): string {
  let own: string | undefined
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const frame = nodes.get(at)?.callFrame
    if (frame === undefined) break
    if (frame.functionName === '(garbage collector)') return 'garbage collection'
    for (const [form, stage] of STAGES) if (form.test(frame.url)) return stage
    for (const [form, stage] of NODES_OWN) if (own === undefined && form.test(frame.url)) own = stage
  }
  return own ?? 'Node: native code, system calls'
}
