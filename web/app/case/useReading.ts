/**
 * Duty: what the reader wants of a record, from the wish to the bytes: the purpose is asked once a sitting for each kind of
 * act, the server is told, and only then is anything played or saved. Must never give what the server refused.
 */
import { ref, shallowRef, type Ref } from 'vue'
import type { Rights } from '@core/record'
import { save } from '../save'
import { fetchTranscriptText, keepPlaying, type Refusal } from './caseApi'
import { beginReading, forgetStated, keepStated, statedBefore, type Begun, type Stated, type Wish } from './readingApi'

export interface ReadingHold {
  /** What waits for its purpose, or null. */
  asking: Ref<Wish | null>
  busy: Ref<boolean>
  refused: Ref<Refusal | null>
  want: (wish: Wish) => Promise<void>
  state: (stated: Stated) => Promise<void>
  drop: () => void
}

export interface ReadingOf {
  hearing: () => string | undefined
  rights: () => Rights | undefined
  /** Playing has been allowed: the record is to be read again. */
  played: () => void
  /** Name of the transcript's file. */
  fileName: () => string
}

export function useReading(of: ReadingOf): ReadingHold {
  const asking = shallowRef<Wish | null>(null)
  const refused = shallowRef<Refusal | null>(null)
  const busy = ref(false)

  async function hand(hearing: string, wish: Wish, begun: Begun): Promise<void> {
    if (wish.action === 'play') {
      keepPlaying(hearing, begun.reading)
      of.played()
    } else if (wish.thing === 'transcript') {
      const answer = await fetchTranscriptText(hearing, begun.reading)
      refused.value = answer.ok ? null : answer
      if (answer.ok) save(answer.value, of.fileName())
    } else if (begun.url !== undefined) {
      const link = document.createElement('a')
      link.href = begun.url
      link.download = ''
      link.click()
    }
  }

  async function begin(wish: Wish, stated: Stated): Promise<void> {
    const hearing = of.hearing()
    if (hearing === undefined || busy.value) return
    busy.value = true
    refused.value = null
    if (wish.action === 'play') asking.value = wish // what is wrong is said where it is asked
    try {
      const answer = await beginReading(hearing, wish, stated)
      if (!answer.ok) {
        refused.value = answer
        if (answer.reason === 'purpose_needed') {
          forgetStated(wish.action)
          asking.value = wish
        }
        return
      }
      keepStated(wish.action, stated)
      asking.value = null
      await hand(hearing, wish, answer.value)
    } finally {
      busy.value = false
    }
  }

  return {
    asking,
    busy,
    refused,
    want: async (wish) => {
      const rights = of.rights()
      const before = rights === undefined ? null : statedBefore(wish.action, rights)
      if (before === null) asking.value = wish
      else await begin(wish, before)
    },
    state: async (stated) => {
      if (asking.value !== null) await begin(asking.value, stated)
    },
    drop: () => {
      asking.value = null
      refused.value = null
    },
  }
}
