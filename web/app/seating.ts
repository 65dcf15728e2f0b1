/** Duty: who sits where on the screen, as in the room: bench, plaintiff's side left, defendant's side right. Pure. */
import type { FloorView, HearingView, SeatCard } from '@core/wire'

const SIDE_ORDER = ['bench', 'plaintiff', 'third', 'court', 'none', 'defendant']
const ROLE_ORDER = [
  'presiding',
  'judge',
  'assessor',
  'clerk',
  'plaintiff',
  'defendant',
  'third_party',
  'agent',
  'witness',
  'expert',
  'interpreter',
  'observer',
]

function place(list: readonly string[], item: string): number {
  const at = list.indexOf(item)
  return at < 0 ? list.length : at
}

/** All seats in the order of the room; seats of the same side by role, then by id. */
export function ordered(seats: readonly SeatCard[]): SeatCard[] {
  return [...seats].sort(
    (a, b) =>
      place(SIDE_ORDER, a.side) - place(SIDE_ORDER, b.side) ||
      place(ROLE_ORDER, a.role) - place(ROLE_ORDER, b.role) ||
      a.seat.localeCompare(b.seat),
  )
}

/** Seats that have a tile: in the room, or lost from it, and of a role that is ever seen. */
export function tiled(view: HearingView): SeatCard[] {
  return ordered(view.seats).filter((s) => s.role !== 'observer' && (s.presence === 'present' || s.presence === 'lost'))
}

/** The seat that presides, wherever it is now; null where the viewer is not told. */
export function presiding(view: HearingView): SeatCard | null {
  return view.seats.find((s) => s.role === 'presiding') ?? null
}

/**
 * Who is shown large beside the presiding seat: who speaks now; else who has spoken last; else who holds the floor.
 * null: nobody yet, so the presiding seat is shown large alone.
 */
export function focus(
  tiles: readonly SeatCard[],
  speaking: readonly string[],
  last: string | null,
  floor: FloorView,
  chair: string | null,
): SeatCard | null {
  const shown = (id: string | null | undefined): SeatCard | null =>
    id && id !== chair ? (tiles.find((s) => s.seat === id) ?? null) : null
  for (const id of speaking) {
    const card = shown(id)
    if (card) return card
  }
  return shown(floor.mode === 'granted' ? floor.seats[0] : null) ?? shown(last)
}

export type TileState =
  | 'lost'
  | 'locked'
  | 'speaking'
  | 'floor'
  | 'floor_muted'
  | 'free'
  | 'self_muted'
  | 'silent'

/** What a tile says of its seat, the gravest first. */
export function tileState(card: SeatCard, speaking: boolean): TileState {
  if (card.presence === 'lost') return 'lost'
  if (card.locked) return 'locked'
  if (speaking && card.heard) return 'speaking'
  if (card.has_floor) return card.microphone_on ? 'floor' : 'floor_muted'
  if (card.heard) return 'free'
  return card.side === 'bench' || card.role === 'clerk' ? 'self_muted' : 'silent'
}
