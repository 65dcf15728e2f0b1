/** Duty: what waits for the court, as one list, the most urgent first. Pure; decides nothing. */
import type { AbsenceView, HearingView, HelpView, IncidentView, MessageView, ObjectionView, RequestView, SeatCard, Tape } from '@core/wire'

export type Card =
  | { kind: 'leaderless'; id: string; seat: string; at: number }
  | { kind: 'tape'; id: string; seat: ''; at: number; tape: Tape }
  | { kind: 'tape_warning'; id: string; seat: ''; at: number; warnings: string[] }
  | { kind: 'objection'; id: string; seat: string; at: number; objection: ObjectionView }
  | { kind: 'cannot_hear'; id: string; seat: string; at: number }
  | { kind: 'withdrawn'; id: string; seat: string; at: number; step: string }
  | { kind: 'absence'; id: string; seat: string; at: number; absence: AbsenceView }
  | { kind: 'help'; id: string; seat: string; at: number; help: HelpView }
  | { kind: 'hand'; id: string; seat: string; at: number; request: RequestView }
  | { kind: 'incident'; id: string; seat: string; at: number; incident: IncidentView }
  | { kind: 'message'; id: string; seat: string; at: number; thread: MessageView[] }

/** A fault of the tape stops the hearing; an objection is ruled before the next question; a message can wait. */
const URGENCY: Card['kind'][] = ['leaderless', 'tape', 'objection', 'cannot_hear', 'withdrawn', 'absence', 'help', 'tape_warning', 'hand', 'incident', 'message']

/** Less room than this for the tape is worth telling. */
const SCARCE_HOURS = 1

/** What of the tape is not as it should be though everything is kept: ids of words. */
export function warningsOf(tape: Tape): string[] {
  const scarce = tape.hours_left !== undefined && tape.hours_left !== null && tape.hours_left < SCARCE_HOURS
  return [...(tape.warnings ?? []), ...(scarce ? ['space'] : [])]
}

/** Messages of each person with the court, the newest thread last. */
export function threads(view: HearingView): Map<string, MessageView[]> {
  const found = new Map<string, MessageView[]>()
  for (const m of view.messages ?? []) {
    const person = m.to === '' ? m.by : m.to
    found.set(person, [...(found.get(person) ?? []), m])
  }
  return found
}

/** Who has an answer from the court waits no longer. */
const waits = (thread: readonly MessageView[]): boolean => thread.at(-1)?.to === ''

function ofSeat(s: SeatCard, session: string): Card[] {
  const cards: Card[] = []
  const id = s.seat
  if (s.cannot_hear_since) cards.push({ kind: 'cannot_hear', id: `cannot_hear-${id}`, seat: id, at: s.cannot_hear_since })
  if (s.help) cards.push({ kind: 'help', id: `help-${id}`, seat: id, at: s.help.at, help: s.help })
  const absence = s.absences?.at(-1)
  if (absence?.proposal) cards.push({ kind: 'absence', id: `absence-${id}`, seat: id, at: absence.since, absence })
  if (session !== 'in_session' && session !== 'recessed') return cards
  for (const c of s.consents ?? []) {
    if (c.agrees === false && !s.on_site) cards.push({ kind: 'withdrawn', id: `withdrawn-${id}-${c.step}`, seat: id, at: 0, step: c.step })
  }
  return cards
}

export function waiting(view: HearingView, tape: Tape): Card[] {
  const cards: Card[] = view.seats.flatMap((s) => ofSeat(s, view.session))
  if (view.presiding_away && view.presides) cards.push({ kind: 'leaderless', id: 'leaderless', seat: view.presides, at: view.presiding_away })
  if (tape.state === 'faulted') cards.push({ kind: 'tape', id: 'tape', seat: '', at: 0, tape })
  const warnings = warningsOf(tape)
  if (warnings.length > 0) cards.push({ kind: 'tape_warning', id: 'tape_warning', seat: '', at: 0, warnings })
  for (const o of view.objections ?? []) {
    if (!o.ruling) cards.push({ kind: 'objection', id: `objection-${o.objection}`, seat: o.seat, at: o.at, objection: o })
  }
  for (const r of view.floor.queue) cards.push({ kind: 'hand', id: `request-${r.seat}`, seat: r.seat, at: r.at, request: r })
  for (const i of view.incidents ?? []) {
    if (i.signed_at === null) cards.push({ kind: 'incident', id: `incident-${i.incident}`, seat: i.subject, at: i.began, incident: i })
  }
  for (const [seat, thread] of threads(view)) {
    if (waits(thread)) cards.push({ kind: 'message', id: `message-${seat}`, seat, at: thread.at(-1)?.at ?? 0, thread })
  }
  return cards.sort((a, b) => URGENCY.indexOf(a.kind) - URGENCY.indexOf(b.kind) || a.at - b.at || a.id.localeCompare(b.id))
}

/** How many of each kind, for the words that announce them. */
export function counted(cards: readonly Card[]): [Card['kind'], number][] {
  return URGENCY.map((kind): [Card['kind'], number] => [kind, cards.filter((c) => c.kind === kind).length]).filter(([, n]) => n > 0)
}
