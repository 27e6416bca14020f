// Ids that we make for answers of other wires. They carry a mark, so that an item that comes back in a later request is known
// as ours: a provider of the surface's own wire never made it and must not be asked for it. Pure.

const MARK = 'wb'

/** `resp_` + id, unless the id has that form already. */
export function prefixedId(prefix: string, id: string): string {
  return id.startsWith(prefix) ? id : `${prefix}${id}`
}

/** The id of a response that we wrote: `resp_wb…`. */
export function responseId(id: string): string {
  return `resp_${MARK}${id}`
}

/** Whether a response's id is one that we made. */
export function isOurResponseId(id: unknown): id is string {
  return typeof id === 'string' && id.startsWith(`resp_${MARK}`)
}

/** The id of an item inside an answer, by its place: `msg_wb…_0`. */
export function itemId(prefix: string, answerId: string, place: number): string {
  return `${prefix}${MARK}${answerId.replaceAll(/[^A-Za-z0-9]/g, '').slice(-48)}_${place}`
}

/** Whether an item's id is one that we made. */
export function isOurItemId(id: unknown): id is string {
  return typeof id === 'string' && /^[a-z]+_wb[A-Za-z0-9]*_\d+$/.test(id)
}
