/** Duty: invented hearings and mediations as their participants see them, state by state. Never part of the built client. */
import type { Known } from '@core/state'
import type { HearingView, MediationView, NoticeView, RoomView, SeatCard } from '@core/wire'
import type { Base, InRoom, Seats } from './bench'
import type { Scene } from './scenes'

const NOW = Date.now()
const MAY = [
  'set_self', 'request_floor', 'leave', 'consent', 'declare_place', 'raise_objection', 'cannot_hear', 'hear_again', 'ask_help', 'answer_help', 'send_message', 'see_notice', 'enter_room',
]
const TALK = [
  'set_self', 'leave', 'cannot_hear', 'ask_help', 'send_message', 'see_notice', 'enter_room', 'consent_recording', 'propose', 'answer_proposal', 'answer_clause', 'confirm_undisputed',
  'note_undisputed', 'accept_mediator',
]
const LEAD = ['set_self', 'leave', 'move_seats', 'consent_recording', 'propose', 'share_proposal', 'draft_clause', 'note_undisputed', 'disclose', 'end_mediation', 'strike_gavel', 'grant_floor', 'open_floor', 'admit', 'recess', 'enter_room']
const CLOSED: HearingView['floor'] = { mode: 'closed', seats: [], until: null, queue: [] }

const room = (key: string, seats: string[], part: Partial<RoomView> = {}): RoomView => ({ key, kind: key.split(':')[0] ?? '', seats, since: NOW - 60_000, recorded: false, agreed: [], closed: false, ...part })
const notice = (kind: string, text: string, n = 1): NoticeView => ({ notice: `plaintiff-${n}`, seat: 'plaintiff', kind, text, at: NOW - 8000 + n, seen_at: null })

const PAPERS: MediationView = {
  disclosure: '本人与原告代理人曾在同一律师事务所工作，2019年起无往来。',
  accepted: [{ seat: 'plaintiff', agrees: true }, { seat: 'defendant', agrees: true }],
  proposals: [
    { proposal: 'p1', by: 'presiding', to: 'both', text: '被告分三期支付货款：签署后十日内六万元，此后每月六万元；原告放弃逾期利息。', at: NOW - 600_000, answers: [{ seat: 'plaintiff', agrees: true }] },
    { proposal: 'defendant-1', by: 'defendant', to: 'defendant', text: '如果免除利息，可以一次支付十五万元。', at: NOW - 200_000, answers: [] },
  ],
  clauses: [
    { clause: 'c1', version: 1, text: '被告确认尚欠原告货款十八万元。', answers: [{ seat: 'plaintiff', agrees: true }, { seat: 'defendant', agrees: true }] },
    { clause: 'c2', version: 2, text: '被告于2026年12月10日前支付六万元，于2027年1月10日、2月10日前各支付六万元。', answers: [{ seat: 'plaintiff', agrees: true }] },
  ],
  undisputed: [{ clause: 'f1', version: 1, text: '双方于2025年3月8日签订买卖合同，设备已于同月20日交付。', answers: [{ seat: 'defendant', agrees: true }] }],
  ending: '',
}

/** The presiding seat of the other scenes is the mediator here. */
function people(seats: Seats, aside: Record<string, string> = {}): SeatCard[] {
  const here = ['presiding', 'plaintiff', 'plaintiff_agent', 'defendant', 'defendant_agent']
  return seats({ plaintiff_agent: { presence: 'present', lost_since: null }, defendant_agent: { has_floor: false, heard: true } })
    .filter((s) => here.includes(s.seat))
    .map((s) => ({ ...s, heard: true, room: aside[s.seat] ?? 'main', ...(s.seat === 'presiding' ? { role: 'mediator', name: '许和' } : {}) }))
}

function scenesOfRooms(base: Base, seats: Seats, inRoom: InRoom): Record<string, () => Scene> {
  const all = ['presiding', 'plaintiff', 'plaintiff_agent', 'defendant', 'defendant_agent']
  const mediation = (me: string, part: Partial<HearingView> = {}, known: Partial<Known> = {}, aside: Record<string, string> = {}): Scene => ({
    me,
    known: inRoom(
      base(me, people(seats, aside), '', {
        procedure: 'mediation', presides: 'presiding', floor: { mode: 'open', seats: all, until: null, queue: [] }, may: me === 'presiding' ? LEAD : TALK, mediation: me === 'plaintiff' ? { ...PAPERS, proposals: PAPERS.proposals.filter((p) => p.to === 'both') } : PAPERS, room: 'main',
        stages: [{ key: 'check_in', state: 'done' }, { key: 'notice', state: 'done' }, { key: 'joint', state: 'now' }, { key: 'terms', state: 'ahead' }],
        rooms: [room('main', all), ...(me === 'presiding' ? [room('caucus:plaintiff', []), room('caucus:defendant', [])] : [room(`caucus:${me.split('_')[0] ?? ''}`, [])])],
        may_enter: me === 'presiding' ? [] : [`consultation:${me.split('_')[0] ?? ''}`], ...part,
      }),
      { tape: { state: 'idle', safe_until: null }, captions: [], speaking: ['presiding'], ...known },
    ),
  })
  const away = { presiding: 'caucus:defendant', defendant: 'caucus:defendant', defendant_agent: 'caucus:defendant' }
  const three = ['presiding', 'defendant', 'defendant_agent']
  return {
    joint: () => mediation('plaintiff'),
    jointlead: () => mediation('presiding'),
    jointrecorded: () => mediation('defendant', { rooms: [room('main', all, { recorded: true, agreed: all })] }, { tape: { state: 'rolling', safe_until: NOW - 700, verified_until: NOW - 700 } }),
    jointopen: () => mediation('plaintiff', { mediation: { ...PAPERS, disclosure: '', accepted: [], proposals: [], clauses: [], undisputed: [] } }),
    jointended: () => mediation('plaintiff', { mediation: { ...PAPERS, ending: 'agreement_reached' }, may: ['set_self', 'leave', 'send_message', 'ask_help'] }),
    waitscaucus: () => mediation('plaintiff', { rooms: [room('main', ['plaintiff', 'plaintiff_agent']), room('caucus:defendant', [], { closed: true })] }, {}, { presiding: 'x', defendant: 'x', defendant_agent: 'x' }),
    caucus: () => mediation('defendant', { room: 'caucus:defendant', rooms: [room('main', ['plaintiff', 'plaintiff_agent']), room('caucus:defendant', three, { agreed: ['defendant'] })], may_enter: [] }, {}, away),
    caucuslead: () => mediation('presiding', { room: 'caucus:defendant', rooms: [room('main', ['plaintiff', 'plaintiff_agent']), room('caucus:plaintiff', []), room('caucus:defendant', three)] }, {}, away),
    consultation: () => ({
      me: 'plaintiff',
      known: inRoom(
        base('plaintiff', seats({ plaintiff: { room: 'consultation:plaintiff', heard: true }, plaintiff_agent: { presence: 'present', lost_since: null, room: 'consultation:plaintiff', heard: true } }).map((s) => ({ ...s, room: s.room ?? 'main' })), 'debate', {
          session: 'recessed', may: MAY, room: 'consultation:plaintiff', rooms: [room('consultation:plaintiff', ['plaintiff', 'plaintiff_agent'])], may_enter: ['main'], floor: CLOSED,
        }),
        { tape: { state: 'paused', safe_until: NOW - 9000, verified_until: NOW - 9000 }, captions: [], speaking: ['plaintiff_agent'] },
      ),
    }),
    deliberation: () => ({
      me: 'judge',
      known: inRoom(
        base('judge', seats({ presiding: { room: 'deliberation' }, judge: { room: 'deliberation' } }).map((s) => ({ ...s, room: s.room ?? 'main' })), 'deliberation', {
          session: 'recessed', may: ['set_self', 'leave', 'enter_room'], room: 'deliberation', rooms: [room('deliberation', ['presiding', 'judge'])], may_enter: [], floor: CLOSED,
        }),
        { tape: { state: 'paused', safe_until: NOW - 9000, verified_until: NOW - 9000 }, captions: [], speaking: ['presiding'] },
      ),
    }),
  }
}

export function partyScenes(base: Base, seats: Seats, inRoom: InRoom): Record<string, () => Scene> {
  const extra = (own: Partial<SeatCard> = {}, more: Record<string, Partial<SeatCard>> = {}): SeatCard[] => seats({ plaintiff_agent: { presence: 'present', lost_since: null }, plaintiff: own, ...more })
  const court = (part: Partial<HearingView>, own: Partial<SeatCard> = {}, more: Record<string, Partial<SeatCard>> = {}, known: Partial<Known> = {}): Scene => ({
    me: 'plaintiff',
    known: inRoom(base('plaintiff', extra(own, more), 'debate', { may: MAY, presides: 'presiding', silent_because: 'no_floor', ...part }), known),
  })
  const mine = { has_floor: true, heard: true }
  const other = { defendant_agent: { has_floor: false, heard: false } }
  const floor = (left: number, grace: number, part: Partial<HearingView['floor']> = {}): HearingView['floor'] => ({ mode: 'granted', seats: ['plaintiff'], until: NOW + left, ends: NOW + grace, queue: [], ...part })
  const turns = (turn: string | null): HearingView['floor'] => ({ mode: 'open', seats: ['plaintiff', 'defendant_agent'], until: null, queue: [], half_duplex: true, turn })
  const showing = { source: 'exhibit', seat: 'defendant_agent', exhibit: 'e1', page: 2, zoom: 100, x: 5000, y: 5000, playing: false, position_ms: 0, at: NOW, marks: [] }
  return {
    ...scenesOfRooms(base, seats, inRoom),
    soon: () => court({ floor: floor(24_000, 34_000), silent_because: null }, mine, other, { speaking: ['plaintiff'] }),
    last: () => court({ floor: floor(-2000, 60_000), silent_because: null }, mine, other, { speaking: ['plaintiff'] }),
    cut: () => court({ floor: { ...CLOSED, interrupted: ['plaintiff'] } }, {}, other, { speaking: ['presiding'] }),
    turnmine: () => court({ floor: turns('plaintiff'), may: [...MAY, 'yield_turn'], silent_because: null }, mine, {}, { speaking: ['plaintiff'] }),
    turnother: () => court({ floor: turns('defendant_agent') }, { has_floor: true }),
    turnfree: () => court({ floor: turns(null), may: [...MAY, 'take_turn'] }, { has_floor: true }, {}, { speaking: [] }),
    objected: () => court({ objections: [
      { objection: 'o1', seat: 'plaintiff', ground: 'leading', text: '', at: NOW - 9000, ruling: '', note: '' },
      { objection: 'o0', seat: 'defendant_agent', ground: 'irrelevant', text: '', at: NOW - 90_000, ruling: 'overruled', note: '' },
    ] }),
    warned: () => court({ notices: [notice('warn', '打断他人发言'), notice('remind', '请保持画面完整', 2)] }, { measures: [{ measure: 'warn', reason: '打断他人发言', at: NOW - 8000 }] }),
    muted: () => court({ notices: [notice('mute', '未经准许发言')], silent_because: 'muted_by_court' }, { locked: true }),
    absent: () => court({ notices: [notice('warning', '')] }),
    removed: () => court({ in_room: false, stages: [], seats: extra({ presence: 'removed', measures: [{ measure: 'remove', reason: '经训诫仍扰乱法庭秩序', at: NOW - 20_000 }] }).filter((s) => s.seat === 'plaintiff'), notices: [notice('remove', '经训诫仍扰乱法庭秩序')] }),
    gavel: () => court({ gavel_at: Date.now() }),
    deaf: () => court({}, { cannot_hear_since: NOW - 22_000, help: { kind: 'technician', text: '', at: NOW - 40_000 } }),
    grid: () => court({ layout: { layout: 'grid', spotlight: 'defendant_agent' } }),
    spotlight: () => court({ layout: { layout: 'speaker', spotlight: 'defendant' } }),
    exhibit: () => court({ layout: { layout: 'exhibit', spotlight: '' }, showing, exhibits: [{ exhibit: 'e1', number: 3, title: '微信聊天记录', kind: 'pdf', pages: 6, offered_by: 'defendant_agent', sha256: '', shown_at: NOW, original_asked: false, opinions: [] }] }),
    onsite: () => court({}, {}, { defendant: { on_site: true, presence: 'expected', microphone_on: false, camera_on: false, measures: [{ measure: 'remind', reason: '', at: NOW }] }, defendant_agent: { has_floor: true, heard: true, measures: [{ measure: 'warn', reason: '', at: NOW }] } }),
    asked: () => court({ stages: ['check_in', 'debate', 'mediation', 'judgment'].map((key, i) => ({ key, state: i < 1 ? 'done' : i === 1 ? 'now' : 'ahead' })) }, { consents: [{ step: 'hearing', agrees: true }, { step: 'mediation', agrees: null }] }),
    doors: () => court({ session: 'recessed', session_reason: '短暂休息', may_enter: ['consultation:plaintiff'], floor: CLOSED }, {}, other, { tape: { state: 'paused', safe_until: NOW - 9000, verified_until: NOW - 9000 } }),
    words: () => court({ messages: [
      { message: 'm1', by: 'plaintiff', to: '', text: '我的画面好像卡住了。', at: NOW - 300_000 },
      { message: 'm2', by: 'clerk', to: 'plaintiff', text: '请重新打开摄像头试一下。', at: NOW - 240_000 },
    ] }, { help: { kind: 'technician', text: '', at: NOW - 40_000 }, consents: [{ step: 'hearing', agrees: true }, { step: 'mediation', agrees: null }] }),
    offline: () => court({ session: 'moved_offline', session_reason: '需要线下核对证据原件', may: [] }, {}, {}, { tape: { state: 'sealed', safe_until: NOW, verified_until: NOW } }),
    adjourned: () => court({ session: 'adjourned', session_reason: '需要通知新的证人', may: [] }, {}, {}, { tape: { state: 'sealed', safe_until: NOW, verified_until: NOW } }),
    mediated: () => court({ session: 'closed', procedure: 'mediation', mediation: { ...PAPERS, ending: 'too_far_apart' }, closed_at: NOW, may: [] }, {}, {}, { tape: { state: 'idle', safe_until: null } }),
  }
}
