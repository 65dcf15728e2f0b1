/** Duty: who sits where on the screen, as in the room: bench, plaintiff's side left, defendant's side right. Pure. */
import type { FloorView, HearingView, SeatCard } from '@core/wire'

const SIDE_ORDER = ['bench', 'plaintiff', 'third', 'court', 'none', 'defendant']
const LIST_ORDER = ['bench', 'plaintiff', 'defendant', 'third', 'court', 'none']
const ROLE_ORDER = [
  'presiding',
  'mediator',
  'enforcement_officer',
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
  'police',
  'technician',
  'observer',
]

/** Roles that are never seen: they have no tile. */
const UNSEEN = new Set(['observer', 'technician'])

/** Of a panel 合议庭; without any, whoever presides is a judge alone. */
const PANEL = new Set(['judge', 'assessor'])
export const panelOf = (people: Iterable<{ role: string }>): boolean => [...people].some((one) => PANEL.has(one.role))

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

/** All seats as a list is read: a side after the other, whoever is of no side last. */
export function listed(seats: readonly SeatCard[]): SeatCard[] {
  const late = (s: SeatCard): number => (s.side === 'bench' ? 0 : s.role === 'clerk' ? 1 : s.side === 'court' || s.side === 'none' ? 3 : 2)
  return ordered(seats).sort((a, b) => late(a) - late(b) || place(LIST_ORDER, a.side) - place(LIST_ORDER, b.side))
}

/** Key of the room that the viewer's screen shows. */
export function roomOf(view: HearingView): string {
  return view.room || 'main'
}

/** Whether the seat is in the viewer's room. A lost line keeps its place; a room of null is another room. */
function near(view: HearingView, seat: SeatCard): boolean {
  const key = roomOf(view)
  if (seat.presence === 'lost') return key === 'main' || seat.room === key
  return seat.room === undefined || seat.room === key
}

/** Seats that have a tile: in the viewer's room, lost from it, or at court in person; and of a role that is ever seen. */
export function tiled(view: HearingView): SeatCard[] {
  const here = (s: SeatCard): boolean => (s.presence === 'present' || s.presence === 'lost') && near(view, s)
  const onSite = (s: SeatCard): boolean => s.on_site === true && s.presence !== 'removed' && s.presence !== 'isolated' && roomOf(view) === 'main'
  return ordered(view.seats).filter((s) => !UNSEEN.has(s.role) && (here(s) || onSite(s)))
}

/** The seat that presides, wherever it is now; null where the viewer is not told. */
export function presiding(view: HearingView): SeatCard | null {
  const told = view.presides ? view.seats.find((s) => s.seat === view.presides) : undefined
  return told ?? view.seats.find((s) => s.role === 'presiding') ?? null
}

/**
 * Who is shown large beside the presiding seat: whom the court has set there; else who spoke last (steadily: `turn`);
 * else who holds the floor alone. null: nobody, so the presiding seat is shown large alone.
 */
export function focus(tiles: readonly SeatCard[], turn: string | null, floor: FloorView, chair: string | null, spotlight = ''): SeatCard | null {
  const shown = (id: string | null | undefined): SeatCard | null =>
    id && id !== chair ? (tiles.find((s) => s.seat === id) ?? null) : null
  if (spotlight !== '' && spotlight === chair) return null
  return shown(spotlight) ?? shown(turn) ?? shown(floor.mode === 'granted' ? floor.seats[0] : null)
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

/** Who sits where at a round table: the chair at the head, the sides opposite each other, the rest spread evenly. */
export function atTable(seats: readonly SeatCard[], chair: string | null, sides: boolean): { head: SeatCard[]; left: SeatCard[]; right: SeatCard[]; foot: SeatCard[] } {
  const table = { head: [] as SeatCard[], left: [] as SeatCard[], right: [] as SeatCard[], foot: [] as SeatCard[] }
  const rest: SeatCard[] = []
  for (const seat of ordered(seats)) {
    if (seat.seat === chair) table.head.push(seat)
    else if (sides && seat.side === 'plaintiff') table.left.push(seat)
    else if (sides && seat.side === 'defendant') table.right.push(seat)
    else if (sides) table.foot.push(seat)
    else rest.push(seat)
  }
  if (rest.length > 2 && table.head.length === 0) table.head.push(...rest.splice(0, 1))
  rest.forEach((seat, i) => (i % 2 === 0 ? table.left : table.right).push(seat))
  return table
}

export type TileState =
  | 'on_site'
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
  if (card.on_site) return 'on_site'
  if (card.presence === 'lost') return 'lost'
  if (card.locked) return 'locked'
  if (speaking && card.heard) return 'speaking'
  if (card.has_floor) return card.microphone_on ? 'floor' : 'floor_muted'
  if (card.heard) return 'free'
  return (card.side === 'bench' || card.role === 'clerk') && !card.microphone_on ? 'self_muted' : 'silent'
}
