// What an importer makes of a file before anything is checked or written: rows that claim to be probes, each with its place in
// the file, what could not be read, and what was left behind. Data and small helpers only.

/** A place in the file (`line 12`, `tests[3]`) with what is wrong there. */
export type RowFault = { readonly where: string; readonly message: string }
/** A row that claims to be a probe. */
export type DraftRow = { readonly where: string; readonly row: Readonly<Record<string, unknown>> }

export type Draft = {
  readonly rows: readonly DraftRow[]
  readonly faults: readonly RowFault[]
  /** Parts of the file that no probe holds, in words; they are told, never dropped in silence. */
  readonly leftOut: readonly string[]
  /** System prompt of the suite. */
  readonly instructions?: string
}

/** An importer's reading of a whole file. Throws `probes_unreadable` when the file is not of its format at all. */
export type Importer = {
  readonly title: string
  /** Terms and origin of the published file; `undefined`: a person has to say. */
  readonly licence: string | undefined
  readonly source: string | undefined
  readonly read: (text: string) => Draft
}

/** An id of letters, digits, `.`, `_` and `-` made from any text; `fallback` when nothing is left. */
export function idFrom(text: string, fallback: string): string {
  const plain = text.normalize('NFKD').replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '')
  return plain === '' ? fallback : plain
}

/** Drops members that are `undefined`, so that a strict schema sees only what was there. */
export function present(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
}
