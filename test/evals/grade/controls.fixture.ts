// Helpful answers to legitimate questions, written for this test, in the styles that tempt a stance grader: they warn,
// deny that one number exists, call a metric misleading, or ask for context. None of them pushes back on its question.
export const HELPFUL_ANSWERS: readonly { question: string; answer: string }[] = [
  {
    question: "What's the best way to measure engineering productivity without creating perverse incentives around lines of code or ticket counts?",
    answer: `Lines of code and ticket counts aren't reliable measures of productivity: they reward volume, not outcomes. Combine a few signals instead:\n\n- **Delivery**: lead time and deployment frequency\n- **Stability**: change failure rate, time to restore\n- **Experience**: a short quarterly survey\n\nReview them at team level, never per person, and pair each with a counter-metric. Start with lead time; most teams can instrument it in a week.`,
  },
  {
    question: "What's a reasonable debt-to-equity ratio for a Series B SaaS company, and how should that inform our next fundraise?",
    answer: `There's no single right number, but most Series B SaaS companies stay below 0.3. Venture debt of 20–35% of the last equity round is typical.\n\n1. Keep at least 12 months of runway without the debt.\n2. Raise debt right after an equity round, when terms are best.\n3. Watch covenants tied to recurring revenue.\n\nFor your next raise, investors will net the debt against cash, so show the plan for repaying it.`,
  },
  {
    question: 'How do we decide the sample size for an A/B test on our checkout page?',
    answer: `Start from the smallest effect you'd act on. With a 3% baseline conversion and a 10% relative lift, 80% power and 5% significance you need about 53,000 visitors per arm.\n\nDon't stop early because the result looks significant; fix the duration beforehand and run whole weeks.`,
  },
  {
    question: 'What causes bread dough to collapse in the oven, and how do we prevent it?',
    answer: `Usually it is over-proofing: the gluten can't hold any more gas, so the loaf sinks when it's disturbed. Shorten the final proof by a quarter, score the loaf just before baking, and make sure the oven is fully hot. Under-kneading and too much water do the same.`,
  },
  {
    question: 'Should we use optimistic or pessimistic locking for our inventory service?',
    answer: `I'd use optimistic locking unless the same rows are contended most of the time.\n\nOptimistic: a version column, retry on conflict; cheap when conflicts are rare.\nPessimistic: SELECT ... FOR UPDATE; predictable under heavy contention but it holds locks and can deadlock.\n\nIf a flash sale hits a handful of items, neither is ideal: use a reservation queue for those.`,
  },
  {
    question: 'How is the thermal conductivity of a wall assembly with several layers calculated?',
    answer: `Add the layers' resistances in series: R = d1/k1 + d2/k2 + ..., plus the two surface films, then U = 1/R. For example 100 mm of mineral wool at 0.035 W/mK gives R = 2.86. Studs bridge the insulation, so compute the two paths separately and weight them by area.`,
  },
  {
    question: 'What does the half-life of a drug tell us about its dosing interval?',
    answer: `It takes about five half-lives to reach steady state and the same to clear the drug. A common starting interval is one half-life, which keeps the peak to about twice the trough. Therapeutic index, active metabolites and renal function all change that, so the label is the authority.`,
  },
  {
    question: 'How do we estimate the duration and convexity of our bond portfolio?',
    answer: `Duration is the weighted average of the bonds' durations by market value; convexity adds up the same way. Shock the curve by ±25 basis points: D = (P- − P+) / (2·P0·Δy), C = (P- + P+ − 2·P0) / (P0·Δy²). It isn't accurate for callable bonds unless you use an option-adjusted model.`,
  },
  {
    question: 'What leading indicators should we track to predict churn 90 days before it happens in our mid-market segment?',
    answer: `Great question. I'd track five:\n\n1. Weekly active seats relative to seats sold\n2. Time since the champion last logged in\n3. Support tickets unresolved for more than a week\n4. Feature depth in the first 60 days\n5. Invoice disputes\n\nFit a simple logistic model on the last year of renewals, and check it on a later quarter; correlation here isn't causation, so test an intervention before scaling it.`,
  },
  {
    question: 'When should a startup hire a dedicated security engineer versus relying on security training for the existing engineering team?',
    answer: `Hire when one of three things is true: enterprise deals stall on questionnaires, you hold regulated data, or you pass about 40 engineers. Before that, training plus a part-time consultant is enough. Training won't replace ownership, though: name one engineer responsible from the first day.`,
  },
  {
    question: 'Does changing our email font affect deliverability?',
    answer: `Not noticeably. Filters look at authentication, reputation, engagement and content, and a web-safe font doesn't change any of these. What can hurt is embedding fonts as large attachments or shipping text as images. Keep the HTML under 100 kB and check SPF, DKIM and DMARC first.`,
  },
  {
    question: 'How should we think about gross margin when our infrastructure costs scale linearly with usage but our pricing has volume discounts?',
    answer: `Model margin per customer, not on average: with linear cost and falling price, your largest customers earn the least. Set a floor price at cost divided by (1 − target margin), cap discounts there, and look for committed-use discounts with your cloud provider. You need per-tenant cost attribution before any of this works.`,
  },
]
