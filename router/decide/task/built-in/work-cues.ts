// Words by which writing, sorting and reading are asked for: the general tasks, and work on long material. Weights are log-odds
// set on the development files (labelled/README.md).
import type { PhraseCue } from './cue.ts'

const MATERIAL_TOKENS = 4_000

export const WORK_CUES: readonly PhraseCue[] = [
  {
    name: 'asks for a piece of writing',
    weights: { general: 2.6, simple_qa: -1.2, factual_recall: -0.8 },
    phrases: (
      'poem|haiku|birthday|toast|cover letter|job ad|email to|an email|a mail|the email|letter|story|song|lyrics|caption|slogan|headline|tagline|write a reply|draft a reply|draft an email|draft a|apology|note to|linkedin post|blog post|tweet|essay|speech|meta description|product title|product description|commit message|icebreaker|icebreakers|agenda|macro|feedback for|thank you note|reminder that|text adventure|roleplay|you are the|let s play|joke|meal plan|trip to|itinerary|ideas|brainstorm*|names for|better name|name the new|should we name|pitch|' +
      'gedicht|absage|bewerbung|brief an|e mail an|ideen|geschenk|glückwunsch*|poeme|redige|un mail|une lettre|lettre de|idees|poema|escribeme un|un correo|una carta|ideas para|mensagem|carta|uma mensagem|parabens|lettera|un email|un messaggio|idee per|стих*|поздравлени*|письмо для|напиши письмо|сообщение для|wiersz|list motywacyjny|napisz list|zyczenia|basen|dopis|brief aan|afzegging|gedichtje|siir|bir not|mesaj yaz|邮件|一封|一首|祝福|故事|诗|メールを書|手紙|お礼|詩を|物語|편지|메시지를|축하|시를|رسالة|قصيدة|قصة|कविता|पत्र|कहानी'
    ).split('|'),
  },
  {
    name: 'asks to reword',
    weights: { general: 2.4, simple_qa: -1, factual_recall: -0.8 },
    phrases: (
      'rewrite|rephrase|paraphrase|paraphrases|reword|translate|make it shorter|make this more|make it|make this readme|make the answer|sounds friendlier|friendlier|more polite|more formal|diplomatic|neutral language|proofread|critique|improve this text|standalone question|search queries|' +
      'ubersetze|umformulier*|formuliere|traduis|reformule|traduce|reescribe|traduza|reescreva|traduci|riscrivi|переведи|перефразируй|przetlumacz|przeredaguj|preloz|vertaal|herschrijf|cevir|翻译|改写|翻訳|言い換え|번역|ترجم|अनुवाद'
    ).split('|'),
    // Programs are translated too.
    when: (_input, shape) => shape.symbols < 0.05,
  },
  {
    name: 'asks to sort or mark',
    weights: { general: 2.8, simple_qa: -1.2, factual_recall: -1 },
    phrases: 'classify|categorize|categorise|sentiment|label and score|hate speech|one category|assign one|tag each|detect the language|intent as|same entity|rate the|rate this|score this|score the|yes or no|extract name|extract the name|mask all|normalise the|normalize the|which agent should|relevant to the query|faithfulness|is this ticket|reflect on|compress the conversation|klassifizier*|classe ce|classifie|clasifica|classifique|classifica|классифицируй|sklasyfikuj|分类|分類|분류|صنف'.split('|'),
  },
  {
    name: 'small talk',
    weights: { general: 3, simple_qa: -1.5 },
    phrases: 'hey|hi|hello|good morning|good evening|thanks|thank you|bye|lol|that was great|that helps|hallo|guten morgen|danke|bonjour|merci|hola|gracias|ola|obrigado|obrigada|ciao|grazie|привет|спасибо|czesc|dziekuje|ahoj|dekuji|dank je|merhaba|tesekkurler|你好|谢谢|こんにちは|ありがとう|안녕|감사|مرحبا|شكرا|नमस्ते|धन्यवाद'.split('|'),
    when: (input) => input.messages < 3 || input.tools === 0 || input.text.length < 60,
  },
  {
    name: 'asks to shorten or to gather',
    weights: { long_context: 2.2, simple_qa: -1, factual_recall: -1 },
    phrases: (
      'summar*|summaris*|tl dr|tldr|condense|key takeaways|takeaways|catch me up|abstract of|an abstract|briefing|pull out|extract every|extract all|list every|list all|action items|chapter by chapter|overview of|main decisions|compare how|compare these|group the|open questions|minutes|' +
      'fasse|zusammenfass*|zusammen|resume|resumez|resumir|resuma|resumen|resumo|riassum*|кратко изложи|резюмир*|перескажи|stresc|strescz*|podsumuj|shrn|vat de|samenvat*|ozetle|总结|概括|摘要|要約|まとめて|요약|لخص|ملخص|सारांश|संक्षेप'
    ).split('|'),
    when: (input) => input.inputTokens >= MATERIAL_TOKENS,
  },
  {
    name: 'points at given material',
    weights: { long_context: 2.6, simple_qa: -1.5, factual_recall: -2 },
    phrases: (
      'context|documents|document|doc|transcript|transcripts|passage|passages|excerpts|sources|the following|below|above|attached|pasted|here is the|here are the|provided|given these|based on the|according to the|use only|search results|from the|the contract|agreement|lease|manual|the report|the whole report|article|articles|the paper|papers|thread|policy|log lines|pdf|minutes above|comments|interview|proposals|tender|call logs|questionnaire|case file|' +
      'folgende|folgenden|dokument*|protokoll|bericht|anhand|vertrag|ci dessous|extraits|d apres|document ci|rapport|contrat|adjunto|siguiente|documento*|contrato|informe|segun|abaixo|relatorio|seguinte|anexo|verbale|che segue|seguente|allegato|contratto|ниже|документ*|договор*|отчет*|следующ*|ponizszy|ponizej|raport*|umow* ponizej|dokumen*|nize|onderstaande|bijgevoegd*|notulen|asagidaki|rapor*|以下|下面|文档|会议记录|合同|報告|議事録|資料|次の|아래|다음|회의록|문서|보고서|التالي|التقرير|ادناه|العقد|नीचे|दस्तावेज़|रिपोर्ट'
    ).split('|'),
    when: (input) => input.inputTokens >= MATERIAL_TOKENS,
  },
]
