import { describe, expect, it } from 'vitest'
import type { FloorView, SeatCard } from '@core/wire'
import { bid, focus, ordered, STEADY_MS, tileState } from './seating'

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

describe('seating', () => {
  it('seats the plaintiff left and the defendant right of those between', () => {
    const w = card('w', 'witness', 'court')
    expect(ordered([B, w, A, CHAIR]).map((s) => s.seat)).toEqual(['p', 'a', 'w', 'b'])
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
})
