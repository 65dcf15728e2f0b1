import { describe, expect, it } from 'vitest'
import { after, meOf, NOTHING, slotOf, State } from './state'
import type { HearingView, SeatCard, ServerMessage } from './wire'

function card(seat: string): SeatCard {
  return {
    seat, role: seat, side: 'none', name: null, presence: 'present', lost_since: null, has_floor: false, heard: false,
    microphone_on: true, camera_on: true, locked: false, device: null, consent: null, discipline_read: null,
  }
}

function viewOf(seats: string[], part: Partial<HearingView> = {}): HearingView {
  return {
    hearing: 'h', case_no: '', cause: '', court: '', procedure: '', public: true, scheduled_at: 0, session: 'in_session', opened_at: null,
    closed_at: null, session_reason: '', stages: [], floor: { mode: 'closed', seats: [], until: null, queue: [] }, seats: seats.map(card),
    me: 'defendant', in_room: true, discipline_version: '1', may: [], silent_because: null, missing: [], ...part,
  }
}

function viewMessage(seq: number, seats: string[], slot: string): ServerMessage {
  return { type: 'view', seq, view: viewOf(seats), slots: [{ index: 0, seat: slot, audio: true, video: true }], tape: { state: 'rolling', safe_until: seq } }
}

const WELCOME: ServerMessage = { type: 'welcome', v: 1, seat: 'defendant', connection: 'c', resume: 'r', server_time: 0, slots: 6, resumed: true }

describe('state', () => {
  it('replaces the whole view: nothing of the old one stays', () => {
    const first = after(NOTHING, viewMessage(1, ['plaintiff', 'defendant'], 'plaintiff'))
    const second = after(first, viewMessage(2, ['defendant'], 'presiding'))
    expect(second.view?.seats.map((s) => s.seat)).toEqual(['defendant'])
    expect(slotOf(second.slots, 'plaintiff')).toBeNull()
    expect(second.tape.safe_until).toBe(2)
  })

  it('does not go back to an older view of the same line', () => {
    const now = after(NOTHING, viewMessage(5, ['defendant'], 'presiding'))
    expect(after(now, viewMessage(4, ['plaintiff'], 'plaintiff'))).toBe(now)
  })

  it('takes any view after a new welcome', () => {
    const now = after(after(NOTHING, viewMessage(50, ['defendant'], 'presiding')), WELCOME)
    expect(now.slotCount).toBe(6)
    expect(after(now, viewMessage(3, ['plaintiff', 'defendant'], 'plaintiff')).seq).toBe(3)
  })

  it('follows a line from its first view on, and the next line from its first, as the server numbers them', () => {
    let now = NOTHING
    for (let line = 0; line < 2; line++) {
      now = after(now, WELCOME)
      for (const seq of [1, 2, 3]) {
        now = after(now, viewMessage(seq, [`seat-${line}-${seq}`], 'presiding'))
        expect(now.view?.seats.map((s) => s.seat)).toEqual([`seat-${line}-${seq}`])
      }
    }
  })

  it('goes on where numbers were left out: a slow line is given the newest view only', () => {
    const now = after(after(after(NOTHING, WELCOME), viewMessage(1, ['plaintiff'], 'plaintiff')), viewMessage(4, ['defendant'], 'presiding'))
    expect([now.seq, now.view?.seats.length]).toEqual([4, 1])
    expect(after(now, viewMessage(4, ['plaintiff', 'defendant'], 'plaintiff')).seq).toBe(4)
  })

  it('keeps the view while the tape moves on and people speak', () => {
    let now = after(NOTHING, viewMessage(1, ['defendant'], 'presiding'))
    const { view } = now
    now = after(now, { type: 'tape', tape: { state: 'faulted', safe_until: 9, reason: 'disk_full' } })
    now = after(now, { type: 'speaking', seats: ['presiding'] })
    expect(now.view).toBe(view)
    expect(now.tape.state).toBe('faulted')
    expect(now.speaking).toEqual(['presiding'])
  })

  it('replaces the sheet and the health of the lines whole', () => {
    const row = { seat: 'plaintiff', spoke_ms: 1, missed_ms: 2, passages: [], interrupted: 0, cannot_hear: 0, answered_ms: 0, lost_ms: 0 }
    const line = { up_loss: 0, down_loss: 0.03, rtt_ms: 40, jitter_ms: 4, verdict: 'good' as const }
    let now = after(NOTHING, { type: 'sheet', rows: [row, { ...row, seat: 'defendant' }] })
    now = after(now, { type: 'health', seats: { plaintiff: line, defendant: line } })
    now = after(now, { type: 'sheet', rows: [row] })
    now = after(now, { type: 'health', seats: { defendant: line } })
    expect(now.sheet.map((r) => r.seat)).toEqual(['plaintiff'])
    expect(Object.keys(now.health)).toEqual(['defendant'])
  })

  it('tells listeners only when something changed', () => {
    const state = new State()
    let told = 0
    state.subscribe(() => told++)
    state.take(viewMessage(2, ['defendant'], 'presiding'))
    state.take(viewMessage(1, ['defendant'], 'presiding'))
    state.take({ type: 'pong', t: 0, server_time: 0 })
    expect(told).toBe(1)
  })

  it('finds the own seat', () => {
    expect(meOf(viewOf(['plaintiff', 'defendant']))?.seat).toBe('defendant')
    expect(meOf(viewOf(['plaintiff']))).toBeNull()
  })
})
