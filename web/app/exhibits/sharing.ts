/**
 * Duty: this seat's own screen or object shown to all: asks the browser for the picture, then the law; lets it go when it is
 * no longer what is shown. Must never capture without a press, nor go on when somebody else's thing is shown.
 */
import { computed, ref, watch } from 'vue'
import { browserPeer } from '@core/peer'
import { slotOf } from '@core/state'
import { notice } from '../notices'
import { act, known, line, local, media, protocol, streams, view } from '../session'

/** Where no pointer is fine there is a camera at the back. */
const HANDHELD = '(pointer: coarse)'
export const screenPossible = typeof navigator.mediaDevices?.getDisplayMedia === 'function'
const screen = ref<MediaStream | null>(null)
let camera: string | null = null
/** The second connection of this tab, while it has a screen to show. */
const peer = browserPeer(
  (sdp) => protocol.offer(sdp, 'screen'),
  () => protocol.line.phase === 'open',
  'screen',
)
protocol.onMessage((message) => {
  if (message.type === 'media_lost' && message.source === 'screen' && screen.value) peer.renew()
})
watch(
  () => line.value.phase,
  // The line came back: what stood on the old one is dead.
  (phase) => phase === 'open' && screen.value !== null && !peer.alive() && peer.renew(),
)

const mineNow = computed(() => (view.value?.showing?.seat === view.value?.me ? (view.value?.showing?.source ?? '') : ''))

/** The picture of what a seat shows now; one's own is taken from here. */
export function sharedPicture(source: string, seat: string): MediaStream | null {
  const own = seat === view.value?.me
  if (source === 'screen' && own) return screen.value
  if (own) return ownCamera.value
  const slot = slotOf(known.value.slots, seat, source === 'screen' ? 'screen' : 'main')
  return slot?.video ? (streams.value[slot.index] ?? null) : null
}
const ownCamera = computed(() => {
  const track = media.value.video
  return track ? new MediaStream([track]) : null
})

function drop(): void {
  peer.close()
  for (const track of screen.value?.getTracks() ?? []) track.stop()
  screen.value = null
}

export async function shareScreen(): Promise<void> {
  let got: MediaStream
  try {
    got = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 10 } }, audio: false })
  } catch {
    // Not chosen, or forbidden by the device: nothing is shown, and the person knows why.
    return
  }
  drop()
  screen.value = got
  // Ended by the browser's own button.
  got.getVideoTracks()[0]?.addEventListener('ended', () => {
    if (screen.value === got && mineNow.value === 'screen') void act('stop_showing')
    if (screen.value === got) drop()
  })
  await peer.setTracks(null, got.getVideoTracks()[0] ?? null)
  peer.want(0, true)
  // The bench may have asked for it: then it is this seat's screen that is shown already.
  if (mineNow.value !== 'screen' && !(await act('show_source', { source: 'screen', seat: view.value?.me }))) drop()
}

/** The object's camera: at the back of a phone. Afterwards the one that was used before. */
export async function shareCamera(): Promise<void> {
  if (window.matchMedia(HANDHELD).matches) await turnToBack()
  if (!local.video) {
    notice({ kind: 'fault', command: 'show_source', reason: 'camera_missing', rule: '', message: '' })
    return
  }
  if (!(await act('show_source', { source: 'camera', seat: view.value?.me }))) await turnToFront()
}
async function turnToBack(): Promise<void> {
  try {
    const probe = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { exact: 'environment' } } })
    const id = probe.getVideoTracks()[0]?.getSettings().deviceId
    for (const track of probe.getTracks()) track.stop()
    const before = local.video?.getSettings().deviceId ?? null
    if (!id || id === before) return
    await local.useCamera(id)
    camera = before
  } catch {
    // No camera at the back, or only one at a time: the one in use shows the object.
  }
}
async function turnToFront(): Promise<void> {
  const before = camera
  camera = null
  if (before) await local.useCamera(before)
}

watch(mineNow, (source, before) => {
  if (before === 'screen' && source !== 'screen') drop()
  if (before === 'camera' && source !== 'camera') void turnToFront()
})
