// Sequences of numbers → a machine that names every sequence ending at each step, in time linear in what it reads whatever
// the sequences are (Aho and Corasick, "Efficient string matching", CACM 18(6), 1975). Built once, then only read.

/** A finished machine. States are numbers; 0 is the start. */
export type Automaton = {
  /** The state after a number; 0 stands for a number that no path has. */
  step(from: number, number: number): number
  /** The names of all paths that end here. */
  ending(state: number): readonly number[]
}

const NONE: readonly number[] = []

/** Collects paths, then makes the machine. */
export class AutomatonBuilder {
  readonly #edges: Map<number, number>[] = [new Map()]
  readonly #ending: number[][] = [[]]

  /** Adds a path, at whose end `name` is reported. */
  insert(path: readonly number[], name: number): void {
    let state = 0
    for (const number of path) state = this.#edges[state]?.get(number) ?? this.#grow(state, number)
    const names = this.#ending[state]
    if (names !== undefined && !names.includes(name)) names.push(name)
  }

  build(): Automaton {
    const edges = new EdgeTable(this.#edges)
    const suffix = new Int32Array(this.#edges.length)
    const ending: (readonly number[])[] = this.#ending.map((names) => (names.length === 0 ? NONE : names))
    const step = (from: number, number: number): number => {
      if (number === 0) return 0
      let state = from
      for (;;) {
        const to = edges.get(state, number)
        if (to !== 0 || state === 0) return to
        state = suffix[state] ?? 0
      }
    }
    // Breadth first, so that a state's longest proper suffix is finished before it is needed.
    const queue = [...(this.#edges[0]?.values() ?? [])]
    for (let at = 0; at < queue.length; at += 1) {
      const state = queue[at] ?? 0
      const shorter = suffix[state] ?? 0
      const own = ending[state] ?? NONE
      const inherited = ending[shorter] ?? NONE
      ending[state] = own.length === 0 ? inherited : inherited.length === 0 ? own : [...new Set([...own, ...inherited])]
      for (const [number, to] of this.#edges[state] ?? []) {
        suffix[to] = step(shorter, number)
        queue.push(to)
      }
    }
    return { step, ending: (state) => ending[state] ?? NONE }
  }

  #grow(state: number, number: number): number {
    const to = this.#edges.length
    this.#edges[state]?.set(number, to)
    this.#edges.push(new Map())
    this.#ending.push([])
    return to
  }
}

/** All edges in one table by (state, number): a look costs one or two reads, where a map per state costs a hash and a chase. */
class EdgeTable {
  readonly #mask: number
  readonly #from: Int32Array
  readonly #number: Int32Array
  readonly #to: Int32Array

  constructor(edges: readonly ReadonlyMap<number, number>[]) {
    const count = edges.reduce((sum, of) => sum + of.size, 0)
    let slots = 16
    while (slots < count * 4) slots *= 2
    this.#mask = slots - 1
    this.#from = new Int32Array(slots)
    this.#number = new Int32Array(slots)
    this.#to = new Int32Array(slots)
    for (const [from, of] of edges.entries()) {
      for (const [number, to] of of) {
        let slot = this.#slot(from, number)
        while (this.#to[slot] !== 0) slot = (slot + 1) & this.#mask
        this.#from[slot] = from
        this.#number[slot] = number
        this.#to[slot] = to
      }
    }
  }

  /** 0: no such edge; no edge leads to the start. */
  get(from: number, number: number): number {
    for (let slot = this.#slot(from, number); ; slot = (slot + 1) & this.#mask) {
      const to = this.#to[slot] ?? 0
      if (to === 0 || (this.#number[slot] === number && this.#from[slot] === from)) return to
    }
  }

  #slot(from: number, number: number): number {
    const mixed = Math.imul(from, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b)
    return (mixed ^ (mixed >>> 15)) & this.#mask
  }
}
