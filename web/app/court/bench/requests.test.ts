import { describe, expect, it } from 'vitest'
import type { AbsenceView, HearingView, SeatCard, Tape } from '@core/wire'
import { counted, waiting } from './requests'

const ROLLING: Tape = { state: 'rolling', safe_until: null }
const ABSENCE: AbsenceView = {
  since: 30, until: null, verdict: 'unknown', facts: [], proposal: '', prompted_at: null, prompt_shown_at: null, prompt_seen_at: null,
  warned_at: null, warn_shown_at: null, warn_seen_at: null, finding: '', reason: '',
}

function card(seat: string, part: Partial<SeatCard> = {}): SeatCard {
  return {
    seat, role: seat, side: 'none', name: null, presence: 'present', lost_since: null, has_floor: false, heard: false,
    microphone_on: true, camera_on: true, locked: false, ...part,
  }
}

function viewOf(seats: SeatCard[], part: Partial<HearingView> = {}): HearingView {
  return {
    hearing: 'h', case_no: '', cause: '', court: '', procedure: '', public: true, scheduled_at: 0, session: 'in_session', opened_at: null,
    closed_at: null, session_reason: '', stages: [], floor: { mode: 'closed', seats: [], until: null, queue: [] }, seats, me: 'presiding',
    in_room: true, discipline_version: '1', may: [], silent_because: null, missing: [], ...part,
  }
}
const ids = (view: HearingView, tape = ROLLING): string[] => waiting(view, tape).map((c) => c.id)

describe('what waits for the court', () => {
  it('tells of a tape that is kept and yet not as it should be', () => {
    const tape: Tape = { state: 'rolling', safe_until: null, warnings: ['second_place'], hours_left: 0.5 }
    expect(waiting(viewOf([]), tape)).toEqual([{ kind: 'tape_warning', id: 'tape_warning', seat: '', at: 0, warnings: ['second_place', 'space'] }])
    expect(waiting(viewOf([]), { ...tape, warnings: [], hours_left: 1 })).toEqual([])
  })

  it('puts the urgent before the old, and the old before the new', () => {
    const view = viewOf([card('a', { help: { kind: 'other', text: '', at: 1 } }), card('b', { cannot_hear_since: 50 })], {
      floor: { mode: 'closed', seats: [], until: null, queue: [{ seat: 'a', reason: '', at: 9 }, { seat: 'b', reason: '', at: 3 }] },
      objections: [{ objection: 'o1', seat: 'a', ground: 'leading', text: '', at: 60, ruling: '', note: '' }],
    })
    expect(ids(view, { state: 'faulted', safe_until: null })).toEqual(['tape', 'objection-o1', 'cannot_hear-b', 'help-a', 'request-b', 'request-a'])
    expect(counted(waiting(view, ROLLING))).toEqual([['objection', 1], ['cannot_hear', 1], ['help', 1], ['hand', 2]])
  })

  it('leaves out what was ruled, signed or answered', () => {
    const view = viewOf([card('a')], {
      objections: [{ objection: 'o1', seat: 'a', ground: 'leading', text: '', at: 1, ruling: 'overruled', note: '' }],
      incidents: [{ incident: 'i1', kind: 'tape', subject: '', began: 1, ended: 2, facts: [], signed_at: 3, note: '' }],
      messages: [
        { message: 'm1', by: 'a', to: '', text: '?', at: 1 },
        { message: 'm2', by: 'clerk', to: 'a', text: '!', at: 2 },
      ],
    })
    expect(ids(view)).toEqual([])
  })

  it('asks again when the person writes again', () => {
    const view = viewOf([card('a')], {
      messages: [
        { message: 'm1', by: 'a', to: '', text: '?', at: 1 },
        { message: 'm2', by: 'clerk', to: 'a', text: '!', at: 2 },
        { message: 'm3', by: 'a', to: '', text: '??', at: 3 },
      ],
    })
    expect(ids(view)).toEqual(['message-a'])
  })

  it('shows an absence only while the house proposes something', () => {
    expect(ids(viewOf([card('a', { absences: [ABSENCE] })]))).toEqual([])
    expect(ids(viewOf([card('a', { absences: [{ ...ABSENCE, proposal: 'warn' }] })]))).toEqual(['absence-a'])
  })

  it('shows a consent withdrawn in the sitting, not of who takes part on site', () => {
    const consents = [{ step: 'evidence', agrees: false }]
    expect(ids(viewOf([card('a', { consents })]))).toEqual(['withdrawn-a-evidence'])
    expect(ids(viewOf([card('a', { consents, on_site: true })]))).toEqual([])
    expect(ids(viewOf([card('a', { consents })], { session: 'checking_in' }))).toEqual([])
  })
})
