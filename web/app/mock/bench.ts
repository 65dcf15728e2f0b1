/** Duty: invented busy hearings for looking at the bench's and the clerk's rail. Never part of the built client. */
import type { Known } from '@core/state'
import type { AbsenceView, HearingView, SeatCard, SeatHealth, SheetRow } from '@core/wire'
import type { Scene } from './scenes'

const NOW = Date.now()
const ALL = [
  'set_self', 'admit', 'open_court', 'go_to_stage', 'grant_floor', 'open_floor', 'close_floor', 'decline_request', 'mute_and_lock', 'release_lock', 'call_witness',
  'dismiss_witness', 'leave', 'check_suitability', 'call_roll', 'set_on_site', 'convert_offline', 'record_point', 'interrupt', 'give_back',
  'set_half_duplex', 'rule_objection', 'discipline', 'remove', 'readmit', 'strike_gavel', 'waive_oath', 'pair_interpreter', 'set_layout', 'move_seats',
  'screen_off', 'permit_presenting', 'prompt_absent', 'warn_absent', 'rule_absence', 'answer_cannot_hear', 'answer_help', 'send_message', 'sign_incident', 'adjourn',
]
const SITTING = [...ALL.filter((m) => m !== 'open_court'), 'recess', 'close']
const CLERK = ['set_self', 'leave', 'admit', 'go_to_stage', 'grant_floor', 'open_floor', 'close_floor', 'decline_request', 'mute_and_lock', 'release_lock', 'call_witness', 'dismiss_witness', 'check_suitability', 'call_roll', 'set_on_site', 'record_point', 'set_half_duplex', 'pair_interpreter', 'set_layout', 'permit_presenting', 'prompt_absent', 'warn_absent', 'answer_cannot_hear', 'answer_help', 'send_message']

const ABSENCE: AbsenceView = {
  since: NOW - 95_000, until: null, verdict: 'unknown', proposal: 'warn', prompted_at: NOW - 60_000, prompt_shown_at: NOW - 59_000, prompt_seen_at: null,
  warned_at: null, warn_shown_at: null, warn_seen_at: null, finding: '', reason: '',
  facts: ['cause=connection_lost', 'transport=consent', 'signalling=cut', 'transport_before_ms=1400', 'loss_up=18', 'loss_down=22', 'rtt_ms=64', 'jitter_ms=9', 'silent_ms=95200', 'device_failed_ms=', 'server='],
}
const line = (verdict: SeatHealth['verdict'], up: number, down: number, rtt: number): SeatHealth => ({ up_loss: up / 100, down_loss: down / 100, rtt_ms: rtt, jitter_ms: rtt / 8, verdict })
const HEALTH: Record<string, SeatHealth> = {
  plaintiff: line('good', 0, 0.4, 38), defendant: line('poor', 14.2, 9, 410), defendant_agent: line('fair', 3.1, 2.2, 160), judge: line('good', 0, 0, 21), clerk: line('good', 0, 0, 12),
}
const row = (seat: string, spoke: number, missed: number, part: Partial<SheetRow> = {}): SheetRow => ({
  seat, spoke_ms: spoke * 1000, missed_ms: missed * 1000, passages: [], interrupted: 0, cannot_hear: 0, answered_ms: 0, lost_ms: 0, ...part,
})
const SHEET: SheetRow[] = [
  row('presiding', 612, 0),
  row('plaintiff', 344, 2),
  row('plaintiff_agent', 501, 41, { lost_ms: 95_000, passages: [{ seat: 'defendant_agent', t0: NOW - 90_000, t1: NOW - 61_000 }, { seat: 'presiding', t0: NOW - 58_000, t1: NOW - 46_000 }] }),
  row('defendant', 122, 9, { cannot_hear: 2, answered_ms: 14_000, passages: [{ seat: 'plaintiff', t0: NOW - 400_000, t1: NOW - 391_000 }] }),
  row('defendant_agent', 476, 1, { interrupted: 2 }),
]

export type Seats = (extra?: Record<string, Partial<SeatCard>>) => SeatCard[]
export type Base = (me: string, seats: SeatCard[], stage: string, part?: Partial<HearingView>) => HearingView
export type InRoom = (view: HearingView, part?: Partial<Known>) => Known

const ROOMS = [
  { key: 'main', kind: 'main', seats: [], since: null, recorded: true, agreed: [], closed: false },
  { key: 'consultation:defendant', kind: 'consultation', seats: ['defendant', 'defendant_agent'], since: NOW - 120_000, recorded: false, agreed: [], closed: true },
  { key: 'deliberation', kind: 'deliberation', seats: [], since: null, recorded: false, agreed: [], closed: false },
]

function busy(base: Base, seats: Seats, part: Partial<HearingView> = {}): HearingView {
  const people = seats({
    plaintiff: { place: { place: 'home', quiet: true }, consents: [{ step: 'hearing', agrees: true }, { step: 'evidence', agrees: true }], device: { camera: 'ok', microphone: 'ok', speaker: 'ok', network: 'good' } },
    plaintiff_agent: { presence: 'lost', lost_since: NOW - 95_000, absences: [ABSENCE] },
    defendant: { cannot_hear_since: NOW - 22_000, place: { place: 'other', quiet: false }, consents: [{ step: 'hearing', agrees: true }, { step: 'evidence', agrees: false }], measures: [{ measure: 'warn', reason: '打断他人发言', at: NOW - 300_000 }], help: { kind: 'technician', text: '声音断断续续', at: NOW - 40_000 }, device: { camera: 'ok', microphone: 'ok', speaker: 'failed', network: 'poor' } },
    defendant_agent: { may_present: true },
    witness: { oath: false },
  })
  return base('presiding', people, 'debate', {
    presides: 'presiding', may: SITTING, rooms: ROOMS, room: 'main',
    floor: {
      mode: 'granted', seats: ['defendant_agent'], until: NOW + 83_000, ends: NOW + 93_000, half_duplex: false, turn: null, interrupted: [],
      queue: [{ seat: 'plaintiff', reason: '回应对方', at: NOW - 21_000 }],
    },
    next: [
      { key: 'final_statements', free: true, missing: ['point:new_facts'] },
      { key: 'investigation', free: true, missing: [] },
      { key: 'mediation', free: false, missing: [] },
      { key: 'judgment', free: false, missing: [] },
    ],
    points: [{ item: 'issues', text: '一、质量异议是否在期限内提出；二、剩余货款的数额。', at: NOW - 200_000 }, { item: 'rounds', text: '', at: null }, { item: 'new_facts', text: '', at: null }],
    objections: [
      { objection: 'o2', seat: 'plaintiff', ground: 'leading', text: '代理人在提示证人回答', at: NOW - 9000, ruling: '', note: '' },
      { objection: 'o1', seat: 'defendant_agent', ground: 'irrelevant', text: '', at: NOW - 240_000, ruling: 'overruled', note: '与第二个争议焦点有关' },
    ],
    incidents: [{ incident: 'i1', kind: 'network', subject: 'plaintiff_agent', began: NOW - 95_000, ended: null, facts: ['cause=connection_lost', 'verdict=unknown', 'transport=consent'], signed_at: null, note: '' }],
    messages: [
      { message: 'm1', by: 'witness', to: '', text: '还需要等多久？', at: NOW - 500_000 },
      { message: 'm2', by: 'clerk', to: 'witness', text: '大约二十分钟，请保持页面打开。', at: NOW - 470_000 },
      { message: 'm3', by: 'witness', to: '', text: '好的。我可以先喝水吗？', at: NOW - 60_000 },
    ],
    layout: { layout: 'speaker', spotlight: 'defendant_agent' },
    ...part,
  })
}

function checkIn(base: Base, seats: Seats, me: string, part: Partial<HearingView> = {}): HearingView {
  const people = seats({
    plaintiff: { place: { place: 'home', quiet: true }, consents: [{ step: 'hearing', agrees: true }, { step: 'evidence', agrees: null }] },
    plaintiff_agent: { presence: 'expected', lost_since: null },
    defendant: { presence: 'waiting', discipline_read: true, consent: false, consents: [{ step: 'hearing', agrees: false }], place: { place: 'other', quiet: false } },
    defendant_agent: { presence: 'waiting', has_floor: false, heard: false, discipline_read: false, place: { place: 'office', quiet: true }, device: { camera: 'ok', microphone: 'failed', speaker: 'ok', network: 'poor' } },
    witness: { presence: 'waiting', discipline_read: true, oath: false },
  })
  return base(me, people, 'check_in', {
    presides: 'presiding', session: 'checking_in', opened_at: null, may: me === 'clerk' ? CLERK : ALL, missing: ['consent_missing', 'discipline_not_read'],
    floor: { mode: 'closed', seats: [], until: null, queue: [] }, check: { suitable: null, barred: [], note: '', rolled_at: null },
    points: [{ item: 'identity', text: '', at: null }], next: [{ key: 'discipline', free: true, missing: [] }], ...part,
  })
}

export function benchScenes(base: Base, seats: Seats, inRoom: InRoom): Record<string, () => Scene> {
  const quiet: Partial<Known> = { speaking: [], captions: [], tape: { state: 'idle', safe_until: null } }
  const known: Partial<Known> = { health: HEALTH, sheet: SHEET }
  return {
    busy: () => ({ me: 'presiding', known: inRoom(busy(base, seats), known) }),
    busyclerk: () => ({ me: 'clerk', known: inRoom({ ...busy(base, seats), me: 'clerk', may: CLERK }, known) }),
    faulted: () => ({ me: 'presiding', known: inRoom(busy(base, seats), { ...known, tape: { state: 'faulted', safe_until: NOW - 30_000, verified_until: NOW - 30_000, reason: 'disk_full' } }) }),
    interrupted: () => ({
      me: 'presiding',
      known: inRoom(busy(base, seats, { floor: { mode: 'closed', seats: [], until: null, queue: [], interrupted: ['defendant_agent'], half_duplex: true } }), known),
    }),
    benchcheckin: () => ({ me: 'presiding', known: inRoom(checkIn(base, seats, 'presiding'), quiet) }),
    clerkcheckin: () => ({ me: 'clerk', known: inRoom(checkIn(base, seats, 'clerk', { check: { suitable: true, barred: [], note: '', rolled_at: NOW - 60_000 } }), quiet) }),
    mediating: () => ({
      me: 'presiding',
      known: inRoom(busy(base, seats, { procedure: 'mediation', may: [...SITTING, 'end_mediation'], objections: [], incidents: [], messages: [] }), { ...known, sheet: [] }),
    }),
  }
}
