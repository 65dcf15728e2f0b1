/** Duty: the question before the court is opened, recessed, resumed or adjourned: what it means, and a reason where one is needed. */
import { act, view } from '../../session'
import { useWords } from '../../words'
import { ask } from './ask'
import { useTable } from './table'

export type Grave = 'open_court' | 'recess' | 'resume' | 'adjourn'

export function useGrave() {
  const { t } = useWords()
  const { lackText } = useTable()

  function grave(what: Grave): void {
    const missing = what === 'open_court' ? (view.value?.missing ?? []) : []
    const reasoned = what === 'recess' || what === 'adjourn' || missing.length > 0
    ask({
      title: t(`court.ask.${what}.title`),
      means: missing.length
        ? [t('bench.open.missing'), t('bench.open.waive')]
        : [t(`court.ask.${what}.line1`), t(`court.ask.${what}.line2`)],
      items: missing.map(lackText),
      yes: t(`court.ask.${what}.yes`),
      law: what === 'adjourn',
      reason: reasoned ? 'required' : 'none',
      reasons: reasoned && !missing.length ? [1, 2, 3].map((n) => t(`court.ask.${what}.r${n}`)) : [],
      run: (reason) => void act(what, reasoned ? { reason } : {}),
    })
  }
  return { grave }
}
