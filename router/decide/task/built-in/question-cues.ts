// Words by which facts and explanations are asked for. A fact is one thing that is right or wrong and can be looked up: a name,
// date, place or number. Weights are log-odds set on the development files (labelled/README.md).
import type { PhraseCue } from './cue.ts'

export const QUESTION_CUES: readonly PhraseCue[] = [
  {
    name: 'asks who, when or where',
    weights: { factual_recall: 2.4, simple_qa: -1 },
    phrases: (
      'who wrote|who painted|who composed|who directed|who discovered|who founded|who invented|who created|who played|who won|who sang|who built|who designed|who said|who was|who is the|who were|and who|by whom|name of the|what was the name|full name|which actor|which author|which team|which country|which city|which year|which rfc|which iso|which king|which river|which company|which player|' +
      'in what year|in which year|what year|year the|in which country|in which city|in which version|in which month|on which date|on what date|on what day|what day|what month|when did|when was|when were|where was|where did|where is the|what city|what country|which band|which film|which book|which album|born in|the director of|answer with the name|answer with a single name|' +
      'wer schrieb|wer war|wer ist|wer hat|wann wurde|wann war|wann hat|wo wurde|wo liegt|in welchem jahr|in welchem land|in welcher stadt|wie heisst|wie hiess|welcher schauspieler|welches jahr|welches land|' +
      'qui a ecrit|qui a peint|qui a invente|qui est|qui etait|qui a|en quelle annee|quand a ete|quand est|ou se trouve|ou est ne|dans quel pays|dans quelle ville|comment s appelle|quel pays|quel acteur|' +
      'quien escribio|quien pinto|quien fue|quien es|quien gano|en que ano|en que pais|en que ciudad|cuando fue|cuando se|donde nacio|como se llama|que pais|' +
      'quem foi|quem escreveu|quem e o|em que ano|em que pais|quando foi|onde nasceu|como se chama|chi ha scritto|chi ha|chi era|chi e il|in che anno|in quale anno|in quale citta|quando e stato|dove e nato|come si chiama|' +
      'кто написал|кто был|кто изобрел|кто такой|в каком году|в какой стране|в каком городе|когда был|когда была|когда родил*|где родил*|как звали|как называется|kto napisal|kto byl|kto jest|w ktorym roku|kiedy zost*|gdzie urodz*|jak nazywa sie|' +
      'kdo napsal|kdo byl|kdo je|ve kterem roce|v jakem roce|kteri|ktery rok|kdy se|kdy byl|kdy byla|kde se narodil|jak se jmenuje|jake je jmeno|wie schreef|wie schilderde|wie was|wie is de|in welk jaar|in welk land|wanneer werd|wanneer is|waar ligt|hoe heet|' +
      'kim yazdi|kim yapti|kimdir|hangi yil|hangi ulke|ne zaman|nerede dogdu|作者是谁|是谁|哪一年|哪年|何时|哪个国家|哪座城市|什么时候|在哪里|誰ですか|誰が|いつ|何年|どこ|누구|몇 년|언제|어느 나라|어디|من كتب|من هو|من هي|من اخترع|في اي عام|في اي سنه|في اي بلد|متى|اين تقع|किसने|कौन था|कौन है|कब हुआ|कब|कहाँ'
    ).split('|'),
  },
  {
    name: 'begins with a word that asks for a fact',
    weights: { factual_recall: 1.8, simple_qa: -0.4 },
    within: 14,
    when: (input, shape, words) => words <= 50 && shape.lines <= 4 && input.tools === 0,
    phrases: (
      'who|whom|whose|when did|when was|when were|where is|where was|where did|where are|where were|which|how many|how old|how far|how deep|how tall|how high|what was|what were|what year|what month|what day|what date|what award|what university|what is the name|what is the surname|what city|what country|what s the name|whats the name|' +
      'wer|wen|wem|wessen|wann|wo|welche|welcher|welches|welchem|welchen|wie viele|wie alt|wie weit|wie hoch|qui|quand|ou se|quel|quels|quelles|combien|quien|quienes|cuando|donde|cuantos|cuantas|que ano|quem|onde|quantos|quantas|qual foi|chi|dove|quanti|quante|quale|кто|когда|где|какой|какая|какое|какие|каком|какого|сколько|' +
      'kto|kiedy|gdzie|ktory|ktora|ktore|ktorym|ile|kdo|kdy|kde|ktery|ktera|ktere|kterem|ktereho|kterou|kolik|koho|kym|jaky byl|jaka byla|jake bylo|jaky je|jaka je|jake je|jak se jmen*|na kter*|v jak*|ve kter*|wanneer|waar|welke|welk|hoeveel|kim|ne zaman|nerede|hangi|kac|谁|哪|何时|多少|几年|誰|いつ|どこ|何年|何人|どの|いくつ|누구|언제|어디|어느|몇|متى|اين|كم عدد|اي عام|कौन|कब|कहाँ|कितने|किस|किसने'
    ).split('|'),
  },
  {
    name: 'asks for a number or a place of record',
    weights: { factual_recall: 3.2, simple_qa: -1 },
    phrases: (
      'capital of|population of|how tall is|how high is|how deep is|how long is the|how many moons|how many bones|how many people|how many states|how many member|how many times|how many countries|how many goals|how many episodes|atomic number|chemical symbol|boiling point|melting point|longest coastline|largest country|tallest|highest mountain|currency of|dialling code|dialing code|country code|area code|default port|rfc|iso standard|what river|which river|name the|revenue in|founded|came into force|come into force|nobel prize|world cup|olympics|treaty of|battle of|dimensions of|' +
      'hauptstadt von|wie viele einwohner|wie hoch ist|capitale du|capitale de|combien d habitants|capital de|cuantos habitantes|quantos habitantes|capitale d|quanti abitanti|столица|сколько жителей|население|stolica|ilu mieszkancow|hlavni mesto|kolik obyvatel|hoofdstad van|hoeveel inwoners|başkenti|首都|人口|多高|何メートル|高さは|수도|높이는|عاصمة|राजधानी|जनसंख्या'
    ).split('|'),
  },
  {
    name: 'asks what, why or how',
    weights: { simple_qa: 2.4 },
    phrases: (
      'what is|what s|whats|what does|what are|what do|why is|why are|why do|why does|why did|why|how does|how do|how is|how are|how much|how long|how often|can i|can you freeze|can we|is it|is a|is the|are there|do i|do we|do you|does it|does that|which is|which one|is that|is there|define|definition of|meaning of|stand for|stands for|explain|true or false|convert|plural of|difference between|the same as|the same thing|when would|when should|roughly|in one sentence|short version|' +
      'was ist|was sind|was bedeutet|warum|wieso|wie funktioniert|wie lange|wie viel|unterschied zwischen|kann man|ist es|erklare|c est quoi|qu est ce|pourquoi|comment|quelle est la difference|difference entre|que signifie|quel est|quelle est|que es|por que|como funciona|cual es|diferencia entre|que significa|se puede|' +
      'o que e|qual e|qual a diferenca|diferenca entre|que cos e|cosa significa|perche|come funziona|che differenza|differenza tra|qual e la|что такое|почему|как работает|в чем разница|зачем|сколько|co to jest|dlaczego|jak dziala|jaka jest roznica|co je|proc|jaky je rozdil|jak funguje|wat is|waarom|hoe werkt|verschil tussen|nedir|neden|nasil|fark nedir|' +
      '为什么|什么是|是什么|怎么|区别|なぜ|とは|違いは|どうして|何ですか|왜|차이|무엇|뭐예요|어떻게|ما هو|ما هي|ما الفرق|لماذا|كيف|क्या है|क्या होती है|क्या होता है|क्यों|कैसे|अंतर'
    ).split('|'),
  },
  {
    name: 'opens as a question',
    weights: { simple_qa: 1, general: -0.4 },
    within: 3,
    when: (input, shape, words) => words <= 30 && shape.lines <= 3 && input.tools === 0,
    phrases: 'what|whats|why|how|is|are|can|do i|do you|do we|do they|does|which|when|define|explain|true or false|was|warum|wieso|wie|ist|kann|que|quelle|quel|pourquoi|comment|c est quoi|por que|porque|como|cual|es|perche|cosa|che|come|qual|что|почему|как|зачем|co|dlaczego|jak|czy|proc|je|wat|waarom|hoe|neden|nasil|为什么|什么|怎么|なぜ|どうして|왜|ما|لماذا|كيف|क्या|क्यों|कैसे'.split('|'),
  },
  {
    name: 'asks for a calculation',
    weights: { simple_qa: 1.5, factual_recall: -1.5 },
    phrases: ['average speed', 'percent of', 'tip on', 'how many cups', 'how many weeks', 'how many days', 'how many minutes', 'in km', 'to cm', 'to inches', 'square root', 'is bigger', 'is heavier', 'plus', 'divided by', 'true or false'],
  },
  {
    name: 'asks what to do or think',
    weights: { general: 2.4, simple_qa: -1, factual_recall: -1 },
    phrases: 'should|what do you think|do you think|your opinion|your thoughts|thoughts on|recommend|recommendations|suggest|who are you|can you help me with|talk it through|i feel|advice|pros and cons|has anyone|best way to|soll ich|sollte ich|was meinst du|que penses tu|devrais je|deberia|que opinas|devo|dovrei|cosa ne pensi|стоит ли|что ты думаешь|czy powinien*|mam byt|moet ik|yapmaliyim|应该|べき|해야'.split('|'),
  },
  {
    name: 'open question',
    weights: { general: 2.6, simple_qa: -1.6, factual_recall: -1 },
    phrases: 'what if|how can i|how can we|how can you|how would you|how might|how do you model|ways to|strategies|challenges|factors|effective|implications|impact of|influence of|compare|discuss|evaluate|analyse|analyze|describe|imagine|pretend|act as|step by step|show your|show how|your reasoning|explain your answer|explain each|prove that|arguments for|both sides|in about|words|was ware wenn|et si|y si|e se|что если|co by bylo'.split('|'),
  },
  {
    name: 'has to be worked out',
    weights: { general: 1.6, simple_qa: -0.8, factual_recall: -2 },
    phrases: 'probability|suppose|given that|if the|if you|if there|each of them|at the same time|in total|altogether|the total|remainder|equation|solve for|twice as|half as|half of the|how long would|how many would|wahrscheinlichkeit|angenommen|insgesamt|probabilite|supposons|probabilidad|supongamos|probabilita|вероятность|предположим|prawdopodobienstwo|pravdepodobnost|概率|確率|확률'.split('|'),
    when: (input, _shape, words) => words >= 15 && input.tools === 0 && input.inputTokens < 4_000,
  },
  {
    name: 'about what is theirs',
    weights: { general: 1.2, simple_qa: -1, factual_recall: -1.6 },
    phrases: 'our|my team|my company|we are|we re|we want|we need|i am|i m|unser|unsere|notre|nuestro|nuestra|nosso|nossa|nostro|nostra|наш|наша|nasz|nasza|nas|onze|我们的|私たち|우리'.split('|'),
    when: (input) => input.tools === 0 && input.inputTokens < 4_000,
  },
]
