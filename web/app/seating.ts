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
 * Who is shown large beside the presiding seat: who spoke last (steadily: `turn`); else who holds the floor alone.
 * null: nobody yet, so the presiding seat is shown large alone.
 */
export function focus(tiles: readonly SeatCard[], turn: string | null, floor: FloorView, chair: string | null): SeatCard | null {
  const shown = (id: string | null | undefined): SeatCard | null =>
    id && id !== chair ? (tiles.find((s) => s.seat === id) ?? null) : null
  return shown(turn) ?? shown(floor.mode === 'granted' ? floor.seats[0] : null)
}

/** How long somebody must speak before the large picture turns to them: a cough or a "yes" does not turn it. */
export const STEADY_MS = 1200

/** Who asks for the large picture: at once (holds the floor), after STEADY_MS (anybody else), or nobody new. */
export function bid(speaking: readonly string[], turn: string | null, floor: FloorView, chair: string | null): { seat: string; waitMs: number } | null {
  const others = speaking.filter((s) => s !== chair)
  const holder = others.find((s) => floor.seats.includes(s))
  const seat = holder ?? others[0]
  if (!seat || seat === turn || (turn !== null && others.includes(turn) && !holder)) return null
  return { seat, waitMs: floor.mode === 'granted' && seat === holder ? 0 : STEADY_MS }
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
