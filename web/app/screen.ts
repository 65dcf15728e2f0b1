/** Duty: is this screen a narrow one (a phone, or a desk at 200 %)? The same width as the style sheets' 900 px. */
import { ref } from 'vue'

const query = window.matchMedia('(max-width: 900px), (max-height: 500px) and (orientation: landscape)')

export const narrow = ref(query.matches)
query.addEventListener('change', (event) => (narrow.value = event.matches))
