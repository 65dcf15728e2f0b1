/**
 * Duty: this seat's own screen or object shown to all: asks the browser for the picture, then the law; lets it go when it is
 * no longer what is shown. Must never capture without a press, nor go on when somebody else's thing is shown.
 */
import { computed, shallowRef, watch } from 'vue'
import { browserPeer } from '@core/peer'
import { slotOf } from '@core/state'
import { notice } from '../notices'
import { act, known, line, local, protocol, streams, view } from '../session'

type Source = 'screen' | 'camera'

/** Where no pointer is fine there is a camera at the back. */
const HANDHELD = '(pointer: coarse)'
const OBJECT: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 10, max: 24 } }
export const screenPossible = typeof navigator.mediaDevices?.getDisplayMedia === 'function'
/** What this seat shows beside itself, and from where. */
const carried = shallowRef<{ source: Source; stream: MediaStream } | null>(null)
/** The person's own camera, where it had to be given up for the object's. */
let camera: string | null = null
/** The second connection of this tab, while it has something to show: the person's own picture goes on as it is. */
const peer = browserPeer(
  (sdp) => protocol.offer(sdp, 'screen'),
  () => protocol.line.phase === 'open',
  () => protocol.relays,
  'screen',
)
protocol.onMessage((message) => {
  if (message.type === 'media_lost' && message.source === 'screen' && carried.value) peer.renew()
  if (message.type === 'candidates') peer.addCandidates(message.candidates)
})
watch(
  () => line.value.phase,
  // The line came back: what stood on the old one is dead.
  (phase) => phase === 'open' && carried.value !== null && !peer.alive() && peer.renew(),
)

const mineNow = computed(() => (view.value?.showing?.seat === view.value?.me ? (view.value?.showing?.source ?? '') : ''))

/** The picture of what a seat shows now; one's own is taken from here. */
export function sharedPicture(source: string, seat: string): MediaStream | null {
  if (seat === view.value?.me) return carried.value?.source === source ? carried.value.stream : null
  const slot = slotOf(known.value.slots, seat, 'screen')
  return slot?.video ? (streams.value[slot.index] ?? null) : null
}

/** Lets go of what is shown, and gives the person the own camera back. */
async function drop(): Promise<void> {
  peer.close()
  for (const track of carried.value?.stream.getTracks() ?? []) track.stop()
  carried.value = null
  const before = camera
  camera = null
  if (before !== null) await local.useCamera(before)
}

async function carry(source: Source, stream: MediaStream): Promise<void> {
  const [track] = stream.getVideoTracks()
  if (!track) return
  carried.value = { source, stream }
  // Ended by the browser's own button, or pulled out.
  track.addEventListener('ended', () => {
    if (carried.value?.stream !== stream) return
    if (mineNow.value === source) void act('stop_showing')
    void drop()
  })
  await peer.setTracks(null, track)
  peer.want(0, true)
  // The bench may have asked for it: then it is what is shown already.
  if (mineNow.value !== source && !(await act('show_source', { source, seat: view.value?.me })) && carried.value?.stream === stream) await drop()
}

export async function shareScreen(): Promise<void> {
  let got: MediaStream
  try {
    got = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 10 } }, audio: false })
  } catch {
    // Not chosen, or forbidden by the device: nothing is shown, and the person knows why.
    return
  }
  await drop()
  await carry('screen', got)
}

/** The object's camera: at the back of a phone, elsewhere one that is not in use; where there is only one, that one. */
export async function shareCamera(): Promise<void> {
  await drop()
  const got = (await otherCamera()) ?? local.video?.clone() ?? null
  if (got) return carry('camera', new MediaStream([got]))
  notice({ kind: 'fault', command: 'show_source', reason: 'camera_missing', rule: '', message: '' })
}
async function otherCamera(): Promise<MediaStreamTrack | null> {
  const handheld = window.matchMedia(HANDHELD).matches
  const own = local.cameraId()
  const other = local.devices.cameras.find((d) => (handheld ? atBack(d) : d.deviceId !== own))?.deviceId
  try {
    const wish = handheld ? { facingMode: { exact: 'environment' } } : other ? { deviceId: { exact: other } } : null
    if (!wish) return null
    const got = await navigator.mediaDevices.getUserMedia({ video: { ...OBJECT, ...wish }, audio: false })
    // A phone may have taken the person's camera away for it.
    if (!local.video || local.video.readyState === 'ended' || local.video.muted) camera = own
    return got.getVideoTracks()[0] ?? null
  } catch {
    // No camera at the back, or only one at a time: then the person's own picture shows the object too.
    if (!other || other === own) return null
    await local.useCamera(other)
    camera = own
    return local.video?.clone() ?? null
  }
}
function atBack(device: MediaDeviceInfo): boolean {
  const can = (device as Partial<InputDeviceInfo>).getCapabilities?.().facingMode as readonly string[] | undefined
  return can?.includes('environment') ?? false
}

watch(mineNow, (source, before) => before !== source && before === carried.value?.source && void drop())
