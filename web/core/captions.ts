/** Duty: the list of live captions, one entry an utterance. Pure. Must never reorder a line already shown. */
import type { Caption } from './wire'

/** Lines kept; older ones are on the case page after the close. */
export const CAPTIONS_MOST = 200

/**
 * The list with this caption in it: a known utterance is replaced in its place, a new one stands at the end. A final
 * utterance never becomes provisional again, and an older state of one (smaller n) never replaces a newer.
 */
export function withCaption(list: readonly Caption[], caption: Caption): readonly Caption[] {
  const at = list.findLastIndex((c) => c.utterance === caption.utterance)
  if (at < 0) {
    const longer = [...list, caption]
    return longer.length > CAPTIONS_MOST ? longer.slice(-CAPTIONS_MOST) : longer
  }
  const known = list[at]
  if (!known || known.n > caption.n || (known.final && !caption.final)) return list
  const copy = list.slice()
  copy[at] = caption
  return copy
}
