/** Duty: the acts on one person that ask first: the ladder, absence, on site, oath, interpreter, room, screen. Asks, then commands. */
import type { SeatCard } from '@core/wire'
import { act, myCard, view } from '../../session'
import { useWords } from '../../words'
import { ask } from './ask'

export type Measure = 'remind' | 'warn' | 'reprimand' | 'mute' | 'remove' | 'readmit'
export const isWitness = (s: SeatCard): boolean => s.role === 'witness' || s.role === 'expert'

export function useActs() {
  const { t, word, roleName } = useWords()
  const who = (s: SeatCard | null | undefined): string => (s ? [roleName(s, view.value?.procedure), s.name].filter(Boolean).join(' ') : '')
  const presets = (key: string, n = 3): string[] => Array.from({ length: n }, (_, i) => t(`${key}.r${i + 1}`))
  const sides = (side: string): string => word(`bench.side.${side}`, side)

  function roomName(key: string): string {
    const [kind, whose] = key.split(':')
    const name = word(`bench.room.${kind ?? ''}`, kind ?? key)
    if (!whose) return name
    const seat = kind === 'witness' ? view.value?.seats.find((s) => s.seat === whose) : undefined
    return t('bench.room.of', { room: name, whose: seat ? who(seat) : sides(whose) })
  }

  function measure(s: SeatCard, m: Measure): void {
    ask({
      title: t(`bench.ladder.${m}.title`, { who: who(s) }),
      means: [t(`bench.ladder.${m}.line1`), t(`bench.ladder.${m}.line2`)],
      yes: t(`bench.ladder.${m}.do`),
      law: m !== 'remind' && m !== 'readmit',
      reason: 'required',
      reasons: presets(`bench.ladder.${m}`),
      run: (reason) => {
        if (m === 'mute') void act('mute_and_lock', { seat: s.seat, reason })
        else if (m === 'remove' || m === 'readmit') void act(m, { seat: s.seat, reason })
        else void act('discipline', { seat: s.seat, measure: m, reason })
      },
    })
  }

  function rule(s: SeatCard): void {
    const last = s.absences?.at(-1)
    const known = last ? [t(`bench.absence.verdict.${last.verdict}`), ...(EXCEPTED.has(last.verdict) ? [t('bench.absence.excepted')] : [])] : []
    ask({
      title: t('bench.absence.rule.title', { who: who(s) }),
      means: [...known, t('bench.absence.rule.line1')],
      choose: t('bench.absence.rule.choose'),
      choices: ['withdrawn', 'absent', 'absent_in_person', 'excused', ...(s.finding ? ['lift'] : [])].map((id) => ({ id, text: t(`bench.absence.finding.${id}`) })),
      reason: 'required',
      reasons: presets('bench.absence.rule'),
      sure: [t('bench.absence.rule.sure')],
      yes: t('bench.absence.rule.yes'),
      law: true,
      run: (reason, finding) => void act('rule_absence', { seat: s.seat, finding: finding === 'lift' ? '' : finding, reason }),
    })
  }

  function onSite(s: SeatCard): void {
    const on = s.on_site !== true
    ask({
      title: t(on ? 'bench.onSite.title' : 'bench.onSite.back', { who: who(s) }),
      means: [t(on ? 'bench.onSite.line1' : 'bench.onSite.line2')],
      yes: t(on ? 'bench.onSite.yes' : 'bench.onSite.online'),
      reason: 'required',
      reasons: on ? presets('bench.onSite') : [],
      run: (reason) => void act('set_on_site', { seat: s.seat, on_site: on, reason }),
    })
  }

  function admit(s: SeatCard): void {
    const against = standsAgainst(s)
    if (!against.length || view.value?.presides !== view.value?.me) {
      void act('admit', { seat: s.seat })
      return
    }
    ask({
      title: t('bench.admit.title', { who: who(s) }),
      means: [...against.map((a) => t(`bench.admit.${a}`)), t('bench.admit.line2')],
      yes: t('bench.admit.yes'),
      reason: 'required',
      run: (reason) => void act('admit', { seat: s.seat, reason }),
    })
  }

  function askOut(s: SeatCard): void {
    ask({
      title: t('bench.askOut.title', { who: who(s) }),
      means: [t('bench.askOut.line1'), t('bench.askOut.line2')],
      yes: t('bench.askOut.do'),
      reason: 'required',
      reasons: presets('bench.askOut'),
      run: (reason) => void act('ask_out', { seat: s.seat, reason }),
    })
  }

  function waiveOath(s: SeatCard): void {
    ask({
      title: t('bench.oath.title', { who: who(s) }),
      means: [t('bench.oath.line1')],
      yes: t('bench.oath.yes'),
      reason: 'required',
      reasons: presets('bench.oath'),
      run: (reason) => void act('waive_oath', { seat: s.seat, reason }),
    })
  }

  const people = (s: SeatCard, test: (o: SeatCard) => boolean): { id: string; text: string }[] =>
    (view.value?.seats ?? []).filter((o) => o.seat !== s.seat && test(o)).map((o) => ({ id: o.seat, text: who(o) }))

  function pair(s: SeatCard): void {
    if (s.interprets) {
      void act('pair_interpreter', { interpreter: s.seat, seat: '' })
      return
    }
    ask({
      title: t('bench.interpreter.title', { who: who(s) }),
      means: [t('bench.interpreter.line1')],
      choose: t('bench.interpreter.choose'),
      choices: people(s, (o) => o.side !== 'bench' && !['clerk', 'observer', 'interpreter', 'technician', 'police'].includes(o.role)),
      yes: t('bench.interpreter.yes'),
      run: (_, seat) => void act('pair_interpreter', { interpreter: s.seat, seat }),
    })
  }

  function screen(s: SeatCard, on: boolean): void {
    ask({
      title: t(on ? 'bench.screen.title' : 'bench.screen.lift', { who: who(s) }),
      means: [t(on ? 'bench.screen.line1' : 'bench.screen.line2')],
      choose: t('bench.screen.choose'),
      choices: people(s, (o) => o.side !== 'bench' && o.role !== 'clerk' && o.role !== 'technician'),
      reason: 'required',
      yes: t(on ? 'bench.screen.yes' : 'bench.screen.off'),
      law: on,
      run: (reason, other) => void act('screen_off', { one: s.seat, other, on, reason }),
    })
  }

  /** Rooms that the person could be sent to: those there are, and the private one of its own side. */
  function roomsFor(s: SeatCard): string[] {
    const there = (view.value?.rooms ?? []).map((r) => r.key)
    const own = ['plaintiff', 'defendant', 'third'].includes(s.side) ? [`consultation:${s.side}`] : []
    return [...new Set([...there, ...own])].filter((key) => key !== s.room)
  }

  /** A mediator who calls somebody into a caucus goes along. */
  function move(s: SeatCard): void {
    ask({
      title: t('bench.move.title', { who: who(s) }),
      means: [t('bench.move.line1')],
      choose: t('bench.move.choose'),
      choices: roomsFor(s).map((key) => ({ id: key, text: roomName(key) })),
      yes: t('bench.move.yes'),
      run: (_, room) => {
        const me = myCard.value
        const along = room.startsWith('caucus:') && me?.role === 'mediator' && me.room !== room
        void act('move_seats', { seats: along ? [s.seat, me.seat] : [s.seat], room })
      },
    })
  }

  return { who, roomName, roomsFor, measure, rule, onSite, admit, askOut, waiveOath, pair, screen, move }
}

const PARTIES = new Set(['plaintiff', 'defendant', 'third_party'])
const FROM_A_PLACE = new Set([...PARTIES, 'agent', 'witness', 'expert', 'interpreter'])

/** What the presiding seat is asked a reason for before somebody comes in all the same (OLR 4, 24). */
function standsAgainst(s: SeatCard): string[] {
  if (s.on_site) return []
  return [...(PARTIES.has(s.role) && s.consent !== true ? ['consent'] : []), ...(s.place?.quiet === false ? ['place'] : []), ...(FROM_A_PLACE.has(s.role) && !s.place ? ['noPlace'] : [])]
}

/** OLR 25: what a person could not help does not count against it. */
const EXCEPTED = new Set(['network', 'device', 'server', 'unknown'])
