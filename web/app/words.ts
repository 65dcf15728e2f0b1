/** Duty: the law's ids as words of the shown language; times as the court's clock shows them. */
import { useI18n } from 'vue-i18n'
import type { SeatCard } from '@core/wire'
import { panelOf, presiding } from './seating'
import { me, view } from './session'

/** The court's clock, wherever the screen is. */
const ZONE = 'Asia/Shanghai'
/** A mediation is no hearing, before an enforcement officer nobody sues, a conference is not opened as a court is: files of own words. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  mediation: ['mediation'],
  enforcement_hearing: ['enforcement', 'sitting'],
  property_viewing: ['enforcement', 'sitting'],
  evidence_exchange: ['sitting'],
  pretrial_conference: ['sitting'],
  inquiry: ['sitting'],
}
type Who = Pick<SeatCard, 'role' | 'side'> & { name?: string | null }

export function useWords() {
  const { t: plain, te, locale } = useI18n()

  /** Where a procedure says a thing in words of its own, they stand under the same key in a file of its own. */
  function own(key: string, procedure = view.value?.procedure ?? me.value?.hearing.procedure ?? ''): string {
    const file = OWN[procedure]?.find((one) => te(`${one}.${key}`))
    return file ? `${file}.${key}` : key
  }
  const t = ((key: string, ...rest: unknown[]): string => (plain as (key: string, ...rest: unknown[]) => string)(own(key), ...rest)) as typeof plain

  /** The words of a key, or the fallback where the language has none (a newer server). */
  function word(key: string, fallback: string): string {
    return te(key) || te(key, 'zh-CN') ? t(key) : fallback
  }

  /** panel: whether one sits; by default, in the hearing of this tab. */
  function roleName(who: Who | null | undefined, procedure = '', panel = me.value?.hearing.panel ?? panelOf(view.value?.seats ?? [])): string {
    if (!who) return ''
    if (who.role === 'presiding' && !panel) return t('law.soleJudge')
    if (who.role === 'agent') return word(own(`law.agentOf.${who.side}`, procedure || undefined), t('law.role.agent'))
    return word(own(`law.role.${who.role}`, procedure || undefined), who.role)
  }

  /** As the procedure's table calls it: the same key has other names in other procedures. */
  const stageName = (key: string, procedure = view.value?.procedure ?? me.value?.hearing.procedure ?? ''): string =>
    word(`law.stageOf.${procedure}.${key}`, word(`law.stage.${key}`, key))
  const procedureName = (key: string): string => word(`law.procedure.${key}`, key)
  const sessionName = (key: string): string => word(`law.session.${key}`, key)
  /** The law's reasons speak of the presiding judge; where a sole judge, an officer or a mediator presides, of that one. */
  function chaired(text: string): string {
    const seen = view.value
    const chair = seen ? presiding(seen) : null
    if (!seen || !chair) return text
    const who = roleName(chair, seen.procedure)
    return locale.value === 'en' ? text.replace(/\b([Tt])he presiding judge/g, `$1he ${who.toLowerCase()}`) : text.replace(/审判长(（独任审判员）)?/g, who)
  }

  const reasonText = (id: string, fallback = ''): string => chaired(word(`reason.${id}`, fallback || id))
  const missingText = (id: string): string => chaired(word(`law.missing.${id}`, reasonText(id)))

  /** "OLR 26" as 《人民法院在线诉讼规则》第26条. */
  function ruleText(rule: string): string {
    const [act, article] = rule.split(' ')
    if (!act || !article || !te(`law.act.${act}`)) return rule
    return t('law.article', { act: t(`law.act.${act}`), article })
  }

  /** Several, each act named once: 依据《民事诉讼法》第140条；《人民法院在线诉讼规则》第4、7条. */
  function rulesText(rules: readonly string[]): string {
    const acts = [...new Set(rules.map((rule) => rule.split(' ')[0] ?? ''))]
    const of = (act: string): string[] => rules.filter((rule) => rule.startsWith(`${act} `)).map((rule) => rule.slice(act.length + 1))
    const parts = acts.map((act) => t('law.articles', { act: word(`law.act.${act}`, act), list: of(act).join(t('common.comma')) }, of(act).length))
    return t('law.under', { list: parts.join(t('law.joined')) })
  }

  function time(ms: number, seconds = true): string {
    return new Intl.DateTimeFormat(locale.value, {
      hour: '2-digit',
      minute: '2-digit',
      ...(seconds ? { second: '2-digit' } : {}),
      hour12: false,
      timeZone: ZONE,
    }).format(ms)
  }

  function dateTime(ms: number): string {
    return new Intl.DateTimeFormat(locale.value, {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      weekday: 'long',
      hour: '2-digit',
      minute: '2-digit',
      hour12: false,
      timeZone: ZONE,
    }).format(ms)
  }

  return { t, te, locale, word, roleName, stageName, procedureName, sessionName, reasonText, missingText, chaired, ruleText, rulesText, time, dateTime }
}

/** Seconds as 1:05 or 1:02:05. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(s / 3600)
  const minutes = Math.floor((s % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`
}
