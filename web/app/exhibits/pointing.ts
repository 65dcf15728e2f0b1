/**
 * Duty: where somebody points on the page that is shown: sent a few times a second while this seat points, and forgotten
 * when nothing new comes. Must never be kept: pointing is passing, drawing is what stays.
 */
import { computed, ref, watch } from 'vue'
import { known, now, protocol, view } from '../session'
import type { Point } from './geometry'

export interface Pointed extends Point {
  seat: string
  at: number
}
const SEND_MS = 100
/** Longer than the beat of `now`, shorter than a thought. */
const FORGET_MS = 2500

const last = ref<readonly Pointed[]>([])
const own = ref<Pointed | null>(null)
export const fingers = computed(() => [...last.value, ...(own.value ? [own.value] : [])].filter((p) => now.value - p.at < FORGET_MS))

protocol.onMessage((message) => {
  if (message.type !== 'pointer') return
  const { seat, x, y } = message
  const others = last.value.filter((p) => p.seat !== seat)
  last.value = x === null || y === null ? others : [...others, { seat, x, y, at: now.value }]
})
watch(
  () => [known.value.view?.showing?.exhibit, known.value.view?.showing?.page],
  () => {
    last.value = []
    own.value = null
  },
)

let waiting: Point | null = null
let timer = 0
function send(): void {
  timer = 0
  if (!waiting) return
  protocol.pointer(waiting)
  waiting = null
  timer = window.setTimeout(send, SEND_MS)
}
export function pointAt(at: Point): void {
  own.value = { seat: view.value?.me ?? '', ...at, at: now.value }
  waiting = at
  if (!timer) send()
}
/** Points no longer. */
export function pointNowhere(): void {
  if (!own.value) return
  own.value = waiting = null
  protocol.pointer(null)
}
