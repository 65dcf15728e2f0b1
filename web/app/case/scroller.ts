/**
 * Duty: brings a line into sight in whatever scrolls it (its own pane, or the page on a phone), gently and briefly.
 * Must never move anything when the line is in sight already.
 */

const GLIDE_MS = 140
/** Where in the pane the line comes to stand: a little above the middle, so that what follows can be read ahead. */
const REST_AT = 0.36
/** Kept free at the top of the pane, and the share kept free at its foot, where what follows is read. */
const MARGIN_PX = 24
const FOOT = 0.3

export interface Pane {
  /** The pane's sight in screen coordinates. */
  top: number
  bottom: number
  scroll: Element
}

/** The pane that scrolls `list`: itself where it overflows, else the page below `covered` (what sticks to its top). */
export function paneOf(list: HTMLElement, covered: HTMLElement | null): Pane {
  const own = getComputedStyle(list).overflowY
  if ((own === 'auto' || own === 'scroll') && list.scrollHeight > list.clientHeight) {
    const box = list.getBoundingClientRect()
    return { top: box.top, bottom: box.bottom, scroll: list }
  }
  const top = covered === null ? 0 : Math.max(0, covered.getBoundingClientRect().bottom)
  return { top, bottom: window.innerHeight, scroll: document.scrollingElement ?? document.documentElement }
}

/** The glide under way in each pane; a newer one takes its place. */
const gliding = new WeakMap<Element, number>()

/** Pictures or type that arrive late may move the line while it glides: look again this often. */
const LOOKS = 2

/** Glide `line` to its resting place. `always`: also when it is in sight already. */
export function bring(line: HTMLElement, pane: Pane, always = false): void {
  const mine = (gliding.get(pane.scroll) ?? 0) + 1
  gliding.set(pane.scroll, mine)
  const current = (): boolean => mine === gliding.get(pane.scroll)
  if (always || !inSight(line, pane)) glide(line, pane, current, LOOKS)
}

function inSight(line: HTMLElement, pane: Pane): boolean {
  const box = line.getBoundingClientRect()
  return box.top >= pane.top + MARGIN_PX && box.bottom <= pane.bottom - (pane.bottom - pane.top) * FOOT
}

function glide(line: HTMLElement, pane: Pane, current: () => boolean, looks: number): void {
  const box = line.getBoundingClientRect()
  const from = pane.scroll.scrollTop
  const to = from + box.top - pane.top - (pane.bottom - pane.top - box.height) * REST_AT
  const lookAgain = (): void => {
    if (looks > 0 && current() && !inSight(line, pane)) glide(line, pane, current, looks - 1)
  }
  const far = Math.abs(to - from) > 2 * (pane.bottom - pane.top)
  if (far || window.matchMedia('(prefers-reduced-motion: reduce)').matches) {
    pane.scroll.scrollTop = to
    requestAnimationFrame(() => requestAnimationFrame(lookAgain))
    return
  }
  const begun = performance.now()
  const step = (now: number): void => {
    if (!current()) return
    const part = Math.min(1, Math.max(0, now - begun) / GLIDE_MS)
    pane.scroll.scrollTop = from + (to - from) * part * (2 - part)
    if (part < 1) requestAnimationFrame(step)
    else lookAgain()
  }
  requestAnimationFrame(step)
}
