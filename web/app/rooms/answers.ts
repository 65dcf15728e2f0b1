/** Duty: the keys of rooms; whose answers count in a mediation, and as whose this person answers. Pure; the server decides. */
import type { AnswerView, SeatCard } from '@core/wire'

const PARTIES = new Set(['plaintiff', 'defendant', 'third_party'])

export const kindOf = (key: string): string => key.split(':')[0] ?? key
export const sideOf = (key: string): string => key.split(':')[1] ?? ''

/** The parties whose answers are asked: all, or those of one side (a proposal in a caucus). */
export function partiesOf(seats: readonly SeatCard[], to: string): SeatCard[] {
  // a third party that never came stands in nobody's way
  const counts = (s: SeatCard): boolean => PARTIES.has(s.role) && (s.role !== 'third_party' || s.presence !== 'expected')
  return seats.filter((s) => counts(s) && (to === 'both' || s.side === to))
}

/** The party this seat answers for: itself, or the one of its side that it stands for; null for all others. */
export function answersFor(seats: readonly SeatCard[], me: string): SeatCard | null {
  const own = seats.find((s) => s.seat === me)
  if (!own) return null
  if (PARTIES.has(own.role)) return own
  return own.role === 'agent' ? (seats.find((s) => PARTIES.has(s.role) && s.side === own.side) ?? null) : null
}

export function answerOf(answers: readonly AnswerView[], seat: string): boolean | null {
  return answers.find((a) => a.seat === seat)?.agrees ?? null
}

/** The agent that answered for the party; null where the party did so itself, or nobody yet. */
export function agentOf(answers: readonly AnswerView[], seat: string): string | null {
  return answers.find((a) => a.seat === seat)?.by ?? null
}
