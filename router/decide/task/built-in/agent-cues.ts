// Words by which something is asked to be done, which count only where there are tools to do it with. Weights are log-odds set on
// the development files (labelled/README.md).
import type { PhraseCue } from './cue.ts'

export const AGENT_CUES: readonly PhraseCue[] = [
  {
    name: 'asks for an action',
    weights: { agent_tasks: 2.4, simple_qa: -0.8, general: -0.5, factual_recall: -0.8 },
    phrases: (
      'book|cancel|send|create a ticket|create a|open a|open the|find|find the|search|look up|look at|check|reset|refund|money back|change the|update|upgrade|assign|schedule|add it|move my|turn off|turn on|set the|set up|set it|install|run the|run tests|commit|deploy|restart|retry|try again|try it again|download|upload|log in|click|visit|fill in|reply that|reply to|email a|notify|page them|post it|pull|migrate it|apply the|process the|mark the|call the|use the|use list*|open a pull request|put them|write them|write the result|proceed|continue|go on|next step|do it|complete the|break the goal|delegate|research|implement|fix the|' +
      'my calendar|my order|my remaining|my parcel|my subscription|this week|tomorrow|right now|on call|for order|ticket|customer s|observation|action input|tool returned|list_files|' +
      'such|suche|buche|trag|sende|schick|storniere|mach weiter|weiter|termin|cherche|reserve|envoie|annule|reponds|continue|busca|reserva|envia|avisa|cancela|procura|marca|agenda|cerca|prenota*|invia|annulla|найди|забронируй|отправь|ответь|отмени|проверь|запиши|znajdz|zarezerwuj|wyslij|sprawdz|odwolaj|przesun|najdi|objednej|posli|zkontroluj|zoek|boek|stuur|annuleer|bul|gonder|iptal|ayarla|查一下|预订|订|发送|取消|继续|提醒|予約|送信|通知|検索|続けて|探して|예약|보내|알려|옮기|취소|찾아|احجز|ارسل|ابحث|बुक|भेजो|खोजो'
    ).split('|'),
    when: (input) => input.tools > 0,
  },
]
