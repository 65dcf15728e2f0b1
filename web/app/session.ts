/**
 * Duty: the one hearing this tab is in, as the screens see it: joins core's protocol, state, peer and devices to Vue.
 * Must never decide a right (the view says) and never keep a word (locales do).
 */
import { computed, ref, shallowRef, triggerRef } from 'vue'
import { fetchMe, type Me } from '@core/api'
import { LocalMedia } from '@core/devices'
import { browserPeer, type PeerPhase } from '@core/peer'
import { browserParts, Protocol, type Line, type Outcome } from '@core/protocol'
import { meOf, NOTHING, State, type Known } from '@core/state'
import { KEYS, tabKeep } from '@core/storage'
import { currentLang } from './i18n'
import { refusal } from './notices'

export const keep = tabKeep()
const state = new State()
const protocol = new Protocol(
  browserParts(
    () => keep.get(KEYS.session),
    () => currentLang(),
    keep,
  ),
)
const peer = browserPeer(
  (sdp) => protocol.offer(sdp),
  () => protocol.line.phase === 'open',
  () => protocol.relays,
)
const local = new LocalMedia(keep)

export type Gate = 'loading' | 'ready' | 'link_invalid' | 'offline'

export const gate = ref<Gate>('loading')
export const me = shallowRef<Me | null>(null)
export const known = shallowRef<Known>(NOTHING)
export const line = shallowRef<Line>(protocol.line)
export const streams = shallowRef<readonly MediaStream[]>([])
export const peerPhase = ref<PeerPhase>('idle')
export const media = shallowRef(local)
/** The server's clock, milliseconds since the Unix epoch, moved on every second. */
export const now = ref(Date.now())

export const view = computed(() => known.value.view)
export const myCard = computed(() => (view.value ? meOf(view.value) : null))
export const presides = computed(() => view.value !== null && view.value.presides === view.value.me)
export const conducts = computed(() => presides.value || CONDUCTORS.has(myCard.value?.role ?? me.value?.seat.role ?? ''))
/** Never seen nor heard: an observer, or the court's technician. */
export const observes = computed(() => UNHEARD.has(myCard.value?.role ?? me.value?.seat.role ?? ''))
/** Answers whoever asks the court's helpers, so has nobody to ask. */
export const helps = computed(() => HELPERS.has(myCard.value?.role ?? me.value?.seat.role ?? ''))
/** Key of the room shown now; "main" also before anybody is let in. */
export const room = computed(() => view.value?.room || 'main')

/** Roles whose screens have the rail; what they may do in it, the view's `may` says. */
const CONDUCTORS = new Set(['presiding', 'judge', 'assessor', 'clerk'])
/** Roles that come in without being admitted. */
const ENTERING = new Set(['presiding', 'clerk', 'mediator', 'enforcement_officer'])
const UNHEARD = new Set(['observer', 'technician'])
const HELPERS = new Set([...ENTERING, 'technician'])
export const enters = computed(() => ENTERING.has(me.value?.seat.role ?? ''))

export function may(command: string): boolean {
  return view.value?.may.includes(command) ?? false
}

state.subscribe((next) => {
  known.value = next
  const card = next.view ? meOf(next.view) : null
  if (card) local.setOn(card.microphone_on, card.camera_on)
})
let connection = ''
let stale = false
protocol.onMessage((message) => {
  if (message.type === 'welcome') {
    // Another connection, as the server counts them, has no media yet: what was there is dead.
    stale = connection !== '' && message.connection !== connection
    connection = message.connection
  }
  state.take(message)
  if (message.type === 'media_lost' && message.source !== 'screen') peer.renew()
  if (message.type === 'candidates') peer.addCandidates(message.candidates)
  if (message.type === 'view') followMedia()
})
protocol.onLine((next) => {
  line.value = next
  if (next.phase === 'ended') {
    peer.close()
    local.stop()
  }
})
peer.subscribe(() => {
  streams.value = peer.streams
  peerPhase.value = peer.phase
})
local.subscribe(() => {
  triggerRef(media)
  void peer.setTracks(local.audio, local.video)
})
window.setInterval(() => (now.value = Date.now() + line.value.clockOffsetMs), 500)
window.addEventListener('online', () => {
  protocol.hurry()
  peer.networkChanged()
})
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') protocol.hurry()
})

let inCourt = false

/** The peer connection lives while the court screen is shown to somebody who is in the room. */
function followMedia(): void {
  if (scene !== null) return
  const seen = known.value.view
  if (!inCourt || !seen?.in_room || protocol.line.phase !== 'open') {
    if (seen && !seen.in_room) peer.close()
    return
  }
  if (stale && peer.pc) peer.renew()
  stale = false
  peer.want(known.value.slotCount, !observes.value)
}

/** For looking at the screens without a server; the built client has none of it. */
const scene = import.meta.env.DEV ? new URLSearchParams(location.search).get('mock') : null

async function beginScene(name: string): Promise<void> {
  const { install } = await import('./mock/index')
  install(name, {
    me: (value) => (me.value = value),
    known: (value) => {
      state.known = value
      known.value = value
    },
    line: (part) => (line.value = { ...line.value, ...part }),
    streams: (value) => (streams.value = value),
  })
  peerPhase.value = 'connected'
  gate.value = 'ready'
}

/** First use of the tab's session: who am I, and a line to the hearing. Safe to call again. */
export async function begin(): Promise<void> {
  if (import.meta.env.DEV && scene !== null) return me.value ? undefined : beginScene(scene)
  const session = keep.get(KEYS.session)
  if (session === null) {
    gate.value = 'link_invalid'
    return
  }
  if (me.value) return
  const answer = await fetchMe(session)
  if (!answer.ok) {
    gate.value = answer.reason
    if (answer.reason === 'offline') window.setTimeout(() => void begin(), 3000)
    return
  }
  me.value = answer.me
  gate.value = 'ready'
  protocol.start()
}

/** Takes a new session (a link was opened in this tab); what was known of another is forgotten. */
export function adopt(session: string): void {
  protocol.stop()
  keep.set(KEYS.session, session)
  keep.remove(KEYS.resume)
  keep.remove(KEYS.step)
  keep.remove(SWITCHED)
  state.forget()
  me.value = null
  connection = ''
  gate.value = 'loading'
}

/** After leaving or being superseded: take the seat here again. */
export function comeBack(): void {
  keep.remove(KEYS.resume)
  protocol.start()
}

const SWITCHED = 'yunting.switched'

/** The court screen is shown. Sound and picture are asked for, and switched on the first time. */
export async function enterCourt(): Promise<void> {
  inCourt = true
  followMedia()
  if (observes.value) return
  if (!local.audio && !local.video) await local.acquire()
  if (inCourt && keep.get(SWITCHED) === null && may('set_self')) {
    keep.set(SWITCHED, '1')
    await protocol.command('set_self', { microphone: local.audio !== null, camera: local.video !== null })
  }
}

export function exitCourt(): void {
  inCourt = false
  if (scene === null) peer.close()
}

/** Gives a command; a refusal is shown calmly. Resolves to whether it took effect. */
export async function act(name: string, args: Record<string, unknown> = {}): Promise<boolean> {
  const outcome: Outcome = await protocol.command(name, args)
  if (!outcome.ok) refusal(name, outcome)
  return outcome.ok
}

/** The seat's own switches. Off takes effect here at once, before the server has said so. */
export async function setSelf(microphone: boolean, camera: boolean): Promise<void> {
  const card = myCard.value
  if (!card) return
  if ((microphone && !local.audio) || (camera && !local.video)) await local.acquire()
  local.setOn(microphone && card.microphone_on, camera && card.camera_on)
  await act('set_self', { microphone, camera })
}

const widths = new Map<string, number>()
let telling = 0

/** A tile says how wide it shows its seat (CSS pixels, 0: not shown); told to the server together, not one by one. */
export function tileWidth(seat: string, width: number): void {
  if (width > 0) widths.set(seat, Math.max(width, 1))
  else widths.delete(seat)
  window.clearTimeout(telling)
  telling = window.setTimeout(() => {
    const seats = known.value.view?.seats ?? []
    protocol.tiles(Object.fromEntries(seats.map((s) => [s.seat, Math.min(7680, Math.round(widths.get(s.seat) ?? 0))])))
  }, 150)
}

export { local, peer, protocol, state }

declare global {
  interface Window {
    /** For measurement only: what is known and the peer connection. No secrets. */
    __yunting?: { readonly state: Known; readonly peer: RTCPeerConnection | null; readonly line: Line }
  }
}

Object.defineProperty(window, '__yunting', {
  value: Object.freeze({
    get state() {
      return state.known
    },
    get peer() {
      return peer.pc
    },
    get line() {
      return protocol.line
    },
  }),
})
