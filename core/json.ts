// JSON of somebody else's that may be none. In: text. Out: a value to check, for callers that have an answer to "this is no JSON".

/** What a text says as JSON; `undefined` where it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
