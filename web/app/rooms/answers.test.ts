import { describe, expect, it } from 'vitest'
import type { SeatCard } from '@core/wire'
import { answerOf, answersFor, kindOf, partiesOf, sideOf } from './answers'

const seat = (id: string, role: string, side: string): SeatCard => ({
  seat: id, role, side, name: id, presence: 'present', lost_since: null, has_floor: false, heard: false, microphone_on: true, camera_on: true, locked: false,
})
const SEATS = [seat('mediator', 'mediator', 'bench'), seat('p', 'plaintiff', 'plaintiff'), seat('pa', 'agent', 'plaintiff'), seat('d', 'defendant', 'defendant')]

describe('answers in a mediation', () => {
  it('are asked of every party, or of one side in its caucus', () => {
    expect(partiesOf(SEATS, 'both').map((s) => s.seat)).toEqual(['p', 'd'])
    expect(partiesOf(SEATS, 'defendant').map((s) => s.seat)).toEqual(['d'])
  })
  it('are given by a party for itself, by an agent for its party, by nobody else', () => {
    expect(answersFor(SEATS, 'd')?.seat).toBe('d')
    expect(answersFor(SEATS, 'pa')?.seat).toBe('p')
    expect(answersFor(SEATS, 'mediator')).toBeNull()
  })
  it('tells no from not yet', () => {
    expect(answerOf([{ seat: 'p', agrees: false }], 'p')).toBe(false)
    expect(answerOf([], 'p')).toBeNull()
  })
})

describe('the key of a room', () => {
  it('says its kind and whose it is', () => {
    expect([kindOf('caucus:plaintiff'), sideOf('caucus:plaintiff'), kindOf('main'), sideOf('main')]).toEqual(['caucus', 'plaintiff', 'main', ''])
  })
})
