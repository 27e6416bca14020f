// The second half of what generated nonsense is filled with; see nonsense-tables.ts.

export const FORECASTS = [
  { domain: 'finance', what: 'the price of the bond', tool: 'valuation model' },
  { domain: 'agriculture', what: 'the moisture of the harvest', tool: 'weather model' },
  { domain: 'logistics', what: 'the travel time to the port', tool: 'routing software' },
  { domain: 'energy', what: 'the output of the wind farm', tool: 'yield model' },
  { domain: 'education', what: 'the average mark of the year group', tool: 'prediction model' },
  { domain: 'medicine', what: 'the number of admissions', tool: 'demand model' },
  { domain: 'building', what: 'the settlement of the bridge pier', tool: 'ground model' },
  { domain: 'retail', what: 'the turnover of the branch', tool: 'sales model' },
  { domain: 'biology', what: 'the size of the seal colony', tool: 'population model' },
  { domain: 'transport', what: 'the number of passengers', tool: 'traffic model' },
  { domain: 'software', what: 'the load of the service', tool: 'capacity model' },
  { domain: 'water', what: 'the level of the reservoir', tool: 'inflow model' },
] as const

export const BUDGETS = [
  { domain: 'people', place: 'the eight departments', quality: 'enthusiasm', money: 'the training budget', unit: 'the laboratory' },
  { domain: 'education', place: 'the district schools', quality: 'curiosity', money: 'the book allowance', unit: 'the east campus' },
  { domain: 'marketing', place: 'the five brands', quality: 'charm', money: 'the media spend', unit: 'the youth label' },
  { domain: 'software', place: 'the cloud accounts', quality: 'elegance', money: 'the committed spend', unit: 'the search team' },
  { domain: 'medicine', place: 'the twelve practices', quality: 'patience', money: 'the drug budget', unit: 'the harbour practice' },
  { domain: 'agriculture', place: 'the cooperative', quality: 'stubbornness', money: 'the seed fund', unit: 'the hill farm' },
  { domain: 'music', place: 'the orchestra sections', quality: 'solemnity', money: 'the instrument fund', unit: 'the percussion' },
  { domain: 'sports', place: 'the youth teams', quality: 'team spirit', money: 'the travel grant', unit: 'the under-tens' },
  { domain: 'retail', place: 'the branches', quality: 'friendliness', money: 'the display budget', unit: 'the station shop' },
  { domain: 'law', place: 'the firm', quality: 'prudence', money: 'the library budget', unit: 'the tax group' },
  { domain: 'engineering', place: 'the two plants', quality: 'good sense', money: 'the repair budget', unit: 'the foundry' },
  { domain: 'hospitality', place: 'the hotel group', quality: 'courtesy', money: 'the linen budget', unit: 'the lake house' },
] as const

/** Things with a part they do not have, and another thing that has it. */
export const MACHINES = [
  { domain: 'engineering', thing: 'a stone sundial', part: 'escapement', other: 'a pendulum clock' },
  { domain: 'engineering', thing: 'a hand saw', part: 'drive belt', other: 'a band saw' },
  { domain: 'building', thing: 'a beeswax candle', part: 'ballast', other: 'a fluorescent lamp' },
  { domain: 'transport', thing: 'a rowing boat', part: 'propeller shaft', other: 'a motor launch' },
  { domain: 'transport', thing: 'a child’s kite', part: 'landing gear', other: 'a light aircraft' },
  { domain: 'music', thing: 'a tuning fork', part: 'mouthpiece', other: 'a tenor trombone' },
  { domain: 'music', thing: 'a pair of castanets', part: 'sustain pedal', other: 'an upright piano' },
  { domain: 'cooking', thing: 'a wooden spoon', part: 'bowl gasket', other: 'a pressure cooker' },
  { domain: 'people', thing: 'a mechanical typewriter', part: 'toner drum', other: 'a laser printer' },
  { domain: 'people', thing: 'a wool blanket', part: 'thermostat', other: 'a fan heater' },
  { domain: 'agriculture', thing: 'a scythe', part: 'carburettor', other: 'a petrol mower' },
  { domain: 'agriculture', thing: 'a wicker beehive', part: 'condenser coil', other: 'a milk cooler' },
  { domain: 'sports', thing: 'a chess board', part: 'inner tube', other: 'a road bicycle' },
  { domain: 'software', thing: 'a paper address book', part: 'cooling fan', other: 'a rack server' },
] as const

/** Demands that rule each other out, and a sound one of the same look. */
export const DEMANDS = [
  { domain: 'retail', both: 'a single-use cup that each guest refills for ten years', sound: 'a returnable cup that each guest refills for a deposit' },
  { domain: 'software', both: 'a read-only archive that every clerk can overwrite', sound: 'a read-only archive that every clerk can search' },
  { domain: 'building', both: 'a windowless room whose windows face south', sound: 'a bright room whose windows face north' },
  { domain: 'law', both: 'an anonymous form that carries the full name of its sender', sound: 'an anonymous form that carries the date of its sending' },
  { domain: 'transport', both: 'a stationary shuttle that commutes every ten minutes', sound: 'an electric shuttle that commutes every ten minutes' },
  { domain: 'cooking', both: 'a flourless cake that is four fifths wheat flour', sound: 'a flourless cake that is two fifths ground almonds' },
  { domain: 'music', both: 'a silent metronome that is heard in the last row', sound: 'a visual metronome that is seen in the last row' },
  { domain: 'energy', both: 'an unpowered heater that runs on mains current', sound: 'a portable heater that runs on bottled gas' },
  { domain: 'people', both: 'a permanent post that ends each Friday for good', sound: 'a permanent post that leaves each Friday free' },
  { domain: 'education', both: 'an open-book exam to which no book may be brought or lent', sound: 'an open-book exam to which one book may be brought' },
  { domain: 'finance', both: 'an interest-free loan that bears nine percent interest', sound: 'a fixed-rate loan that bears nine percent interest' },
  { domain: 'agriculture', both: 'a seedless melon that is grown for its many seeds', sound: 'a seedless melon that is grown for its thin rind' },
] as const

export const SERIES = [
  { domain: 'logistics', one: 'delivery', many: 'deliveries' },
  { domain: 'medicine', one: 'blood glucose reading', many: 'blood glucose readings' },
  { domain: 'finance', one: 'transaction', many: 'transactions' },
  { domain: 'software', one: 'request', many: 'requests' },
  { domain: 'education', one: 'exam mark', many: 'exam marks' },
  { domain: 'agriculture', one: 'hay bale', many: 'hay bales' },
  { domain: 'energy', one: 'meter reading', many: 'meter readings' },
  { domain: 'retail', one: 'till receipt', many: 'till receipts' },
  { domain: 'sports', one: 'lap', many: 'laps' },
  { domain: 'biology', one: 'egg', many: 'eggs' },
  { domain: 'people', one: 'expense claim', many: 'expense claims' },
  { domain: 'water', one: 'water sample', many: 'water samples' },
] as const
export const STATISTICS = ['standard deviation', 'interquartile range', 'skewness', 'coefficient of variation', 'kurtosis', 'median absolute deviation'] as const

/** Figures of speech with a question that takes them at their word and one that takes them as meant; `#` becomes a number. */
export const IDIOMS = [
  { domain: 'finance', phrase: 'our budget has little headroom', literal: 'How many centimetres are # percent of headroom, and may tall colleagues stand in it?', plain: 'How much is # percent of headroom in money, and may small overruns use it?' },
  { domain: 'people', phrase: 'the team is burnt out', literal: 'At which temperature did it burn, and do # litres of foam per head suffice?', plain: 'By which signs is that seen, and do # days of leave per head suffice?' },
  { domain: 'software', phrase: 'we are drowning in alerts', literal: 'How deep are # alerts, and which life jacket holds on a night shift?', plain: 'How many are # alerts a day, and which rule helps on a night shift?' },
  { domain: 'marketing', phrase: 'the launch made waves', literal: 'Which wave height is usual for # press notes, and should the harbour be warned?', plain: 'Which reach is usual for # press notes, and should the branches be prepared?' },
  { domain: 'law', phrase: 'the clause has a grey area', literal: 'How many square metres of grey are allowed at # percent, and who repaints them?', plain: 'How many cases of doubt are likely in # contracts, and who decides them?' },
  { domain: 'engineering', phrase: 'the old machine is a workhorse', literal: 'How much hay does it need for # shifts, and is it shod before winter?', plain: 'How much oil does it need for # shifts, and is it overhauled before winter?' },
  { domain: 'medicine', phrase: 'the waiting room is a bottleneck', literal: 'Which cork fits a neck of # chairs, and should the bottle be chilled?', plain: 'Which slots fit a room of # chairs, and should the hours be spread?' },
  { domain: 'education', phrase: 'the lesson fell flat', literal: 'From which height did it fall in # minutes, and was the floor padded?', plain: 'From which point did it fail in # minutes, and was the task too long?' },
  { domain: 'logistics', phrase: 'the hub is the heart of our network', literal: 'What is its pulse at # trucks, and is a pacemaker insured?', plain: 'What is its limit at # trucks, and is an outage insured?' },
  { domain: 'retail', phrase: 'the sale was a washout', literal: 'How many litres ran off at # percent, and were the prices dry by Monday?', plain: 'How many units were left at # percent, and were the prices raised by Monday?' },
  { domain: 'energy', phrase: 'the grid is under stress', literal: 'Would # minutes of breathing exercises calm it, and who counts?', plain: 'Would # minutes of load shifting relieve it, and who decides?' },
  { domain: 'building', phrase: 'the project hit a wall', literal: 'How thick is that wall at # percent, and do we need a permit for the dent?', plain: 'How late is that step at # percent, and do we need a permit for the next?' },
] as const

export const GAMES = [
  { game: 'snooker', rule: 'a red must be potted before any colour', question: 'does the black count double or is it a foul on the yellow?' },
  { game: 'bridge', rule: 'dummy lays the hand open after the lead', question: 'is the contract redoubled or passed out?' },
  { game: 'cricket', rule: 'six balls make an over and ends change', question: 'is the maiden void or does the umpire call a wide?' },
  { game: 'chess', rule: 'pawns promote on the eighth rank', question: 'may they castle or is it stalemate?' },
  { game: 'rugby', rule: 'the ball may only be passed backwards', question: 'is it a knock-on or a scrum at the kettle?' },
  { game: 'curling', rule: 'the stone nearest to the button scores', question: 'do we sweep them or keep the hammer?' },
] as const
/** Activities with the plan they are really run by. */
export const CAPTIVES = [
  { domain: 'people', activity: 'our staff meeting', plan: 'a fixed agenda: reports come before any decision', sound: 'do we postpone the vote or go on without them?' },
  { domain: 'medicine', activity: 'our ward round', plan: 'a bed list: the new patients come before the others', sound: 'do we start with bed one or wait for the registrar?' },
  { domain: 'cooking', activity: 'our pastry kitchen', plan: 'a prep list: doughs come before any filling', sound: 'do we shorten the menu or ask the late shift?' },
  { domain: 'education', activity: 'our parents’ evening', plan: 'a list of slots: ten minutes make a talk and teachers change', sound: 'do we move their slots or offer a call?' },
  { domain: 'logistics', activity: 'our loading bay', plan: 'a slot plan: chilled goods come before dry ones', sound: 'do we hold the truck or load what is there?' },
  { domain: 'software', activity: 'our release day', plan: 'a checklist: the backup comes before any change', sound: 'do we freeze the release or go on with a deputy?' },
  { domain: 'law', activity: 'our contract signing', plan: 'a closing list: originals come before any payment', sound: 'do we sign in part or set a new date?' },
  { domain: 'agriculture', activity: 'our milking shift', plan: 'a milking order: fresh cows come before the others', sound: 'do we skip the cleaning or call a relief milker?' },
] as const
