/**
 * Duty: binds the core's synchronised player to the page's media elements and to Vue. Must never know what is drawn.
 */
import { computed, onBeforeUnmount, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { Playback, type CopySnapshot, type Snapshot } from '@core/playback'
import type { Span } from '@core/record'

const TICK_MS = 100
/** Events of an element after which the player looks again at once. */
const STIRRING = ['canplay', 'seeked', 'playing', 'waiting', 'error', 'ended'] as const

export interface PlayerHold {
  player: Playback
  snapshot: Ref<Snapshot>
  /** Milliseconds from the zero of the copies; moves about ten times a second. */
  position: Ref<number>
  copies: ComputedRef<ReadonlyMap<string, CopySnapshot>>
  /** True once somebody pressed play or went to a time: from then on the copies load ahead. */
  warm: Ref<boolean>
  play: () => void
  toggle: () => void
  seek: (ms: number) => void
  /** Go to a time and play from there. */
  hear: (ms: number) => void
  skip: (ms: number) => void
  skipOver: (spans: readonly Span[]) => void
  /** Put a copy's element under the player, by the copy's id; one without a voice stays silent. Returns what lets it go. */
  attach: (copy: string, element: HTMLMediaElement, durationMs: number, voice: boolean) => () => void
}

export function usePlayback(durationMs: number): PlayerHold {
  const position = ref(0)
  const warm = ref(false)
  const player = new Playback(
    durationMs,
    () => performance.now(),
    (now) => {
      snapshot.value = now
      position.value = now.positionMs
    },
  )
  const snapshot = shallowRef<Snapshot>(player.snapshot())
  const timer = setInterval(() => {
    player.tick()
    position.value = player.positionMs()
  }, TICK_MS)
  onBeforeUnmount(() => {
    clearInterval(timer)
    player.dispose()
  })

  function warmly<A extends unknown[]>(act: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      warm.value = true
      act(...args)
      position.value = player.positionMs()
    }
  }

  return {
    player,
    snapshot,
    position,
    copies: computed(() => new Map(snapshot.value.copies.map((copy) => [copy.id, copy]))),
    warm,
    play: warmly(() => player.play()),
    toggle: warmly(() => player.toggle()),
    seek: warmly((ms: number) => player.seek(ms)),
    hear: warmly((ms: number) => {
      player.seek(ms)
      player.play()
    }),
    skip: warmly((ms: number) => player.skip(ms)),
    skipOver: (spans) => player.skipOver(spans),
    attach: (copy, element, length, voice) => {
      const stir = (): void => player.tick()
      for (const name of STIRRING) element.addEventListener(name, stir)
      player.attach(copy, element, length)
      if (!voice) player.setMuted(copy, true)
      return () => {
        for (const name of STIRRING) element.removeEventListener(name, stir)
        player.detach(copy)
      }
    },
  }
}
