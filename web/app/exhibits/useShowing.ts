/** Duty: what is shown now, who shows it and what this seat may do with it, for the parts of the viewer. */
import { computed } from 'vue'
import type { ExhibitView, SeatCard } from '@core/wire'
import { seatOf } from '@core/state'
import { may, view } from '../session'
import { useWords } from '../words'

export const KINDS = new Set(['pdf', 'image', 'video', 'audio'])

export function useShowing() {
  const { t, te, word, roleName, time, reasonText } = useWords()
  const showing = computed(() => view.value?.showing ?? null)
  const exhibits = computed<readonly ExhibitView[]>(() => view.value?.exhibits ?? [])
  const shown = computed(() => exhibits.value.find((e) => e.exhibit === showing.value?.exhibit) ?? null)
  const presenter = computed(() => (view.value && showing.value ? seatOf(view.value, showing.value.seat) : null))
  const mine = computed(() => showing.value?.seat === view.value?.me)
  const paged = computed(() => shown.value !== null && (shown.value.kind === 'pdf' || shown.value.kind === 'image'))
  const turns = computed(() => may('turn_page'))
  const card = (seat: string): SeatCard | null => (view.value ? seatOf(view.value, seat) : null)
  const role = (seat: string): string => roleName(card(seat), view.value?.procedure)
  const who = (seat: string): string => [role(seat), card(seat)?.name].filter(Boolean).join(' ') || seat
  const kindName = (kind: string): string => (KINDS.has(kind) ? t(`exhibits.kind.${kind}`) : kind)

  return { t, te, word, time, reasonText, showing, exhibits, shown, presenter, mine, paged, turns, card, role, who, kindName }
}
