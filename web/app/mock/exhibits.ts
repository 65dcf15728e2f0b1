/** Duty: invented exhibits, and drawn pages in place of the server's, for looking at the viewer. Never part of the built client. */
import type { Known } from '@core/state'
import type { ExhibitView, HearingView, SeatCard, ShowingView } from '@core/wire'
import type { Base, InRoom, Seats } from './bench'
import type { Scene } from './scenes'

const NOW = Date.now()
const exhibit = (n: number, title: string, kind: string, by: string, part: Partial<ExhibitView> = {}): ExhibitView => ({
  exhibit: `e${n}`, number: n, title, kind, pages: kind === 'pdf' ? 6 : 1, offered_by: by, sha256: '', shown_at: null, original_asked: false, opinions: [], ...part,
})
const LIST: ExhibitView[] = [
  exhibit(1, '设备买卖合同', 'pdf', 'plaintiff', {
    shown_at: NOW - 900_000,
    opinions: [{ seat: 'defendant_agent', authenticity: 'accepted', legality: 'accepted', relevance: 'disputed', text: '合同真实，但第八条的验收期限不适用于隐蔽瑕疵。' }],
  }),
  exhibit(2, '送货单照片', 'image', 'plaintiff_agent', { shown_at: NOW - 600_000, original_asked: true }),
  exhibit(3, '微信聊天记录', 'pdf', 'defendant_agent', { shown_at: NOW - 60_000 }),
  exhibit(4, '设备运行视频', 'video', 'defendant_agent'),
  exhibit(5, '电话录音', 'audio', 'defendant'),
]
const SHOWN: ShowingView = { source: 'exhibit', seat: 'defendant_agent', exhibit: 'e3', page: 2, zoom: 100, x: 5000, y: 5000, playing: false, position_ms: 0, at: NOW, marks: ['box 2 1400,2350 8300,3150', 'free 2 1500,5150 2500,5200 3600,5120 4800,5210 6400,5150', 'line 1 1,1 2,2'] }
const HOLDS = ['present_exhibit', 'turn_page', 'mark_exhibit', 'clear_marks', 'stop_showing', 'show_source', 'play_exhibit']
const OWN = ['set_self', 'request_floor', 'leave', 'raise_objection', 'cannot_hear', 'ask_help', 'send_message', 'present_exhibit', 'give_opinion', 'ask_original']

export function exhibitScenes(base: Base, seats: Seats, inRoom: InRoom): Record<string, () => Scene> {
  const court = (me: string, showing: Partial<ShowingView> | null, may: string[], part: Partial<HearingView> = {}, known: Partial<Known> = {}, own: Partial<SeatCard> = {}): Scene => ({
    me,
    known: inRoom(
      base(me, seats({ plaintiff_agent: { presence: 'present', lost_since: null }, [me]: own }), 'investigation', {
        presides: 'presiding', exhibits: LIST, showing: showing && { ...SHOWN, ...showing }, may: [...(me === 'presiding' ? ['set_self', 'go_to_stage', 'grant_floor', 'set_layout', 'strike_gavel', 'recess', 'close', 'leave', 'give_opinion', 'ask_original'] : OWN), ...may], ...part,
      }),
      known,
    ),
  })
  return {
    evidence: () => court('plaintiff', {}, []),
    presents: () => court('defendant_agent', { zoom: 200, x: 5000, y: 2500 }, HOLDS, { silent_because: null }, {}, { may_present: true, has_floor: true }),
    evidencebench: () => court('presiding', {}, HOLDS),
    evidencelist: () => court('plaintiff', null, []),
    clip: () => court('defendant_agent', { exhibit: 'e4', playing: true, position_ms: 4000 }, HOLDS, {}, {}, { may_present: true }),
    object: () => court('plaintiff', { source: 'camera', exhibit: '' }, []),
    jointexhibit: () => court('plaintiff', {}, [], { procedure: 'mediation', room: 'main', mediation: { disclosure: '', accepted: [], proposals: [], clauses: [], undisputed: [], ending: '' } }),
    nopage: () => court('plaintiff', { exhibit: 'e1', page: 5 }, []),
  }
}

/** A drawn page in place of the server's. */
async function drawn(n: number, width: number): Promise<Response> {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = Math.round(width * 1.414)
  const pen = canvas.getContext('2d')
  const unit = width / 100
  if (pen) {
    pen.fillStyle = '#fdfdfb'
    pen.fillRect(0, 0, canvas.width, canvas.height)
    pen.fillStyle = '#222'
    pen.font = `${unit * 4}px serif`
    pen.fillText(`聊天记录（第 ${n} 页）`, unit * 30, unit * 14)
    pen.font = `${unit * 2.2}px serif`
    for (let i = 0; i < 24; i++) pen.fillText('设备运行三天后主轴异响，请安排人员到现场检修，谢谢。', unit * 15, unit * (26 + i * 4.2))
  }
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done))
  return new Response(blob)
}

/** A minute of silence: enough for a player. */
function silence(): Blob {
  const bytes = new DataView(new ArrayBuffer(44 + 8000 * 60))
  const text = (at: number, word: string): void => [...word].forEach((c, i) => bytes.setUint8(at + i, c.charCodeAt(0)))
  text(0, 'RIFF')
  bytes.setUint32(4, bytes.byteLength - 8, true)
  text(8, 'WAVEfmt ')
  bytes.setUint32(16, 16, true)
  bytes.setUint16(20, 1, true)
  bytes.setUint16(22, 1, true)
  bytes.setUint32(24, 8000, true)
  bytes.setUint32(28, 8000, true)
  bytes.setUint16(32, 1, true)
  bytes.setUint16(34, 8, true)
  text(36, 'data')
  bytes.setUint32(40, 8000 * 60, true)
  for (let i = 44; i < bytes.byteLength; i++) bytes.setUint8(i, 128)
  return new Blob([bytes.buffer], { type: 'audio/wav' })
}

export function answerExhibits(): void {
  const real = window.fetch.bind(window)
  window.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href)
    const page = /\/exhibits\/e(\d)\/page\/(\d+)$/.exec(url.pathname)
    if (page) return page[1] === '1' && page[2] === '5' ? new Response('', { status: 503 }) : drawn(Number(page[2]), Number(url.searchParams.get('w')))
    if (/\/exhibits\/e\d\/link$/.test(url.pathname)) return new Response(JSON.stringify({ url: URL.createObjectURL(silence()), duration_ms: 60_000 }))
    return real(input, init)
  }
}
