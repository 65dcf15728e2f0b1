/** Duty: the time limit that the next grant of the floor carries, and who may be given the floor. Decides no right. */
import { ref } from 'vue'
import type { SeatCard } from '@core/wire'
import { listed } from '../../seating'
import { act, view } from '../../session'

export const MINUTES = [0, 1, 3, 5, 10]
export const minutes = ref(0)

const NEVER = new Set(['clerk', 'observer', 'police', 'technician'])

/** Speaks by leave: everybody but the bench, who presides, and the court's helpers. */
export const byLeave = (s: SeatCard): boolean => s.side !== 'bench' && !NEVER.has(s.role) && s.seat !== view.value?.presides

/** Who may be given the floor now, in the order of the list of people. */
export const speakersOf = (seats: readonly SeatCard[]): SeatCard[] => listed(seats).filter((s) => s.presence === 'present' && byLeave(s) && !s.locked)

export function grant(seat: string): void {
  void act('grant_floor', { seat, limit_s: minutes.value * 60 })
}
