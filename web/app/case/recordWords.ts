/**
 * Duty: turns what stands in a record (who, stages, grounds, events, lengths of time) into words of the chosen language.
 * Must never hold a word itself, nor show an id to a reader where a neutral word will do.
 */
import { computed, inject, provide, type ComputedRef, type InjectionKey } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Tile } from '@core/copies'
import { timeParts, type HearingRecord, type LogEvent } from '@core/record'
import { panelOf } from '../seating'
import { useWords } from '../words'

export interface Named {
  seat: string
  role: string
  name: string
}
interface Known extends Named {
  side: string
}
/** Who is who in one hearing, by seat, and under which procedure. */
export interface Cast {
  people: ReadonlyMap<string, Known>
  procedure: string
}
export interface Sentence {
  text: string
  /** What was given as the reason, or "". */
  detail: string
}

const CAST: InjectionKey<ComputedRef<Cast>> = Symbol('cast')
/** Keys of an event's body that name seats. */
const SEATS = new Set(['seat', 'seats', 'by', 'one', 'other', 'interpreter'])
const NOBODY: Cast = { people: new Map(), procedure: '' }

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The reason of a recess that the house made itself. */
const UNATTENDED = 'unattended'

/** Everybody a record names: as scheduled, as they acted, and as they were recorded. */
export function castOf(record: HearingRecord, procedure: string): Cast {
  const people = new Map<string, Known>()
  const meet = ({ seat, role, name, side }: Partial<Known>): void => {
    if (seat === undefined || seat === '' || role === undefined) return
    const before = people.get(seat)
    people.set(seat, { seat, role, name: name || before?.name || '', side: side || before?.side || '' })
  }
  for (const event of record.events) {
    const scheduled = event.kind === 'hearing_scheduled' && Array.isArray(event.body.seats) ? (event.body.seats as unknown[]) : []
    for (const one of scheduled) {
      if (typeof one !== 'object' || one === null) continue
      const plan = one as Record<string, unknown>
      meet({ seat: text(plan.seat), role: text(plan.role), name: text(plan.name), side: text(plan.side) })
    }
    if (event.actor !== null) meet(event.actor)
  }
  for (const line of record.transcript.lines) meet({ seat: line.seat, role: line.role, name: line.name })
  for (const copy of record.copies) meet(copy)
  return { people, procedure }
}

export function provideCast(cast: ComputedRef<Cast>): void {
  provide(CAST, cast)
}

export function useRecordWords(given?: ComputedRef<Cast>) {
  const { locale } = useI18n()
  const words = useWords()
  const { t, te, word } = words
  const cast = given ?? inject(CAST, computed(() => NOBODY))

  const dates = computed(() => new Intl.DateTimeFormat(locale.value, { timeZone: 'Asia/Shanghai', dateStyle: 'long' }))
  const lists = computed(() => new Intl.ListFormat(locale.value, { type: 'conjunction' }))

  function role(one: Pick<Named, 'seat' | 'role'>): string {
    const side = cast.value.people.get(one.seat)?.side ?? ''
    return words.roleName({ role: one.role, side }, cast.value.procedure, panelOf(cast.value.people.values())) || t('case.nobody')
  }

  /** Whose picture a copy is, or what else it is of: "原告", "原告的共享画面". */
  function picture(copy: Pick<Tile, 'seat' | 'role' | 'second'>): string {
    return copy.second === null ? role(copy) : t(`case.copy.of_${copy.second}`, { role: role(copy) })
  }

  function person(one: Named | null | undefined): string {
    if (one === null || one === undefined) return t('case.nobody')
    return one.name === '' ? role(one) : t('case.person', { role: role(one), name: one.name })
  }

  const ground = (id: string): string => word(`case.ground.${id}`, t('case.ground.other'))

  /** "1 小时 3 分 7 秒": for ears, where "1:03:07" is for eyes. */
  function length(ms: number): string {
    const { hours, minutes, seconds } = timeParts(ms)
    const parts = [
      hours > 0 ? t('case.time.hours', { n: hours }, hours) : '',
      minutes > 0 || hours > 0 ? t('case.time.minutes', { n: minutes }, minutes) : '',
      t('case.time.seconds', { n: seconds }, seconds),
    ]
    return parts.filter((part) => part !== '').join(t('case.time.join'))
  }

  function seats(value: unknown): string {
    const ids = (Array.isArray(value) ? (value as unknown[]) : [value]).filter((id) => typeof id === 'string')
    return lists.value.format(ids.map((id) => person(cast.value.people.get(id))))
  }

  /** One value of an event's body as words. */
  function valueWord(key: string, value: unknown): string {
    if (SEATS.has(key)) return seats(value)
    if (key === 'stage' || key === 'previous') return words.stageName(String(value), cast.value.procedure)
    if (key === 'until' && typeof value === 'number') return words.time(value)
    if (typeof value === 'boolean') return t(value ? 'case.on' : 'case.off')
    if (typeof value === 'number') return String(value)
    const id = text(value)
    return /^\w+$/.test(id) ? word(`case.value.${id}`, id) : id
  }

  /** The most exact sentence there is for an event: by its kind and telling value, by its kind, or the neutral one. */
  function sentenceKey({ kind, body, actor }: LogEvent): string {
    if (!/^\w+$/.test(kind)) return 'case.event_other'
    const base = `case.event.${kind}`
    const exact = [body.state, body.cause, body.agrees, body.room, body.on_site, body.on, body.sustained, body.accepts]
      .filter((one) => typeof one === 'string' || typeof one === 'boolean')
      .map((one) => `${base}_${String(one)}`)
    if (typeof body.until === 'number') exact.push(`${base}_until`)
    if (typeof body.superseded === 'string') exact.push(`${base}_again`)
    if (actor === null) exact.push(`${base}_alone`)
    return [...exact, base].find((key) => te(key) || te(key, 'zh-CN')) ?? 'case.event_other'
  }

  function sentence(event: LogEvent): Sentence {
    // a log of before the steps were asked one by one knows the hearing alone
    const values: Record<string, string> = { seat: t('case.nobody'), step: valueWord('step', 'hearing') }
    for (const [key, value] of Object.entries(event.body)) values[key] = valueWord(key, value)
    const reason = text(event.body.reason).trim()
    const shown = reason === UNATTENDED ? t('court.pause.unattended') : /^\w+$/.test(reason) ? word(`case.value.${reason}`, words.reasonText(reason)) : reason
    return {
      text: t(sentenceKey(event), { kind: event.kind, ...values, actor: person(event.actor) }),
      detail: reason === '' ? '' : t('case.because', { reason: shown }),
    }
  }

  return {
    t,
    te,
    role,
    picture,
    person,
    ground,
    length,
    sentence,
    stage: (key: string): string => words.stageName(key, cast.value.procedure),
    session: words.sessionName,
    procedure: words.procedureName,
    clock: (unix: number): string => words.time(unix),
    minute: (unix: number): string => words.time(unix, false),
    date: (unix: number): string => dates.value.format(unix),
  }
}
