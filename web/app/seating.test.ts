import { describe, expect, it } from 'vitest'
import type { FloorView, SeatCard } from '@core/wire'
import { focus, ordered, tileState } from './seating'

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

  it('shows large who speaks, then who holds the floor, then who spoke last; never the presiding seat twice', () => {
    const tiles = [CHAIR, A, B]
    expect(focus(tiles, ['p', 'b'], 'a', CLOSED, 'p')?.seat).toBe('b')
    expect(focus(tiles, ['p'], 'a', { ...CLOSED, mode: 'granted', seats: ['b'] }, 'p')?.seat).toBe('b')
    expect(focus(tiles, ['p'], 'a', CLOSED, 'p')?.seat).toBe('a')
    expect(focus(tiles, ['p'], 'gone', CLOSED, 'p')).toBeNull()
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
