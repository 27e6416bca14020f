// Generated documents with the values that stand in them: invoices, logs, bookings and the like about invented people and firms. Pure.
import type { Draws } from './draws.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type Schema = { readonly [keyword: string]: unknown }
export type GeneratedDocument = { readonly domain: string; readonly text: string; readonly schema: Schema; readonly expected: Json }
export type DocumentTemplate = (draws: Draws, invent: () => string) => GeneratedDocument

const text = { type: 'string' }
const whole = { type: 'integer' }
const amount = { type: 'number' }
const date = { type: 'string', format: 'date' }
const flag = { type: 'boolean' }
const object = (properties: Readonly<Record<string, unknown>>): Schema => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false })
const list = (items: unknown): Schema => ({ type: 'array', items })
const optional = (schema: { type: string }): Schema => ({ ...schema, type: [schema.type, 'null'] })

const two = (n: number): string => String(n).padStart(2, '0')
const money = (cents: number): string => (cents / 100).toFixed(2)
type Day = { readonly iso: string; readonly spoken: string; readonly dotted: string }
const isoDay = (d: Draws): Day => {
  const [y, m, day] = [d.whole(2021, 2029), d.whole(1, 12), d.whole(1, 28)]
  const month = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'][m - 1] ?? ''
  return { iso: `${y}-${two(m)}-${two(day)}`, spoken: `${day} ${month} ${y}`, dotted: `${two(day)}.${two(m)}.${y}` }
}
const code = (d: Draws): string => `${d.pick(['A', 'K', 'Q', 'T', 'W'])}${d.whole(1_000, 9_999)}-${d.whole(10, 99)}`

/** Templates by name. */
export const DOCUMENT_TEMPLATES: Readonly<Record<string, DocumentTemplate>> = {
  invoice: (d, invent) => {
    const lines = Array.from({ length: d.whole(2, 4) }, () => ({ item: d.pick(['hinge', 'bracket', 'gasket', 'bearing', 'valve', 'panel']), quantity: d.whole(2, 40), cents: d.whole(95, 9_900) }))
    const total = lines.reduce((sum, { quantity, cents }) => sum + quantity * cents, 0)
    const [number, issued, due, firm] = [code(d), isoDay(d), d.pick([14, 21, 30]), `${invent()} ${d.pick(['Ltd', 'GmbH', 'BV'])}`]
    return {
      domain: 'invoices',
      text: `${firm}\nInvoice ${number} of ${issued.spoken}, payable within ${due} days\n\n${lines.map((l) => `${l.quantity} x ${l.item} at ${money(l.cents)} = ${money(l.quantity * l.cents)}`).join('\n')}\n\nTotal EUR ${money(total)}, no VAT charged`,
      schema: object({ seller: text, number: text, issued: date, days: whole, total: amount, lines: list(object({ item: text, quantity: whole, price: amount })) }),
      expected: { seller: firm, number, issued: issued.iso, days: due, total: total / 100, lines: lines.map((l) => ({ item: l.item, quantity: l.quantity, price: l.cents / 100 })) },
    }
  },
  access_log: (d, invent) => {
    const host = invent().toLowerCase()
    const rows = Array.from({ length: d.whole(3, 5) }, () => ({ at: `${two(d.whole(0, 23))}:${two(d.whole(0, 59))}:${two(d.whole(0, 59))}`, status: d.pick([200, 200, 304, 404, 500, 503]), ms: d.whole(2, 4_000), path: `/${d.pick(['cart', 'search', 'login', 'api/items'])}/${d.whole(1, 99)}` })).sort((a, b) => (a.at < b.at ? -1 : 1))
    return {
      domain: 'logs',
      text: rows.map((r) => `${r.at} ${host} GET ${r.path} -> ${r.status} in ${r.ms} ms`).join('\n'),
      schema: object({ host: text, requests: whole, failed: list(object({ path: text, status: whole })), slowest_ms: whole }),
      expected: { host, requests: rows.length, failed: rows.filter((r) => r.status >= 500).map((r) => ({ path: r.path, status: r.status })), slowest_ms: Math.max(...rows.map((r) => r.ms)) },
    }
  },
  appointment: (d, invent) => {
    const [day, name, room] = [isoDay(d), invent(), d.whole(2, 48)]
    const [hour, minute, other] = [d.whole(8, 16), d.pick([0, 15, 30, 45]), d.whole(8, 16)]
    return {
      domain: 'emails',
      text: `Dear ${d.pick(['Ms', 'Mr'])} ${name},\nyour appointment of ${two(other)}:00 has been moved to ${two(hour)}:${two(minute)} on ${day.spoken}, room ${room}. Please bring ${d.pick(['your passport', 'the signed form', 'the old meter card'])}. If you cannot come, call extension ${d.whole(100, 999)} by noon the day before.`,
      schema: object({ surname: text, date, time: { type: 'string', pattern: '^\\d\\d:\\d\\d$', description: 'The time now in force' }, room: whole }),
      expected: { surname: name, date: day.iso, time: `${two(hour)}:${two(minute)}`, room },
    }
  },
  shipment: (d, invent) => {
    const [kg, parcels, number, town] = [d.whole(11, 480) / 10, d.whole(2, 9), code(d), invent()]
    return {
      domain: 'orders',
      text: `Consignment ${number}: ${parcels} parcels to ${town}, ${kg.toFixed(1)} kg in all. ${d.pick(['Signature needed.', 'May be left at the door.'])} One parcel is fragile. Freight ${d.pick(['prepaid', 'collect'])}.`,
      schema: object({ number: text, town: text, parcels: whole, kilograms: amount }),
      expected: { number, town, parcels, kilograms: kg },
    }
  },
  meter: (d, invent) => {
    const [before, used] = [d.whole(1_000, 60_000), d.whole(120, 4_200)]
    const [from, to] = [isoDay(d), isoDay(d)].sort((a, b) => (a.iso < b.iso ? -1 : 1)) as [Day, Day] // both stand in the list
    const street = `${invent()} Lane ${d.whole(1, 140)}`
    return {
      domain: 'readings',
      text: `Meter card, ${street}\nprevious reading (${from.dotted}): ${before} kWh\ncurrent reading (${to.dotted}): ${before + used} kWh\nestimated: ${d.pick(['no', 'no', 'yes'])}`,
      schema: object({ address: text, previous: object({ date, value: whole }), current: object({ date, value: whole }), used: { ...whole, description: 'Current less previous' } }),
      expected: { address: street, previous: { date: from.iso, value: before }, current: { date: to.iso, value: before + used }, used },
    }
  },
  booking: (d, invent) => {
    const [nights, cents, guests, day, house] = [d.whole(2, 12), d.whole(62, 310) * 100, d.whole(1, 5), isoDay(d), invent()]
    return {
      domain: 'travel',
      text: `Pension ${house} confirms ${nights} nights from ${day.spoken} for ${guests} ${guests === 1 ? 'guest' : 'guests'} at EUR ${money(cents)} a night, breakfast ${d.pick(['included', 'extra'])}. Deposit EUR ${money(cents)} received; the rest is due on arrival.`,
      schema: object({ house: text, arrival: date, nights: whole, guests: whole, per_night: amount, rest: { ...amount, description: 'Due on arrival' } }),
      expected: { house, arrival: day.iso, nights, guests, per_night: cents / 100, rest: ((nights - 1) * cents) / 100 },
    }
  },
  laboratory: (d, invent) => {
    const tests = d.some([['sodium', 136, 145], ['potassium', 4, 5], ['glucose', 70, 99], ['calcium', 9, 10], ['urea', 15, 40]] as const, 3).map(([name, low, high]) => ({ name, low, high, value: d.whole(low - 3, high + 4) }))
    const patient = invent()
    return {
      domain: 'medical',
      text: `Invented laboratory sheet, patient ${patient}\n${tests.map((t) => `${t.name}: ${t.value} (reference ${t.low}-${t.high})`).join('\n')}`,
      schema: object({ patient: text, results: list(object({ test: text, value: whole, flag: { type: 'string', enum: ['low', 'normal', 'high'] } })) }),
      expected: { patient, results: tests.map((t) => ({ test: t.name, value: t.value, flag: t.value < t.low ? 'low' : t.value > t.high ? 'high' : 'normal' })) },
    }
  },
  sensors: (d, invent) => {
    const rows = Array.from({ length: d.whole(3, 5) }, (_, at) => ({ name: `${invent()}-${at + 1}`, celsius: d.whole(-90, 420) / 10, online: d.whole(0, 3) > 0 }))
    return {
      domain: 'tables',
      text: `sensor | temperature | state\n${rows.map((r) => `${r.name} | ${r.online ? `${r.celsius.toFixed(1)} C` : '--'} | ${r.online ? 'online' : 'offline'}`).join('\n')}`,
      schema: object({ sensors: list(object({ name: text, celsius: optional(amount), online: flag })) }),
      expected: { sensors: rows.map((r) => ({ name: r.name, celsius: r.online ? r.celsius : null, online: r.online })) },
    }
  },
  payslip: (d, invent) => {
    const [gross, tax, pension] = [d.whole(1_900, 6_900) * 100, d.whole(180, 1_700) * 100, d.whole(90, 520) * 100]
    const [name, month] = [invent(), isoDay(d)]
    return {
      domain: 'payroll',
      text: `Payslip ${month.spoken.split(' ').slice(1).join(' ')} – ${name}\nGross ${money(gross)}\nTax -${money(tax)}\nPension -${money(pension)}\nPaid out ${money(gross - tax - pension)}`,
      schema: object({ name: text, month: { type: 'string', pattern: '^\\d{4}-\\d\\d$', description: 'YYYY-MM' }, gross: amount, tax: { ...amount, description: 'As a positive amount' }, pension: { ...amount, description: 'As a positive amount' }, paid: amount }),
      expected: { name, month: month.iso.slice(0, 7), gross: gross / 100, tax: tax / 100, pension: pension / 100, paid: (gross - tax - pension) / 100 },
    }
  },
  ticket: (d, invent) => {
    const [number, customer, hours] = [d.whole(10_000, 99_999), invent(), d.whole(2, 72)]
    const [severity, sites, reopened] = [d.whole(1, 4), d.whole(1, 12), d.whole(0, 1) === 1]
    return {
      domain: 'tickets',
      text: `Ticket #${number} (${customer}): severity ${severity}, ${sites} ${sites === 1 ? 'site' : 'sites'} affected, open for ${hours} hours${reopened ? ', reopened once' : ''}. Cause: ${d.pick(['expired certificate', 'full disk', 'cut fibre', 'wrong route'])}. No workaround known.`,
      schema: object({ number: whole, customer: text, severity: whole, sites: whole, hours: whole, reopened: flag, workaround: optional(text) }),
      expected: { number, customer, severity, sites, hours, reopened, workaround: null },
    }
  },
  minutes: (d, invent) => {
    const [day, chair, keeper] = [isoDay(d), invent(), invent()]
    const [yes, no] = [d.whole(4, 17), d.whole(0, 3)]
    return {
      domain: 'meetings',
      text: `Minutes of ${day.spoken}. Chair: ${chair}. Minutes: ${keeper}. The ${d.pick(['new rules', 'budget', 'purchase of the van'])} passed with ${yes} votes for and ${no === 0 ? 'none' : no} against. The motion on parking was withdrawn.`,
      schema: object({ date, chair: text, keeper: { ...text, description: 'Who kept the minutes' }, votes_for: whole, votes_against: whole, withdrawn: whole }),
      expected: { date: day.iso, chair, keeper, votes_for: yes, votes_against: no, withdrawn: 1 },
    }
  },
  harvest: (d, invent) => {
    const fields = Array.from({ length: d.whole(2, 4) }, () => ({ field: invent(), hectares: d.whole(12, 190) / 10, tonnes: d.whole(30, 940) / 10 }))
    return {
      domain: 'tables',
      text: `Harvest book\n${fields.map((f) => `${f.field}: ${f.hectares.toFixed(1)} ha, ${f.tonnes.toFixed(1)} t`).join('\n')}\nNote: weights at 14% moisture`,
      schema: object({ fields: list(object({ field: text, hectares: amount, tonnes: amount })), moisture_percent: whole, largest: { ...text, description: 'Field with the most hectares, the first of equals' } }),
      expected: { fields, moisture_percent: 14, largest: [...fields].sort((a, b) => b.hectares - a.hectares)[0]?.field ?? '' },
    }
  },
}
