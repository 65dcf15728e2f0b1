/**
 * Duty: camera and microphone of this device: asking for them, listing, changing, the level of the sound, a test tone.
 * Must never send anything anywhere.
 */
import { KEYS, type Keep } from './storage'

export type DeviceTrouble = 'denied' | 'missing' | 'in_use' | 'insecure' | 'failed'

export interface Devices {
  cameras: MediaDeviceInfo[]
  microphones: MediaDeviceInfo[]
}

const PICTURE: MediaTrackConstraints[] = [
  { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24, max: 24 } },
  { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15, max: 24 } },
]

/** Why the browser would not give a device, as something a person can act on. */
export function trouble(error: unknown): DeviceTrouble {
  const name = error instanceof Error || error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing'
  if (name === 'NotReadableError' || name === 'AbortError') return 'in_use'
  return 'failed'
}

export class LocalMedia {
  audio: MediaStreamTrack | null = null
  video: MediaStreamTrack | null = null
  audioTrouble: DeviceTrouble | null = null
  videoTrouble: DeviceTrouble | null = null
  devices: Devices = { cameras: [], microphones: [] }
  private microphoneOn = true
  private cameraOn = true
  private listeners = new Set<() => void>()

  constructor(private readonly keep: Keep) {
    navigator.mediaDevices?.addEventListener?.('devicechange', () => void this.list())
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Asks for both at once (one question to the person); where one fails, for each alone. */
  async acquire(): Promise<void> {
    if (!navigator.mediaDevices) {
      this.audioTrouble = this.videoTrouble = 'insecure'
      this.tell()
      return
    }
    const both = await this.ask(true, true)
    if (!both) {
      const picture = this.video ? true : await this.ask(false, true)
      const sound = this.audio ? true : await this.ask(true, false)
      if (!picture || !sound) await this.list()
    }
    await this.list()
  }

  async useCamera(id: string): Promise<void> {
    this.keep.set(KEYS.camera, id)
    this.release('video')
    await this.ask(false, true)
  }

  async useMicrophone(id: string): Promise<void> {
    this.keep.set(KEYS.microphone, id)
    this.release('audio')
    await this.ask(true, false)
  }

  /** The seat's own switches: a device that is off gives neither sound nor picture, whatever the server says. */
  setOn(microphone: boolean, camera: boolean): void {
    this.microphoneOn = microphone
    this.cameraOn = camera
    if (this.audio) this.audio.enabled = microphone
    if (this.video) this.video.enabled = camera
  }

  cameraId(): string {
    return this.video?.getSettings().deviceId ?? ''
  }

  microphoneId(): string {
    return this.audio?.getSettings().deviceId ?? ''
  }

  stop(): void {
    this.release('audio')
    this.release('video')
    this.tell()
  }

  private async ask(sound: boolean, picture: boolean): Promise<boolean> {
    const deviceId = (key: string): { deviceId?: ConstrainDOMString } => {
      const id = this.keep.get(key)
      return id ? { deviceId: { ideal: id } } : {}
    }
    let problem: unknown = null
    for (const size of picture ? PICTURE : [{}]) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia({
          audio: sound
            ? { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...deviceId(KEYS.microphone) }
            : false,
          video: picture ? { ...size, ...deviceId(KEYS.camera) } : false,
        })
        this.take(stream)
        return true
      } catch (error) {
        problem = error
        if (trouble(error) === 'denied') break
      }
    }
    if (sound && !this.audio) this.audioTrouble = trouble(problem)
    if (picture && !this.video) this.videoTrouble = trouble(problem)
    this.tell()
    return false
  }

  private take(stream: MediaStream): void {
    const [audio] = stream.getAudioTracks()
    const [video] = stream.getVideoTracks()
    if (audio) {
      this.release('audio')
      this.audio = audio
      this.audioTrouble = null
      audio.enabled = this.microphoneOn
      audio.addEventListener('ended', () => this.lost('audio', audio))
    }
    if (video) {
      this.release('video')
      this.video = video
      this.videoTrouble = null
      video.enabled = this.cameraOn
      video.contentHint = 'motion'
      video.addEventListener('ended', () => this.lost('video', video))
    }
    this.tell()
  }

  private lost(kind: 'audio' | 'video', track: MediaStreamTrack): void {
    if (this[kind] !== track) return
    this[kind] = null
    if (kind === 'audio') this.audioTrouble = 'missing'
    else this.videoTrouble = 'missing'
    this.tell()
  }

  private release(kind: 'audio' | 'video'): void {
    const track = this[kind]
    this[kind] = null
    track?.stop()
  }

  private async list(): Promise<void> {
    try {
      const all = await navigator.mediaDevices.enumerateDevices()
      this.devices = {
        cameras: all.filter((d) => d.kind === 'videoinput' && d.deviceId !== ''),
        microphones: all.filter((d) => d.kind === 'audioinput' && d.deviceId !== ''),
      }
    } catch {
      // The lists stay as they were; the chosen devices still work.
    }
    this.tell()
  }

  private tell(): void {
    for (const listener of this.listeners) listener()
  }
}

/** Follows the loudness of a track, 0 to 1, at most 20 times a second. Returns the stop. */
export function meter(track: MediaStreamTrack, level: (value: number) => void): () => void {
  const context = new AudioContext()
  const source = context.createMediaStreamSource(new MediaStream([track]))
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = window.setInterval(() => {
    if (context.state === 'suspended') void context.resume()
    analyser.getFloatTimeDomainData(samples)
    let sum = 0
    for (const s of samples) sum += s * s
    const db = 10 * Math.log10(sum / samples.length + 1e-10)
    // -60 dB is silence in a quiet room, -10 dB is a loud voice.
    level(Math.min(1, Math.max(0, (db + 60) / 50)))
  }, 50)
  return () => {
    window.clearInterval(timer)
    source.disconnect()
    void context.close()
  }
}

/** Two short notes through the loudspeaker; resolves when they are over. */
export async function tone(): Promise<void> {
  const context = new AudioContext()
  await context.resume()
  const gain = context.createGain()
  gain.connect(context.destination)
  const notes = [523.25, 659.25]
  const length = 0.45
  notes.forEach((hertz, i) => {
    const note = context.createOscillator()
    note.frequency.value = hertz
    note.connect(gain)
    note.start(context.currentTime + i * length)
    note.stop(context.currentTime + (i + 1) * length - 0.05)
  })
  gain.gain.setValueAtTime(0.18, context.currentTime)
  gain.gain.setTargetAtTime(0, context.currentTime + 2 * length - 0.1, 0.04)
  await new Promise((resolve) => window.setTimeout(resolve, 2000 * length + 200))
  await context.close()
}
