// Server-sent events as text. Pure.

/** One event whose data is a JSON value; `event` where the API names its events. */
export function jsonEvent(event: string | undefined, data: unknown): string {
  const text = JSON.stringify(data)
  return event === undefined ? `data: ${text}\n\n` : `event: ${event}\ndata: ${text}\n\n`
}

/** One event passed on as it came. Data of several lines is written as several, so that it reads the same. */
export function rawEvent(event: string | undefined, data: string): string {
  const lines = data.includes('\n') || data.includes('\r') ? data.replaceAll(/\r\n|\r|\n/g, '\ndata: ') : data
  return event === undefined || event === '' ? `data: ${lines}\n\n` : `event: ${event}\ndata: ${lines}\n\n`
}
