/** Duty: names and times of the console in the shown language. */
import type { Person, Row } from './consoleApi'
import { panelOf } from '../seating'
import { useWords } from '../words'

/** Presences that are in the hearing now. */
export const HERE = new Set(['present', 'isolated', 'waiting'])

export function useConsole() {
  const { t, te, word, roleName, stageName, procedureName, sessionName, reasonText, time } = useWords()
  const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%`
  const ms = (value: number): string => `${Math.round(value)} ms`
  const rate = (bps: number): string => (bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`)

  /** How long, in the largest unit that says enough. */
  function lasts(from: number, to: number): string {
    const seconds = Math.max(0, Math.round((to - from) / 1000))
    if (seconds < 60) return t('console.lasts.s', { n: seconds })
    const minutes = Math.floor(seconds / 60)
    return minutes < 60 ? t('console.lasts.m', { n: minutes }) : t('console.lasts.h', { h: Math.floor(minutes / 60), m: minutes % 60 })
  }
  // The console has no side of a person: an agent is called that.
  const role = (p: Pick<Person, 'role'>, row: Row): string => roleName({ role: p.role, side: '' }, row.procedure, panelOf(row.people))
  const person = (row: Row, seat: string | null): string => {
    const found = row.people.find((p) => p.seat === seat)
    return found ? [role(found, row), found.name].filter(Boolean).join(' ') : ''
  }
  const verdict = (key: string | null): string => (key ? word(`console.network.${key}`, key) : '—')
  return { t, te, word, time, stageName, procedureName, sessionName, reasonText, percent, ms, rate, lasts, role, person, verdict }
}
