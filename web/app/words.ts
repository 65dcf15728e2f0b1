/** Duty: the law's ids as words of the shown language; times as the court's clock shows them. */
import { useI18n } from 'vue-i18n'
import type { SeatCard } from '@core/wire'

/** The court's clock, wherever the screen is. */
const ZONE = 'Asia/Shanghai'

type Who = Pick<SeatCard, 'role' | 'side'> & { name?: string | null }

export function useWords() {
  const { t, te, locale } = useI18n()

  /** The words of a key, or the fallback where the language has none (a newer server). */
  function word(key: string, fallback: string): string {
    return te(key) || te(key, 'zh-CN') ? t(key) : fallback
  }

  function roleName(who: Who | null | undefined, procedure = ''): string {
    if (!who) return ''
    if (who.role === 'presiding' && procedure === 'civil_summary') return t('law.soleJudge')
    if (who.role === 'agent') return word(`law.agentOf.${who.side}`, t('law.role.agent'))
    return word(`law.role.${who.role}`, who.role)
  }

  const stageName = (key: string): string => word(`law.stage.${key}`, key)
  const procedureName = (key: string): string => word(`law.procedure.${key}`, key)
  const sessionName = (key: string): string => word(`law.session.${key}`, key)
  const reasonText = (id: string, fallback = ''): string => word(`reason.${id}`, fallback || id)
  const missingText = (id: string): string => word(`law.missing.${id}`, reasonText(id))

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

  return { t, te, locale, word, roleName, stageName, procedureName, sessionName, reasonText, missingText, ruleText, rulesText, time, dateTime }
}

/** Seconds as 1:05 or 1:02:05. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  const two = (n: number): string => String(n).padStart(2, '0')
  const hours = Math.floor(s / 3600)
  const minutes = Math.floor((s % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`
}
