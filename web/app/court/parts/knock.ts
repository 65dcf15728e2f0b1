/** Duty: the knock of the gavel, made here and now out of noise; nothing is fetched. Silent where sound is off. */
import { ref } from 'vue'

const STORED = 'yunting.knock'
const LENGTH_S = 0.16
let context: AudioContext | null = null

function read(): boolean {
  try {
    return localStorage.getItem(STORED) !== 'off'
  } catch {
    return true
  }
}

/** Whether this person wants to hear the court's signals. */
export const signals = ref(read())

export function setSignals(on: boolean): void {
  signals.value = on
  try {
    localStorage.setItem(STORED, on ? 'on' : 'off')
  } catch {
    // A browser that keeps nothing still does as asked on this page.
  }
}

/** Wood on wood: a burst of noise through a narrow band, and a low thump under it, both gone within a sixth of a second. */
export function knock(): void {
  if (!signals.value || typeof AudioContext === 'undefined') return
  context ??= new AudioContext()
  // The browser allows no sound yet: a knock that comes later would tell a lie about when it was struck.
  if (context.state !== 'running') {
    void context.resume()
    return
  }
  const begin = context.currentTime
  const samples = context.createBuffer(1, Math.ceil(context.sampleRate * LENGTH_S), context.sampleRate)
  const noise = samples.getChannelData(0)
  for (let i = 0; i < noise.length; i += 1) noise[i] = (Math.random() * 2 - 1) * Math.exp((-12 * i) / noise.length)
  const source = context.createBufferSource()
  source.buffer = samples
  const wood = context.createBiquadFilter()
  wood.type = 'bandpass'
  wood.frequency.value = 900
  wood.Q.value = 2.5
  const thump = context.createOscillator()
  thump.frequency.setValueAtTime(180, begin)
  thump.frequency.exponentialRampToValueAtTime(70, begin + LENGTH_S)
  const low = context.createGain()
  low.gain.setValueAtTime(0.25, begin)
  low.gain.exponentialRampToValueAtTime(0.001, begin + LENGTH_S)
  const all = context.createGain()
  all.gain.value = 0.5
  source.connect(wood).connect(all)
  thump.connect(low).connect(all)
  all.connect(context.destination)
  source.start(begin)
  thump.start(begin)
  thump.stop(begin + LENGTH_S)
}
