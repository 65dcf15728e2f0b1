import { describe, expect, it } from 'vitest'
import type { FloorView, HearingView, SeatCard } from '@core/wire'
import { atTable, bid, focus, listed, ordered, panelOf, presiding, STEADY_MS, tiled, tileState } from './seating'

function card(seat: string, role: string, side: string, part: Partial<SeatCard> = {}): SeatCard {
  return {
    seat, role, side, name: seat, presence: 'present', lost_since: null, has_floor: false, heard: false, microphone_on: true,
    camera_on: true, locked: false, device: null, consent: null, discipline_read: null, ...part,
  }
}
const CHAIR = card('p', 'presiding', 'bench', { heard: true })
const A = card('a', 'plaintiff', 'plaintiff')
const B = card('b', 'agent', 'defendant')
const CLOSED: FloorView = { mode: 'closed', seats: [], until: null, queue: [] }

const view = (seats: SeatCard[], part: Partial<HearingView> = {}): HearingView => ({
  hearing: 'h', case_no: '', cause: '', court: '', procedure: 'mediation', public: true, scheduled_at: 0, session: 'in_session', opened_at: 0, closed_at: null,
  session_reason: '', stages: [], floor: CLOSED, seats, me: 'a', in_room: true, discipline_version: '1', may: [], silent_because: null, missing: [], ...part,
})
const ids = (seats: SeatCard[]): string[] => seats.map((s) => s.seat)

describe('seating', () => {
  it('seats the plaintiff left and the defendant right of those between', () => {
    const w = card('w', 'witness', 'court')
    expect(ordered([B, w, A, CHAIR]).map((s) => s.seat)).toEqual(['p', 'a', 'w', 'b'])
  })

  it('lists the bench, its clerk, a side after the other, and who is of no side last', () => {
    const rest = [card('o', 'observer', 'none'), card('w', 'witness', 'court'), card('c', 'clerk', 'court'), card('t', 'third_party', 'third')]
    expect(ids(listed([...rest, B, A, CHAIR]))).toEqual(['p', 'c', 'a', 'b', 't', 'w', 'o'])
  })

  it('knows a panel by its further members: a judge alone is none', () => {
    expect(panelOf([CHAIR, A, B])).toBe(false)
    expect(panelOf([CHAIR, card('x', 'assessor', 'bench'), A])).toBe(true)
    expect(panelOf([])).toBe(false)
  })

  it('shows large whose turn it is, then who holds the floor alone; never the presiding seat twice', () => {
    const tiles = [CHAIR, A, B]
    const granted: FloorView = { ...CLOSED, mode: 'granted', seats: ['b'] }
    expect(focus(tiles, 'a', granted, 'p')?.seat).toBe('a')
    expect(focus(tiles, null, granted, 'p')?.seat).toBe('b')
    expect(focus(tiles, null, { ...CLOSED, mode: 'open', seats: ['a', 'b'] }, 'p')).toBeNull()
    expect(focus(tiles, 'gone', CLOSED, 'p')).toBeNull()
    expect(focus(tiles, 'p', CLOSED, 'p')).toBeNull()
  })

  it('turns to the holder of the floor at once, to others only when they go on speaking', () => {
    const granted: FloorView = { ...CLOSED, mode: 'granted', seats: ['b'] }
    expect(bid(['a', 'b'], 'a', granted, 'p')).toEqual({ seat: 'b', waitMs: 0 })
    expect(bid(['a'], 'b', granted, 'p')).toEqual({ seat: 'a', waitMs: STEADY_MS })
    expect(bid(['p'], 'b', granted, 'p')).toBeNull()
    expect(bid(['b', 'a'], 'a', CLOSED, 'p')).toBeNull()
    expect(bid([], 'a', CLOSED, 'p')).toBeNull()
    expect(bid(['a', 'b'], 'b', { ...CLOSED, mode: 'open', seats: ['a', 'b'] }, 'p')?.waitMs).toBe(STEADY_MS)
  })

  it('says the gravest of a seat', () => {
    expect(tileState({ ...A, presence: 'lost', locked: true }, true)).toBe('lost')
    expect(tileState({ ...A, locked: true, has_floor: true }, true)).toBe('locked')
    expect(tileState({ ...A, heard: false }, true)).toBe('silent')
    expect(tileState({ ...A, heard: true, has_floor: true }, true)).toBe('speaking')
    expect(tileState({ ...A, has_floor: true, microphone_on: false }, false)).toBe('floor_muted')
    expect(tileState({ ...CHAIR, heard: false, microphone_on: false }, false)).toBe('self_muted')
  })

  it('shows whom the court has set in the large place, whoever speaks', () => {
    const granted: FloorView = { ...CLOSED, mode: 'granted', seats: ['b'] }
    expect(focus([CHAIR, A, B], 'b', granted, 'p', 'a')?.seat).toBe('a')
    expect(focus([CHAIR, A, B], 'b', granted, 'p', 'gone')?.seat).toBe('b')
    expect(focus([CHAIR, A, B], 'b', granted, 'p', 'p')).toBeNull()
  })

  it('says of who is at court in person just that', () => {
    expect(tileState({ ...A, on_site: true, presence: 'expected' }, false)).toBe('on_site')
  })

  it('gives a tile to those of the own room, to nobody of another', () => {
    const here = { ...A, room: 'caucus:plaintiff' }
    const elsewhere = { ...B, room: 'main' }
    const hidden = { ...card('c', 'agent', 'defendant'), room: null }
    expect(ids(tiled(view([here, elsewhere, hidden], { room: 'caucus:plaintiff' })))).toEqual(['a'])
    expect(ids(tiled(view([here, elsewhere, hidden], { room: 'main' })))).toEqual(['b'])
  })

  it('keeps the place of a lost line, and of who came to court, in the courtroom', () => {
    const lost = card('l', 'agent', 'plaintiff', { presence: 'lost', room: null })
    const onSite = card('o', 'defendant', 'defendant', { presence: 'expected', on_site: true, room: null })
    expect(ids(tiled(view([lost, onSite])))).toEqual(['l', 'o'])
    expect(ids(tiled(view([lost, onSite], { room: 'consultation:plaintiff' })))).toEqual([])
  })

  it('never shows observers, technicians, or who was ordered out', () => {
    const seats = [card('x', 'observer', 'none'), card('t', 'technician', 'court'), card('r', 'plaintiff', 'plaintiff', { presence: 'removed', on_site: true })]
    expect(tiled(view(seats))).toEqual([])
  })

  it('takes the presiding seat from the court, and falls back on the role', () => {
    const mediator = card('m', 'mediator', 'bench')
    expect(presiding(view([A, mediator], { presides: 'm' }))?.seat).toBe('m')
    expect(presiding(view([A, CHAIR]))?.seat).toBe('p')
  })

  it('seats a mediation with the sides opposite each other, and a small circle face to face', () => {
    const table = atTable([CHAIR, A, B, card('i', 'interpreter', 'court')], 'p', true)
    expect([ids(table.head), ids(table.left), ids(table.right), ids(table.foot)]).toEqual([['p'], ['a'], ['b'], ['i']])
    const two = atTable([A, card('pa', 'agent', 'plaintiff')], null, false)
    expect([ids(two.head), ids(two.left), ids(two.right)]).toEqual([[], ['a'], ['pa']])
  })
})
