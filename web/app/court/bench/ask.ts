/** Duty: the one question of the rail that is open now. Every grave act of the bench is asked here before it is done. */
import { shallowRef } from 'vue'

export interface Question {
  title: string
  means: string[]
  /** Under the first sentence, one a line. */
  items?: string[]
  yes: string
  law?: boolean
  reason?: 'none' | 'optional' | 'required'
  reasonLabel?: string
  reasons?: string[]
  /** One of these is chosen first. */
  choices?: { id: string; text: string }[]
  choose?: string
  /** The choice and the reason that are proposed. */
  choice?: string
  given?: string
  /** What is said once more before it is done; the act has two steps then. */
  sure?: string[]
  /** One thing more that may be ticked. */
  tick?: string
  run: (reason: string, choice: string, ticked: boolean) => void
}

export const question = shallowRef<Question | null>(null)

export function ask(next: Question): void {
  question.value = next
}

export function answer(reason: string, choice = '', ticked = false): void {
  const asked = question.value
  question.value = null
  asked?.run(reason, choice, ticked)
}
