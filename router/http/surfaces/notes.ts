// What a reading of a body could not put into the common form: names of members, kept few whatever a body holds. A value of
// one reading; nothing is shared.

/** Most names kept of each kind: enough for a person, bounded for a header. */
const MOST_NAMES = 24

/** Collects the members that the common form does not hold (see ModelRequest.hints and .unmapped). */
export class Notes {
  readonly hints: string[] = []
  readonly unmapped: string[] = []

  /** The member may be left out without changing the answer. */
  hint(member: string): void {
    add(this.hints, member)
  }

  /** The member would change the answer: only a provider of the same wire can serve it. */
  cannot(member: string): void {
    add(this.unmapped, member)
  }
}

function add(names: string[], name: string): void {
  if (names.length < MOST_NAMES && !names.includes(name)) names.push(name.slice(0, 96))
}

/** What becomes of a member outside the common form: a hint, always unmapped, or decided by its value. */
export type Fate = 'read' | 'hint' | 'unmapped' | ((value: unknown) => 'read' | 'hint' | 'unmapped')

/** Sorts every member of an object by its fate; one that the table does not know is unmapped, because it may mean anything. `null` is absent. */
export function sortMembers(object: Readonly<Record<string, unknown>>, fates: Readonly<Record<string, Fate>>, notes: Notes, prefix = ''): void {
  for (const [member, value] of Object.entries(object)) {
    if (value === undefined || value === null) continue
    const known = Object.hasOwn(fates, member) ? fates[member] : undefined
    const fate = typeof known === 'function' ? known(value) : (known ?? 'unmapped')
    if (fate === 'hint') notes.hint(prefix + member)
    else if (fate === 'unmapped') notes.cannot(prefix + member)
  }
}
