/**
 * Duty: places on a page and on a clock, as numbers: what part of a page is seen, where a finger points, what was drawn,
 * where a clip stands. Lengths are hundredths of a per cent of the page, 0 to 10000. Pure; must never touch a document.
 */
import type { ShowingView } from '@core/wire'

export const WHOLE = 10_000
export const ZOOM = { least: 100, most: 800, step: 50 } as const
/** The law takes 500 characters of text; a point takes at most 12 of them. */
export const POINTS_MOST = 40
/** A follower that is this far off is put right. */
export const DRIFT_MS = 300
/** One press of a direction moves by this share of what is seen. */
const PAN_SHARE = 0.25

export interface Size {
  width: number
  height: number
}
export interface Point {
  x: number
  y: number
}
/** Where the page lies in the box, in pixels of the box. */
export interface Laid extends Size {
  left: number
  top: number
}
export interface Mark {
  shape: string
  page: number
  points: Point[]
}

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
const whole = (value: number): number => Math.round(within(value, 0, WHOLE))

/** At 100 % the whole page is seen; the centre asked for is kept as far as no empty edge comes into sight. */
export function lay(box: Size, page: Size, at: Pick<ShowingView, 'zoom' | 'x' | 'y'>): Laid {
  if (!box.width || !box.height || !page.width || !page.height) return { left: 0, top: 0, width: 0, height: 0 }
  const scale = (Math.min(box.width / page.width, box.height / page.height) * at.zoom) / 100
  const width = page.width * scale
  const height = page.height * scale
  const along = (room: number, length: number, centre: number): number =>
    length <= room ? (room - length) / 2 : within(room / 2 - (length * centre) / WHOLE, room - length, 0)
  return { width, height, left: along(box.width, width, at.x), top: along(box.height, height, at.y) }
}

/** The point of the page under a pixel of the box; null outside the page. */
export function under(laid: Laid, pixel: Point): Point | null {
  if (!laid.width || !laid.height) return null
  const x = ((pixel.x - laid.left) / laid.width) * WHOLE
  const y = ((pixel.y - laid.top) / laid.height) * WHOLE
  return x < 0 || y < 0 || x > WHOLE || y > WHOLE ? null : { x: whole(x), y: whole(y) }
}

/** The centre when what lay so was moved by so many pixels, never past what can be seen; the middle where all of it is seen. */
function moved(box: Size, laid: Laid, by: Point): Point {
  const along = (room: number, length: number, start: number, way: number): number =>
    length <= room ? WHOLE / 2 : whole((within(room / 2 - start - way, room / 2, length - room / 2) / length) * WHOLE)
  return { x: along(box.width, laid.width, laid.left, by.x), y: along(box.height, laid.height, laid.top, by.y) }
}

/** Centre after the page, as it lay when the hand came down, was dragged by so many pixels. */
export const dragged = moved

/** Centre after one press of a direction: a quarter of what is seen further. */
export function panned(box: Size, laid: Laid, direction: Point): Point {
  return moved(box, laid, { x: -direction.x * box.width * PAN_SHARE, y: -direction.y * box.height * PAN_SHARE })
}

export const zoomed = (zoom: number, way: 1 | -1): number => within(zoom + way * ZOOM.step * (zoom >= 300 ? 2 : 1), ZOOM.least, ZOOM.most)

/** "box 2 1200,3400 1300,3500"; null where a newer server says something that is not known here. */
export function markOf(text: string): Mark | null {
  const [shape = '', page = '', ...rest] = text.split(' ')
  const points = rest.map((pair) => pair.split(',').map(Number)).map(([x = NaN, y = NaN]) => ({ x, y }))
  if (!shape || !/^\d+$/.test(page) || points.length < 2 || points.some((p) => !Number.isFinite(p.x) || !Number.isFinite(p.y))) return null
  return { shape, page: Number(page), points }
}

/** Points as the command takes them; a long stroke is thinned evenly, its ends kept. */
export function written(points: readonly Point[]): string {
  const many = points.length > POINTS_MOST
  const kept = many ? Array.from({ length: POINTS_MOST }, (_, i) => points[Math.round((i * (points.length - 1)) / (POINTS_MOST - 1))]) : points
  return kept.flatMap((p) => (p ? [`${whole(p.x)},${whole(p.y)}`] : [])).join(' ')
}

/** Where a clip stands now on the one clock of all. */
export function position(showing: Pick<ShowingView, 'playing' | 'position_ms' | 'at'>, now: number): number {
  return Math.max(0, showing.position_ms + (showing.playing ? now - showing.at : 0))
}

/** Where to put a clip that is off the clock; null where it is near enough. */
export function corrected(hasMs: number, wantsMs: number): number | null {
  return Math.abs(hasMs - wantsMs) > DRIFT_MS ? wantsMs : null
}

/** Width in pixels to ask a page in: few steps, so that a small change of the window asks for nothing new. */
export function pixels(shown: number, ratio: number, steps: readonly number[]): number {
  const wish = shown * ratio
  return steps.find((s) => s >= wish) ?? steps.at(-1) ?? 0
}
