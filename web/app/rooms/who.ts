/** Duty: names of rooms, people and endings for the screens of rooms. */
import { computed } from 'vue'
import type { SeatCard } from '@core/wire'
import { seatOf } from '@core/state'
import { room, view } from '../session'
import { useWords } from '../words'
import { kindOf, sideOf } from './answers'

export function useRooms() {
  const { t, word, roleName } = useWords()
  const here = computed(() => view.value?.rooms?.find((r) => r.key === room.value) ?? null)
  const mediation = computed(() => view.value?.mediation ?? null)

  const side = (key: string): string => word(`bench.side.${key}`, key)
  function name(card: SeatCard | null | undefined): string {
    return card ? [roleName(card, view.value?.procedure), card.name].filter(Boolean).join(' ') : ''
  }
  const nameOf = (seat: string): string => name(view.value ? seatOf(view.value, seat) : null)
  function roomName(key: string): string {
    const kind = kindOf(key)
    if (kind === 'main') return t(mediation.value ? 'rooms.name.joint' : 'rooms.name.main')
    const base = word(`rooms.name.${kind}`, key)
    return sideOf(key) ? t('rooms.of', { room: base, side: side(sideOf(key)) }) : base
  }
  const ending = (id: string): string => word(`rooms.ending.${id}`, id)

  return { t, here, mediation, side, name, nameOf, roomName, ending }
}
