/** Duty: what kind of screen this is. The widths and heights are those of the style sheets. */
import { computed, ref } from 'vue'
import { largeType } from './preferences'

function follow(query: string): ReturnType<typeof ref<boolean>> {
  const list = window.matchMedia(query)
  const matches = ref(list.matches)
  list.addEventListener('change', (event) => (matches.value = event.matches))
  return matches
}

/** A phone, or a desk at 200 %. */
export const narrow = follow('(max-width: 900px), (max-height: 500px) and (orientation: landscape) and (pointer: coarse)')

const short = follow('(max-height: 820px)')
/** Little height for the large type or the small screen: the presiding seat gets the room of those beside it. */
export const low = computed(() => short.value === true || largeType.value)
