/** Duty: invented hearings for looking at the screens (`npm run dev`, `?mock=<scene>`). Never part of the built client. */
import type { Me } from '@core/api'
import { NOTHING, type Known } from '@core/state'
import type { Caption, HearingView, SeatCard } from '@core/wire'
import { benchScenes } from './bench'
import { exhibitScenes } from './exhibits'
import { partyScenes } from './party'
import { panelOf } from '../seating'

const NOW = Date.now()
export const ROLES: Record<string, { role: string; side: string; name: string }> = {
  presiding: { role: 'presiding', side: 'bench', name: '林正平' },
  judge: { role: 'judge', side: 'bench', name: '郑文' },
  clerk: { role: 'clerk', side: 'court', name: '周敏' },
  plaintiff: { role: 'plaintiff', side: 'plaintiff', name: '陈立新' },
  plaintiff_agent: { role: 'agent', side: 'plaintiff', name: '何俊' },
  defendant: { role: 'defendant', side: 'defendant', name: '吴海' },
  defendant_agent: { role: 'agent', side: 'defendant', name: '梁慧' },
  witness: { role: 'witness', side: 'court', name: '孙国强' },
  observer: { role: 'observer', side: 'none', name: '唐宁' },
}
const MAY: Record<string, string[]> = {
  bench: ['set_self', 'admit', 'go_to_stage', 'grant_floor', 'open_floor', 'close_floor', 'decline_request', 'mute_and_lock', 'release_lock', 'call_witness', 'dismiss_witness', 'recess', 'close', 'adjourn', 'leave', 'report_device'],
  party: ['acknowledge_discipline', 'consent', 'declare_place', 'report_device', 'set_self', 'request_floor', 'leave', 'ask_help', 'send_message', 'see_notice'],
  other: ['acknowledge_discipline', 'declare_place', 'report_device', 'set_self', 'leave', 'take_oath', 'ask_help', 'send_message', 'see_notice'],
}

function card(seat: string, part: Partial<SeatCard> = {}): SeatCard {
  const r = ROLES[seat]
  if (!r) throw new Error(seat)
  const free = r.side === 'bench' || r.role === 'clerk'
  return {
    seat, ...r, presence: 'present', lost_since: null, has_floor: false, heard: free, microphone_on: true, camera_on: true,
    locked: false, device: null, consent: null, discipline_read: null, ...part,
  }
}

const ORDER = ['check_in', 'discipline', 'opening', 'investigation', 'debate', 'final_statements', 'mediation', 'deliberation', 'judgment', 'closed']

function base(me: string, seats: SeatCard[], stage: string, part: Partial<HearingView> = {}): HearingView {
  const at = ORDER.indexOf(stage)
  return {
    hearing: 'h1', case_no: '（2026）粤0106民初1234号', cause: '买卖合同纠纷', court: '广州市天河区人民法院', procedure: 'civil_ordinary',
    public: true, scheduled_at: NOW - 600_000, session: 'in_session', opened_at: NOW - 500_000, closed_at: null, session_reason: '',
    stages: ORDER.map((key, i) => ({ key, state: i < at ? 'done' : i === at ? 'now' : 'ahead' })),
    floor: { mode: 'granted', seats: ['defendant_agent'], until: NOW + 83_000, queue: [{ seat: 'plaintiff', reason: '回应对方', at: NOW - 21_000 }] },
    seats, me, in_room: true, discipline_version: '1', may: MAY.bench ?? [], silent_because: null, missing: [], ...part,
  }
}

function room(extra: Record<string, Partial<SeatCard>> = {}): SeatCard[] {
  const parts: Record<string, Partial<SeatCard>> = {
    defendant_agent: { has_floor: true, heard: true },
    defendant: { microphone_on: false },
    plaintiff_agent: { presence: 'lost', lost_since: NOW - 12_000 },
    witness: { presence: 'isolated', camera_on: false },
    observer: { microphone_on: false, camera_on: false },
  }
  return Object.keys(ROLES).map((seat) => card(seat, { ...parts[seat], ...extra[seat] }))
}

const LINES: [string, string, string][] = [
  ['presiding', '现在进行法庭辩论。先由原告方发表辩论意见。', ''],
  ['plaintiff_agent', '被告收货后三个月未提出质量异议，依照合同第八条应视为验收合格，应当支付剩余货款十八万元。', ''],
  ['presiding', '被告方发表辩论意见，请围绕争议焦点。', ''],
  ['defendant_agent', '原告交付的设备存在隐蔽瑕疵，被告在发现后七日内已经书面通知原告，', '有微信记录和快递单为'],
]
function captions(): Caption[] {
  return LINES.map(([seat, settled, pending], i) => ({
    type: 'caption', n: i + 1, utterance: `u${i}`, seat, role: ROLES[seat]?.role ?? '', name: ROLES[seat]?.name ?? '', settled, pending,
    final: pending === '', t0: NOW - 60_000 + i * 9000, t1: NOW - 55_000 + i * 9000,
  }))
}

function inRoom(view: HearingView, part: Partial<Known> = {}): Known {
  const others = view.seats.filter((s) => s.seat !== view.me && s.presence === 'present' && s.role !== 'observer')
  return {
    ...NOTHING, seq: 9, view, slotCount: 8, captions: captions(), speaking: ['defendant_agent'],
    tape: { state: 'rolling', safe_until: NOW - 700, verified_until: NOW - 700 },
    slots: others.map((s, index) => ({ index, seat: s.seat, audio: true, video: s.camera_on })), ...part,
  }
}

function alone(me: string, part: Partial<HearingView>, own: Partial<SeatCard> = {}): Known {
  const seat = card(me, { presence: 'waiting', discipline_read: false, camera_on: false, microphone_on: false, ...own })
  const view = base(me, [seat], '', { stages: [], floor: { mode: 'closed', seats: [], until: null, queue: [] }, in_room: false, session: 'checking_in', opened_at: null, scheduled_at: NOW + 1_500_000, silent_because: 'not_admitted', may: MAY.party ?? [], ...part })
  return { ...NOTHING, seq: 3, view, slotCount: 8 }
}

export interface Scene {
  me: string
  known: Known
  lost?: boolean
  ended?: string
}

export const SCENES: Record<string, () => Scene> = {
  ...benchScenes(base, room, inRoom),
  ...partyScenes(base, room, inRoom),
  ...exhibitScenes(base, room, inRoom),
  bench: () => ({ me: 'presiding', known: inRoom(base('presiding', room(), 'debate')) }),
  benchquiet: () => ({ me: 'presiding', known: inRoom(base('presiding', room({ defendant_agent: {} }), 'opening', { floor: { mode: 'closed', seats: [], until: null, queue: [] } }), { speaking: ['presiding'], captions: [] }) }),
  checkin: () => ({
    me: 'clerk',
    known: inRoom(
      base('clerk', room({
        defendant_agent: { presence: 'waiting', has_floor: false, heard: false, discipline_read: true, device: { camera: 'ok', microphone: 'failed', speaker: 'ok', network: 'poor' } },
        plaintiff_agent: { presence: 'expected', lost_since: null }, defendant: { presence: 'waiting', discipline_read: true, consent: null }, witness: { presence: 'waiting', discipline_read: true }, observer: { presence: 'expected' },
      }), 'check_in', { session: 'checking_in', opened_at: null, missing: ['defendant_absent', 'tape_not_ready'], may: [...(MAY.bench ?? []), 'open_court'].filter((m) => m !== 'close' && m !== 'recess'), floor: { mode: 'closed', seats: [], until: null, queue: [] } }),
      { speaking: [], captions: [], tape: { state: 'idle', safe_until: null } },
    ),
  }),
  party: () => ({
    me: 'plaintiff',
    known: inRoom(base('plaintiff', room({ plaintiff: { locked: true }, plaintiff_agent: { presence: 'present', lost_since: null } }), 'debate', { may: MAY.party ?? [], silent_because: 'muted_by_court' })),
  }),
  floor: () => ({ me: 'defendant_agent', known: inRoom(base('defendant_agent', room(), 'debate', { may: MAY.party ?? [] }), { speaking: ['presiding'] }) }),
  lost: () => ({ me: 'defendant', known: inRoom(base('defendant', room(), 'debate', { may: MAY.party ?? [], silent_because: 'no_floor' })), lost: true }),
  observer: () => ({ me: 'observer', known: inRoom(base('observer', room(), 'debate', { may: ['leave'], silent_because: 'observer_never_speaks' })) }),
  recess: () => ({ me: 'plaintiff', known: inRoom(base('plaintiff', room(), 'debate', { session: 'recessed', session_reason: '短暂休息', may: MAY.party ?? [] }), { tape: { state: 'paused', safe_until: NOW - 9000, verified_until: NOW - 9000 } }) }),
  benchrecess: () => ({ me: 'presiding', known: inRoom(base('presiding', room(), 'debate', { session: 'recessed', session_reason: '短暂休息', may: ['resume', 'adjourn', 'set_self', 'leave'] }), { tape: { state: 'paused', safe_until: NOW - 9000, verified_until: NOW - 9000 } }) }),
  closed: () => ({ me: 'plaintiff', known: inRoom(base('plaintiff', room(), 'closed', { session: 'closed', closed_at: NOW, may: [] }), { tape: { state: 'sealed', safe_until: NOW, verified_until: NOW } }) }),
  arrive: () => ({ me: 'plaintiff', known: alone('plaintiff', {}) }),
  arrivebench: () => ({ me: 'presiding', known: inRoom(base('presiding', room(), 'check_in', { session: 'checking_in' })) }),
  refused: () => ({ me: 'plaintiff', known: alone('plaintiff', {}, { consent: false }) }),
  waiting: () => ({ me: 'plaintiff', known: alone('plaintiff', {}, { discipline_read: true, consent: true, place: { place: 'home', quiet: true }, device: { camera: 'ok', microphone: 'ok', speaker: 'ok', network: 'good' } }) }),
  witness: () => ({ me: 'witness', known: alone('witness', { session: 'in_session', silent_because: 'witness_isolated', may: MAY.other ?? [] }, { presence: 'isolated', discipline_read: true, oath: false }) }),
  superseded: () => ({ me: 'plaintiff', known: alone('plaintiff', {}), ended: 'superseded' }),
  left: () => ({ me: 'plaintiff', known: alone('plaintiff', {}), ended: 'left' }),
}

const RULES: [string, string][] = [
  ['服从法庭指挥，尊重司法礼仪，遵守法庭纪律。', 'Follow the directions of the court, respect its forms and keep its discipline.'],
  ['在安静、无干扰、光线适宜、网络信号良好的场所参加庭审，不得在公共场所参加。', 'Take part from a quiet, undisturbed, well-lit place with a good network, not from a public place.'],
  ['未经法庭准许，不得发言、提问或者打断他人发言；发言应先申请。', 'Do not speak, ask or interrupt without leave; ask for the floor first.'],
  ['未经准许不得录音、录像、截屏、摄影，不得传播庭审内容。', 'Do not record, photograph or capture the screen, nor spread the content of the hearing, without leave.'],
  ['未经法庭许可，不得中途离开画面或者退出庭审；无正当理由退出的，依法处理。', 'Do not leave the picture or the hearing without leave; leaving without good reason has consequences in law.'],
  ['违反纪律的，法庭可以予以警告、训诫、禁言、责令退出；情节严重的，依法予以罚款、拘留。', 'The court may warn, reprimand, mute or remove whoever breaks these rules, and fine or detain in grave cases.'],
]

export function mockMe(seat: string, view: HearingView): Me {
  const r = ROLES[seat] ?? { role: '', side: '', name: '' }
  return {
    hearing: { id: 'h1', case_id: 'c1', case_no: view.case_no, cause: view.cause, court: view.court, procedure: view.procedure, session: view.session, scheduled_at: view.scheduled_at, public: true, panel: panelOf(view.seats) },
    seat: { id: seat, ...r },
    discipline: { version: '1', 'zh-CN': RULES.map(([zh]) => zh), en: RULES.map(([, en]) => en) },
    server_time: NOW,
  }
}
