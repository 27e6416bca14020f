// Templates that programs fill: what stands around the slot is the same in every call.

export type Template = { readonly system: string; readonly text: string; readonly slots: readonly string[]; readonly answers: readonly string[] }

const PLACES = ['Lisbon', 'Graz', 'Nairobi', 'Quito', 'Osaka', 'Tromsø', 'Perth', 'Bergamo', 'Halifax', 'Adana', 'Split', 'Kumasi', 'Leeds', 'Mendoza', 'Pune', 'Bruges', 'Cork', 'Varna']
const WORDS = ['lantern', 'harbour', 'to borrow', 'stubborn', 'seldom', 'thimble', 'drizzle', 'to mend', 'orchard', 'gravel', 'to whisper', 'ledger', 'pewter', 'to linger', 'shallow', 'kettle', 'to unravel', 'meadow']
const REVIEWS = [
  'The parcel came two days late and one corner was crushed, yet the lamp itself works.',
  'Perfect fit, my son wears them every day and the colour has not faded at all.',
  'I asked for a refund three weeks ago and nobody has answered any of my mails.',
  'Sound is fine for the price, though the left ear cup squeaks when I turn my head.',
  'Would buy again, the staff even called to check that everything had arrived.',
  'Broke on the second use. The plastic hinge is far too thin for this weight.',
  'It does what it says, no more and no less, and the manual is readable for once.',
  'The smell is terrible even after a week on the balcony, I am throwing it away.',
  'A gift for my mother, who loves it, although she needed help with the app.',
  'Half of the screws were missing, so I drove to the hardware store before I could start.',
  'Charging takes all night, but then it lasts for four days of normal use.',
  'Too small for a family of four; fine for students or a holiday flat.',
  'Customer since 2009 and never disappointed, keep it up.',
  'The picture on the page shows another model than the one I received.',
  'Quiet, fast and easy to clean. The timer could be a little louder.',
  'After the update it no longer connects to my phone, support is silent.',
]
const SKUS = ['A-1029', 'A-1030', 'B-2217', 'B-2218', 'C-0071', 'D-5540', 'D-5541', 'E-9902', 'F-3310', 'G-4471', 'H-7718', 'J-1203', 'K-6650', 'L-8841', 'M-2090', 'N-3155']
const NAMES = ['Amira Haddad', 'Jonas Lindqvist', 'Priya Raman', 'Tomás Oliveira', 'Hana Kobayashi', 'Oskar Wolski', 'Leila Farouk', 'Gwen Pritchard', 'Mateo Rossi', 'Ingrid Solberg', 'Kwame Boateng', 'Nina Petrova', 'Sean Doyle', 'Yara Costa', 'Emil Novak', 'Fatou Diallo']

export const TEMPLATES: Readonly<Record<'dev' | 'test', readonly Template[]>> = {
  dev: [
    { system: 'You classify customer reviews.', text: 'Classify the sentiment of the following review as positive, negative or mixed. Answer with one word.\n\nReview: {}', slots: REVIEWS, answers: ['positive', 'negative', 'mixed'] },
    { system: 'You are a travel data service.', text: 'Give me the typical weather in {} in the second week of April, as one line of JSON with the members low, high and rain.', slots: PLACES, answers: ['{"low": 9, "high": 18, "rain": 4}', '{"low": 14, "high": 25, "rain": 2}'] },
    { system: 'You write product texts.', text: 'Write a product description of two sentences for article {} in our catalogue; mention the warranty.', slots: SKUS, answers: ['A sturdy companion for daily use. It comes with a warranty of two years.'] },
    { system: 'Vocabulary trainer', text: 'Use the expression "{}" in an easy sentence for learners at level B1 and translate the sentence into French.', slots: WORDS, answers: ['The harbour is quiet at night. Le port est calme la nuit.'] },
  ],
  test: [
    { system: 'Extract facts.', text: 'Extract the complaint, if any, and its severity from 1 to 5 from this customer message:\n"""\n{}\n"""\nReturn JSON.', slots: REVIEWS, answers: ['{"complaint": "late delivery", "severity": 2}', '{"complaint": null, "severity": 0}'] },
    { system: 'You are a writer of short letters.', text: 'Write a birthday greeting of about forty words to our employee {} and thank them for their work this year.', slots: NAMES, answers: ['Happy birthday! Thank you for everything you did this year; we are lucky to have you with us.'] },
    { system: 'You route parcels.', text: 'Which carrier is the cheapest for a parcel of 3 kg to {} when it has to arrive within five days?', slots: PLACES, answers: ['The post office, by registered parcel.', 'A courier, since the post takes a week.'] },
    { system: 'Dictionary', text: 'Define the term "{}" for a children\'s dictionary, in at most twenty words, and give its part of speech.', slots: WORDS, answers: ['A thing with a light inside that you can carry. Noun.'] },
    { system: 'Inventory assistant', text: 'Is article {} still listed, and in which hall is it stored? Answer from the table in your instructions.', slots: SKUS, answers: ['Yes, in hall four.', 'No, it was removed in spring.'] },
  ],
}
