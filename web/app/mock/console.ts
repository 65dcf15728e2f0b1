/** Duty: an invented day of a court behind the console (`/console?mock=day`, `empty`, `ended`, `cut`). Never part of the built client. */
import type { Line, LineFlow, Person, Row, StreamFlow } from '../console/consoleApi'

const NOW = Date.now()
const line = (verdict: string, loss: number, rtt: number): Line => ({ up_loss: loss, down_loss: loss / 2, rtt_ms: rtt, jitter_ms: rtt / 9, verdict })
const person = (seat: string, role: string, name: string, part: Partial<Person> = {}): Person => ({
  seat, role, name, presence: 'present', where: 'main', since: NOW - 840_000, device: { camera: 'ok', microphone: 'ok', speaker: 'ok', network: 'good' }, health: line('good', 0.001, 38), help: null, cannot_hear_since: null, ...part,
})
const row = (id: string, case_no: string, part: Partial<Row>): Row => ({
  id, case_no, cause: '买卖合同纠纷', procedure: 'civil_ordinary', scheduled_at: NOW - 900_000, opened_at: NOW - 800_000, session: 'in_session', stage: 'debate', network: 'good', tape: { state: 'rolling', reason: null, safe_until: NOW }, people: [], tasks: [], ...part,
})
const away = { presence: 'expected', where: '', since: null, device: null, health: null }
const ROWS: Row[] = [
  row('h1', '（2026）粤0106民初1234号', {
    network: 'lost',
    people: [
      person('presiding', 'presiding', '林正平'), person('clerk', 'clerk', '周敏'),
      person('plaintiff', 'plaintiff', '陈立新', { cannot_hear_since: NOW - 42_000, health: line('poor', 0.11, 460) }),
      person('plaintiff_agent', 'agent', '何俊', { presence: 'lost', where: '', since: NOW - 95_000, health: line('lost', 0.9, 0) }),
      person('defendant', 'defendant', '吴海', { help: { kind: 'technician', at: NOW - 130_000 }, device: { camera: 'ok', microphone: 'failed', speaker: 'ok', network: 'poor' }, health: line('fair', 0.03, 210) }),
      person('witness', 'witness', '孙国强', { presence: 'isolated', where: 'witness', health: line('good', 0, 40) }),
    ],
    tasks: [
      { kind: 'disconnected', seat: 'plaintiff_agent', since: NOW - 95_000 }, { kind: 'cannot_hear', seat: 'plaintiff', since: NOW - 42_000 },
      { kind: 'help', seat: 'defendant', since: NOW - 130_000 }, { kind: 'media_blocked', seat: 'defendant', since: NOW - 600_000 },
    ],
  }),
  row('h2', '（2026）粤0106民初1250号', { cause: '民间借贷纠纷', procedure: 'civil_summary', session: 'recessed', tape: { state: 'faulted', reason: 'disk_full', safe_until: NOW - 60_000 }, people: [person('presiding', 'presiding', '赵岚'), person('plaintiff', 'plaintiff', '王芳')], tasks: [{ kind: 'tape_fault', seat: null, since: NOW - 61_000 }] }),
  row('h3', '（2026）粤0106民初1261号', { cause: '物业服务合同纠纷', procedure: 'small_claim', session: 'scheduled', stage: '', scheduled_at: NOW - 1_500_000, opened_at: null, network: null, tape: null, people: [person('presiding', 'presiding', '郑文', away), person('defendant', 'defendant', '某物业服务有限公司法定代表人', away)], tasks: [{ kind: 'hearing_overdue', seat: null, since: NOW - 600_000 }] }),
  row('h4', '（2026）粤0106民初1270号', { network: 'fair', stage: 'investigation', people: [person('presiding', 'presiding', '方立'), person('plaintiff', 'plaintiff', '李强'), person('defendant', 'defendant', '周平')] }),
  row('h5', '（2026）粤0106民初1288号', { session: 'scheduled', stage: '', scheduled_at: NOW + 5_400_000, opened_at: null, network: null, tape: null, people: [person('presiding', 'presiding', '林正平', away), person('plaintiff', 'plaintiff', '钱进', away)] }),
  row('h6', '（2026）粤0106民初1102号', { session: 'closed', stage: '', scheduled_at: NOW - 9_000_000, network: null, tape: null, people: [person('presiding', 'presiding', '方立', { ...away, presence: '' })] }),
]

function history(p: Person, i: number): { seat: string; samples: unknown[] } {
  const base = p.health
  if (!base) return { seat: p.seat, samples: [] }
  const samples = Array.from({ length: 120 }, (_, n) => {
    const at = Date.now() - (120 - n) * 5000
    if (p.presence === 'lost' && n > 100) return { ...base, at, up_loss: null, down_loss: null, rtt_ms: null, verdict: 'lost' }
    const wave = 0.6 + 0.5 * Math.sin(n / 7 + i) ** 2 + (n % 31 === i * 4 ? 2 : 0)
    return { ...base, at, up_loss: (base.verdict === 'lost' ? 0.02 : (base.up_loss ?? 0)) * wave, rtt_ms: (base.rtt_ms || 60) * wave }
  })
  return { seat: p.seat, samples }
}

function flowsOf(bad: boolean): { streams: StreamFlow[]; lines: LineFlow[] } {
  const up = { source: 'main', permitted: true, packets: 41_230, bytes: 9_000_000, lost: bad ? 912 : 3, loss: bad ? 0.11 : 0.001, jitter_ms: bad ? 61 : 6, verdict: bad ? 'poor' : 'good' } as const
  const down = { of: 'presiding', source: 'main', packets: 30_112, bytes: 7_000_000, loss: 0.01, rtt_ms: bad ? 460 : 38, nacks: bad ? 210 : 2, repeats: bad ? 460 : 2, switches: 3, verdict: bad ? 'fair' : 'good' } as const
  return {
    streams: [
      { ...up, kind: 'audio', layer: '', codec: 'opus', width: null, bps: 31_000 },
      { ...up, kind: 'video', layer: 'f', codec: 'VP8', width: 1280, bps: 1_240_000 },
      { ...up, kind: 'video', layer: 'h', codec: 'VP8', width: 640, bps: 0, loss: null, jitter_ms: null, verdict: null },
    ],
    lines: [
      { ...down, slot: 0, kind: 'audio', layer: '', bps: 30_000, freezes: 0 },
      { ...down, slot: 0, kind: 'video', layer: 'f', bps: 900_000, freezes: bad ? 4 : 0, verdict: bad ? 'poor' : 'good' },
      { ...down, of: 'clerk', slot: 1, kind: 'video', layer: null, bps: 0, freezes: 0, loss: null, verdict: null },
    ],
  }
}

export function answerConsole(): void {
  const name = new URLSearchParams(location.search).get('mock')
  const rows = name === 'empty' ? [] : ROWS
  const answer = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status })
  let asked = 0
  window.fetch = async (input) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href)
    const seat = /\/api\/console\/hearings\/(\w+)\/people\/(\w+)/.exec(url.pathname)
    if (seat) return answer({ hearing: seat[1], seat: seat[2], ...flowsOf(seat[2] === 'plaintiff') })
    const people = /\/api\/console\/hearings\/(\w+)\/people/.exec(url.pathname)
    if (people) return answer({ hearing: people[1], people: (rows.find((r) => r.id === people[1])?.people ?? []).map(history) })
    if (url.pathname.endsWith('/message')) return answer({ ok: true })
    if (name === 'ended') return answer({ error: 'forbidden', reason: 'session_invalid' }, 401)
    if (name === 'cut' && asked++ > 0) throw new TypeError('offline')
    return answer({ court: '广州市天河区人民法院', officer: '黄志明', now: Date.now(), total: rows.length, tasks: rows.flatMap((r) => r.tasks).length, hearings: rows, next: null })
  }
}
