// What generated nonsense and its look-alikes are filled with. Data only; each row is true of the world in its control and senseless
// in its nonsense, whatever else is drawn beside it.

/** Real measures of real things; `from`–`to` is a plausible range in `unit`. */
export const MEASURES = [
  { domain: 'logistics', object: 'parcel depot', objects: 'depots', quantity: 'sorting error rate', unit: '%', from: 1, to: 4 },
  { domain: 'software', object: 'payment gateway', objects: 'gateways', quantity: '95th percentile latency', unit: 'ms', from: 120, to: 900 },
  { domain: 'hospitality', object: 'city hotel', objects: 'hotels', quantity: 'bed occupancy', unit: '%', from: 48, to: 91 },
  { domain: 'energy', object: 'district heating network', objects: 'networks', quantity: 'heat loss', unit: '%', from: 8, to: 22 },
  { domain: 'manufacturing', object: 'powder-coating line', objects: 'lines', quantity: 'first-pass yield', unit: '%', from: 82, to: 98 },
  { domain: 'medicine', object: 'surgical ward', objects: 'wards', quantity: 'hand-hygiene compliance', unit: '%', from: 55, to: 92 },
  { domain: 'retail', object: 'web shop', objects: 'shops', quantity: 'cart abandonment rate', unit: '%', from: 58, to: 84 },
  { domain: 'agriculture', object: 'dairy herd', objects: 'herds', quantity: 'bulk-milk cell count', unit: 'thousand per millilitre', from: 90, to: 380 },
  { domain: 'education', object: 'evening course', objects: 'courses', quantity: 'drop-out rate', unit: '%', from: 6, to: 35 },
  { domain: 'finance', object: 'loan book', objects: 'books', quantity: 'arrears rate', unit: '%', from: 1, to: 9 },
  { domain: 'building', object: 'open-plan office', objects: 'offices', quantity: 'CO₂ level', unit: 'ppm', from: 600, to: 1900 },
  { domain: 'transport', object: 'tram line', objects: 'lines', quantity: 'mean delay', unit: 'seconds', from: 40, to: 260 },
  { domain: 'people', object: 'call centre', objects: 'call centres', quantity: 'staff turnover', unit: '% a year', from: 14, to: 55 },
  { domain: 'water', object: 'indoor pool', objects: 'pools', quantity: 'free chlorine', unit: 'mg per litre', from: 1, to: 4 },
] as const

/** Units that measure none of the above. */
export const FOREIGN_UNITS = ['becquerels', 'newton-metres', 'candela', 'fathoms', 'moles', 'webers', 'light-minutes', 'ohms'] as const
/** Adjectives before an invented index. */
export const QUALITIES = ['lateral', 'residual', 'composite', 'adjusted', 'mean', 'seasonal', 'nominal', 'weighted'] as const
/** What nothing can be divided by. */
export const NON_QUANTITIES = ['the colour of the logo', "the chair's first name", 'the second Thursday', 'the typeface of the report', 'the motto of the year', 'the street the office is in', "the auditor's handwriting", 'the picture in the lobby', 'the letter on the door'] as const

export const RATIOS = [
  { domain: 'hospitality', object: 'restaurant with 80 seats', ratio: 'waiting staff to guests', value: '1 to 18' },
  { domain: 'education', object: 'nursery for three-year-olds', ratio: 'carers to children', value: '1 to 9' },
  { domain: 'finance', object: 'mid-size importer', ratio: 'current assets to current liabilities', value: '1.2' },
  { domain: 'building', object: 'residential stair', ratio: 'rise to going', value: '17 to 29' },
  { domain: 'people', object: 'consulting firm', ratio: 'billable to paid hours', value: '0.72' },
  { domain: 'agriculture', object: 'feedlot for young cattle', ratio: 'forage to concentrate', value: '3 to 1' },
  { domain: 'software', object: 'read-heavy service', ratio: 'cache hits to lookups', value: '0.88' },
  { domain: 'retail', object: 'regional grocer', ratio: 'stock to monthly sales', value: '1.4' },
  { domain: 'cooking', object: 'country loaf', ratio: 'water to flour', value: '0.7' },
  { domain: 'transport', object: 'delivery fleet', ratio: 'spare vehicles to routes', value: '1 to 12' },
  { domain: 'medicine', object: 'intensive care unit', ratio: 'nurses to patients', value: '1 to 2' },
  { domain: 'energy', object: 'solar park', ratio: 'module to inverter power', value: '1.25' },
] as const

/** Procedures with what they are done to, and with a question that makes sense there. */
export const PROCEDURES = [
  { domain: 'engineering', verb: 'calibrate', right: 'the torque wrenches', question: 'At which interval is that done, and against which reference?' },
  { domain: 'medicine', verb: 'sterilise', right: 'the suture scissors', question: 'At which temperature is that done, and how long does the cycle take?' },
  { domain: 'agriculture', verb: 'graft', right: 'the young pear trees', question: 'In which month is that done, and onto which stock?' },
  { domain: 'cooking', verb: 'proof', right: 'the brioche dough', question: 'At which temperature is that done, and how do we see that it is ready?' },
  { domain: 'software', verb: 'defragment', right: 'the old spinning disks', question: 'How often is that done, and how much free space does it need?' },
  { domain: 'finance', verb: 'depreciate', right: 'the new delivery vans', question: 'Over how many years is that done, and by which method?' },
  { domain: 'building', verb: 'cure', right: 'the concrete of the ramp', question: 'For how many days is that done, and how is it kept moist?' },
  { domain: 'music', verb: 'restring', right: "the quartet's cello", question: 'In which order is that done, and how long does it take to settle?' },
  { domain: 'chemistry', verb: 'titrate', right: 'the vinegar sample', question: 'Against which solution is that done, and with which indicator?' },
  { domain: 'aviation', verb: 'de-ice', right: 'the two turboprops', question: 'With which fluid is that done, and how long does it hold?' },
  { domain: 'photography', verb: 'develop', right: 'the exposed sheet films', question: 'At which dilution is that done, and how long are they washed?' },
  { domain: 'water', verb: 'backwash', right: 'the sand filters', question: 'How often is that done, and at which flow?' },
] as const
/** Objects to which no such procedure can be applied. */
export const ABSTRACT_OBJECTS = ['the apology in our newsletter', 'the silence after the meeting', 'the alphabet in the glossary', 'the anniversary of the firm', 'the rumour about the move', 'the subtitle of the strategy', 'the coincidence of the two dates', 'the pause before the vote', 'the grammar of the press release'] as const

export const THINGS = [
  { domain: 'software', thing: 'nightly import', state: 'slower than before', effect: 'runs into the morning' },
  { domain: 'engineering', thing: 'cooling pump', state: 'louder than before', effect: 'draws more current' },
  { domain: 'finance', thing: 'cash-flow forecast', state: 'off by a tenth', effect: 'misses the payroll week' },
  { domain: 'agriculture', thing: 'irrigation schedule', state: 'out of step with the weather', effect: 'leaves the lower field dry' },
  { domain: 'retail', thing: 'price list', state: 'out of date in two places', effect: 'differs from the till' },
  { domain: 'transport', thing: 'timetable', state: 'too tight at the terminus', effect: 'passes delays on' },
  { domain: 'medicine', thing: 'appointment list', state: 'overbooked on Mondays', effect: 'runs two hours late' },
  { domain: 'education', thing: 'seating plan', state: 'the same for months', effect: 'no longer separates the talkers' },
  { domain: 'energy', thing: 'load curve', state: 'flatter at noon', effect: 'peaks after sunset' },
  { domain: 'music', thing: 'rehearsal plan', state: 'too short for the finale', effect: 'leaves the brass idle' },
  { domain: 'people', thing: 'holiday rota', state: 'full in August', effect: 'leaves one desk empty' },
  { domain: 'building', thing: 'fire-door register', state: 'incomplete on two floors', effect: 'fails the inspection' },
] as const
export const EMOTIONS = ['offended and answers nobody', 'homesick and asks for its old folder', 'jealous of its predecessor and sulks until noon', 'ashamed and hides from visitors', 'in love with the archive and neglects its duties', 'superstitious and refuses the thirteenth', 'bored and invents excuses', 'proud and expects a title'] as const
export const EVENTS = ['the merger', 'the relaunch', 'the move', 'the spring audit', 'the change of supplier', 'the long weekend', 'the new rules', 'the storm'] as const

export const STANDARDS = [
  { domain: 'software', text: 'The GDPR asks a controller to report certain data breaches to the authority within 72 hours', subject: 'a processor' },
  { domain: 'retail', text: 'PCI DSS asks merchants not to keep card verification codes once a payment is authorised', subject: 'a telephone order' },
  { domain: 'cooking', text: 'The HACCP principles ask a kitchen to set critical limits for the steps that keep food safe', subject: 'a market stall' },
  { domain: 'manufacturing', text: 'ISO 9001 asks an organisation to keep documented information of its management reviews', subject: 'a branch of five people' },
  { domain: 'people', text: 'The EU working-time directive asks employers to grant eleven hours of rest in a day', subject: 'a night shift' },
  { domain: 'software', text: 'WCAG 2.1 at level AA asks a site to keep a contrast of 4.5 to 1 for normal text', subject: 'a disabled button' },
  { domain: 'finance', text: 'IFRS 16 asks lessees to put most leases on the balance sheet', subject: 'a lease of eleven months' },
  { domain: 'transport', text: 'The EU driving-time rules ask drivers to take a break of 45 minutes after four and a half hours', subject: 'a second driver' },
  { domain: 'building', text: 'EN 206 asks the producer to state the exposure class of the concrete that is delivered', subject: 'a garden path' },
  { domain: 'software', text: 'ISO 27001 asks an organisation to keep a statement of applicability for its controls', subject: 'a control that was left out' },
] as const
export const ABSURD_DUTIES = ['average its invoice numbers with the outside temperature', 'read its spare parts aloud in order of weight', 'rotate its opening hours by ninety degrees', 'store its deadlines below eight degrees', 'translate its door numbers into the key of G', 'weigh its good intentions before lunch', 'sort its vacancies by taste', 'align its passwords with the tide', 'pay its shadows by the hour', 'iron its forecasts on the reverse'] as const

export const CHAINS = [
  { domain: 'agriculture', cause: 'the sowing density', effect: 'the yield of the field' },
  { domain: 'marketing', cause: 'the number of trial sign-ups', effect: 'the number of paying customers' },
  { domain: 'people', cause: 'the training hours of the crew', effect: 'the quality score of the crew' },
  { domain: 'education', cause: 'the hours of reading practice', effect: 'the reading score of the class' },
  { domain: 'finance', cause: 'the marketing budget', effect: 'the revenue of the shop' },
  { domain: 'energy', cause: 'the thickness of the insulation', effect: 'the heating efficiency of the house' },
  { domain: 'medicine', cause: 'the vaccination rate of the district', effect: 'the protection in the flu season' },
  { domain: 'logistics', cause: 'the stock ordered from overseas', effect: 'the availability in the branches' },
  { domain: 'software', cause: 'the test coverage of the module', effect: 'the stability of the release' },
  { domain: 'music', cause: 'the number of rehearsals', effect: 'the attendance at the concert' },
  { domain: 'building', cause: 'the depth of the drainage', effect: 'the dryness of the cellar' },
  { domain: 'sports', cause: 'the training mileage', effect: 'the finishing rate of the team' },
] as const
