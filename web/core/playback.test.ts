import { describe, expect, it } from 'vitest'
import { PLAYBACK_DEFAULTS, type Playback } from './playback'
import { FakeMedia, of, stand } from './playback.fakes'

const drift = (playback: Playback, id: string): number =>
  playback.snapshot().copies.find((copy) => copy.id === id)?.driftMs ?? Number.NaN
const stateOf = (playback: Playback, id: string): string =>
  playback.snapshot().copies.find((copy) => copy.id === id)?.state ?? 'absent'
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('playing together', () => {
  it('plays and pauses every copy at one position', () => {
    const { playback, media, pass } = stand()
    playback.play()
    pass(3_000)
    expect(playback.positionMs()).toBe(3_000)
    for (const one of Object.values(media)) expect(one.currentTime).toBeCloseTo(3, 3)
    playback.pause()
    pass(2_000)
    expect(playback.positionMs()).toBe(3_000)
    expect(Object.values(media).every((one) => one.paused)).toBe(true)
  })

  it.each([-0.03, -0.01, 0.01, 0.04])('holds a copy whose clock is off by %f within 80 ms', (skew) => {
    const { playback, media, pass } = stand()
    of(media, 'plaintiff').skew = skew
    playback.play()
    for (let second = 0; second < 30; second += 1) {
      pass(1_000)
      expect(Math.abs(drift(playback, 'plaintiff'))).toBeLessThan(80)
    }
    expect(of(media, 'plaintiff').jumps).toBe(0)
  })

  it.each([-200, -90, 90, 200])('leads a copy back that is off by %d ms, without a jump', (off) => {
    const { playback, media, pass } = stand()
    playback.play()
    pass(1_000)
    const one = of(media, 'judge')
    one.currentTime += off / 1000
    const jumps = one.jumps
    pass(5_000)
    expect(Math.abs(drift(playback, 'judge'))).toBeLessThan(PLAYBACK_DEFAULTS.steerBeyondMs)
    expect(one.jumps).toBe(jumps)
    expect(one.playbackRate).toBe(1)
  })

  it('sets a copy that is far off right by a jump, and learns how long a jump takes', () => {
    const { playback, media, pass } = stand()
    const one = of(media, 'judge')
    playback.play()
    pass(1_000)
    one.jumpMs = 300
    one.currentTime = 20
    pass(12_000)
    expect(Math.abs(drift(playback, 'judge'))).toBeLessThan(80)
    expect(one.jumps).toBeLessThan(6)
  })

  it('follows the copies when all start late together, and steers none', () => {
    const { playback, media, clock, pass } = stand()
    playback.play()
    clock.ms += 180
    for (const one of Object.values(media)) one.currentTime = 0
    pass(1_000)
    expect(playback.positionMs()).toBeCloseTo(1_000, 0)
    for (const one of Object.values(media)) expect(one.playbackRate).toBe(1)
  })

  it('keeps the copies together at another rate', () => {
    const { playback, media, pass } = stand()
    of(media, 'witness').skew = 0.01
    playback.play()
    pass(1_000)
    playback.setRate(2)
    pass(5_000)
    expect(playback.positionMs()).toBe(11_000)
    expect(Math.abs(drift(playback, 'witness'))).toBeLessThan(80)
  })

  it.each([
    [9, PLAYBACK_DEFAULTS.fastest],
    [0.1, PLAYBACK_DEFAULTS.slowest],
  ])('keeps a rate of %f within what may be asked for', (asked, given) => {
    const { playback } = stand()
    playback.setRate(asked)
    expect(playback.snapshot().rate).toBe(given)
  })

  it('stops at the end, and begins anew from there', () => {
    const { playback, pass } = stand(['judge'], 2_000)
    playback.play()
    pass(3_000)
    expect(playback.snapshot()).toMatchObject({ state: 'ended', positionMs: 2_000 })
    playback.play()
    pass(500)
    expect(playback.snapshot()).toMatchObject({ state: 'playing', positionMs: 500 })
  })

  it('goes on after a shorter copy is over, and takes it in again on the way back', () => {
    const { playback, media, clock, pass } = stand(['judge'])
    const short = new FakeMedia(clock)
    media.short = short
    playback.attach('short', short, 1_000)
    playback.play()
    pass(3_000)
    expect(stateOf(playback, 'short')).toBe('over')
    expect(short.paused).toBe(true)
    expect(playback.positionMs()).toBe(3_000)
    playback.seek(500)
    pass(200)
    expect(short.paused).toBe(false)
  })
})

describe('going to a time', () => {
  it('moves every copy, and keeps to the ends', () => {
    const { playback, media } = stand()
    playback.seek(12_340)
    for (const one of Object.values(media)) expect(one.currentTime).toBeCloseTo(12.34, 5)
    playback.skip(-99_000)
    expect(playback.positionMs()).toBe(0)
    playback.skip(99_000)
    expect(playback.positionMs()).toBe(60_000)
  })

  it('waits for the slowest copy, then all go on from the very place', () => {
    const { playback, media, pass } = stand()
    of(media, 'witness').jumpMs = 1_000
    playback.play()
    pass(1_000)
    playback.seek(30_000)
    pass(500)
    expect(playback.snapshot()).toMatchObject({ state: 'waiting', positionMs: 30_000, waitingFor: ['witness'] })
    pass(1_500)
    expect(playback.snapshot().state).toBe('playing')
    for (const one of Object.values(media)) {
      expect(Math.abs(one.currentTime * 1000 - playback.positionMs())).toBeLessThan(80)
    }
  })

  it('follows a second jump made while the first still loads', () => {
    const { playback, media, pass } = stand()
    for (const one of Object.values(media)) one.jumpMs = 800
    playback.play()
    playback.seek(30_000)
    pass(300)
    playback.seek(10_000)
    pass(300)
    expect(playback.snapshot()).toMatchObject({ state: 'waiting', positionMs: 10_000 })
    pass(1_000)
    expect(playback.snapshot().state).toBe('playing')
    expect(playback.positionMs()).toBeLessThan(11_000)
    for (const one of Object.values(media)) expect(one.currentTime).toBeLessThan(11)
  })

  it('holds all when one runs dry, and stays paused when paused meanwhile', () => {
    const { playback, media, pass } = stand()
    playback.play()
    pass(2_000)
    of(media, 'judge').loaded(2)
    pass(1_000)
    expect(playback.snapshot()).toMatchObject({ state: 'waiting', waitingFor: ['judge'] })
    expect(of(media, 'plaintiff').paused).toBe(true)
    playback.pause()
    of(media, 'judge').loaded(4)
    pass(1_000)
    expect(playback.snapshot().state).toBe('paused')
  })
})

describe('a copy in trouble', () => {
  it('never stops the others when it fails', () => {
    const { playback, media, pass } = stand()
    playback.play()
    pass(1_000)
    of(media, 'plaintiff').error = { code: 2 }
    pass(1_000)
    expect(stateOf(playback, 'plaintiff')).toBe('failed')
    expect(playback.snapshot()).toMatchObject({ state: 'playing', positionMs: 2_000 })
    expect(of(media, 'judge').paused).toBe(false)
  })

  it('never stops the others when its start is turned down', async () => {
    const { playback, media, pass } = stand()
    of(media, 'witness').refuse = new Error('no decoder')
    playback.play()
    await settled()
    pass(1_000)
    expect(stateOf(playback, 'witness')).toBe('failed')
    expect(playback.snapshot().state).toBe('playing')
  })

  it('is left behind after the patience, and joins again once loaded', () => {
    const { playback, media, pass } = stand()
    playback.play()
    pass(1_000)
    const slow = of(media, 'witness')
    slow.loaded(1)
    pass(PLAYBACK_DEFAULTS.patienceMs + 300)
    expect(playback.snapshot().state).toBe('playing')
    expect(stateOf(playback, 'witness')).toBe('behind')
    pass(3_000)
    slow.loaded(4)
    pass(3_000)
    expect(stateOf(playback, 'witness')).toBe('ready')
    expect(Math.abs(drift(playback, 'witness'))).toBeLessThan(80)
  })

  it('gives the others their voice back when the one heard alone fails', () => {
    const { playback, media } = stand()
    playback.solo('judge')
    playback.fail('judge')
    expect(playback.snapshot().solo).toBeNull()
    expect(of(media, 'witness').muted).toBe(false)
  })

  it('stops when none is left, and does not start', () => {
    const { playback, pass } = stand(['judge'])
    playback.play()
    pass(500)
    playback.fail('judge')
    expect(playback.snapshot().state).toBe('paused')
    playback.play()
    expect(playback.snapshot().state).toBe('paused')
  })

  it('takes a fresh element for a failed copy where the others are', () => {
    const { playback, clock, pass } = stand()
    playback.setMuted('judge', true)
    playback.play()
    pass(5_000)
    playback.fail('judge')
    const fresh = new FakeMedia(clock)
    playback.attach('judge', fresh, 60_000)
    pass(500)
    expect(Math.abs(fresh.currentTime * 1000 - playback.positionMs())).toBeLessThan(80)
    expect(fresh.muted).toBe(true)
  })

  it('asks for another press when the browser forbids sound, and lets our own pause pass', async () => {
    const { playback, media } = stand()
    of(media, 'judge').refuse = Object.assign(new Error('no'), { name: 'NotAllowedError' })
    playback.play()
    await settled()
    expect(playback.snapshot()).toMatchObject({ state: 'paused', blocked: true })
    of(media, 'judge').refuse = Object.assign(new Error('cut'), { name: 'AbortError' })
    playback.play()
    await settled()
    expect(playback.snapshot()).toMatchObject({ state: 'playing', blocked: false })
    expect(stateOf(playback, 'judge')).toBe('ready')
  })
})

describe('who is heard', () => {
  it('mutes one, hears one alone, and comes back to what was', () => {
    const { playback, media } = stand()
    const muted = (): boolean[] => ['judge', 'plaintiff', 'witness'].map((id) => of(media, id).muted)
    playback.setMuted('witness', true)
    expect(muted()).toEqual([false, false, true])
    playback.solo('witness')
    expect(muted()).toEqual([true, true, false])
    playback.solo(null)
    expect(muted()).toEqual([false, false, true])
    playback.setSilent(true)
    expect(muted()).toEqual([true, true, true])
    playback.setVolume(0.4)
    expect(muted()).toEqual([false, false, true])
    expect(of(media, 'judge').volume).toBe(0.4)
  })

  it('lets all be heard again when the one heard alone is taken away', () => {
    const { playback, media } = stand()
    playback.solo('judge')
    playback.detach('judge')
    expect(of(media, 'plaintiff').muted).toBe(false)
    expect(stateOf(playback, 'judge')).toBe('absent')
  })
})

describe('gaps of the tape', () => {
  it('are passed over, or played through when asked', () => {
    const { playback, pass } = stand()
    playback.skipOver([{ from: 1_000, to: 40_000 }])
    playback.play()
    pass(2_000)
    expect(playback.positionMs()).toBeGreaterThan(40_000)
    expect(playback.positionMs()).toBeLessThan(42_000)
    playback.skipOver([])
    playback.seek(1_500)
    pass(1_000)
    expect(playback.positionMs()).toBe(2_500)
  })

  it('end the playing when they reach the end', () => {
    const { playback, pass } = stand()
    playback.skipOver([{ from: 500, to: 60_000 }])
    playback.play()
    pass(1_000)
    expect(playback.snapshot().state).toBe('ended')
  })
})

describe('what is told', () => {
  it('is every change, and not the passing of time', () => {
    const { playback, told, pass } = stand()
    playback.play()
    const before = told.length
    pass(5_000)
    expect(told.length).toBe(before)
    playback.pause()
    expect(told.at(-1)?.state).toBe('paused')
  })

  it('says nothing of copies let go at the end', () => {
    const { playback, media } = stand()
    playback.play()
    playback.dispose()
    expect(of(media, 'judge').paused).toBe(true)
    expect(playback.snapshot().copies).toEqual([])
  })
})
