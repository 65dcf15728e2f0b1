/**
 * Duty: the case and the chosen hearing's record as the page shows them, asked for again while the server still works.
 * Must never play or draw anything.
 */
import { computed, onBeforeUnmount, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { isUnderWay, type CaseHearing, type CaseRecord, type HearingRecord } from '@core/record'
import { fetchCase, fetchRecord, type Refusal } from './caseApi'

const POLL_MS = 3_000
/** While the court still sits nothing is being made yet: look seldom, so that the close is noticed. */
const LIVE_POLL_MS = 15_000
const LIVE = new Set(['checking_in', 'in_session', 'recessed'])
/** Signed addresses are asked for anew at most this often without a hand. */
const RENEW_REST_MS = 60_000

export interface CaseHold {
  record: Ref<CaseRecord | null>
  /** Why the whole case cannot be shown. */
  refused: Ref<Refusal | null>
  hearing: ComputedRef<CaseHearing | null>
  hearingRecord: Ref<HearingRecord | null>
  /** Why the record of the chosen hearing cannot be shown. */
  recordRefused: Ref<Refusal | null>
  choose: (hearingId: string) => void
  reload: () => void
  /** Ask for fresh addresses of the copies; `byHand` regardless of how lately that was done. */
  renew: (byHand: boolean) => void
}

/** The hearing to begin with: the one asked for, else the last that has something to play, else the last opened. */
function firstChoice(hearings: readonly CaseHearing[], asked: string): CaseHearing | null {
  const inOrder = [...hearings].sort((a, b) => (a.opened_at ?? a.scheduled_at ?? 0) - (b.opened_at ?? b.scheduled_at ?? 0))
  return (
    hearings.find((hearing) => hearing.id === asked) ??
    inOrder.findLast((hearing) => hearing.recording.state === 'ready') ??
    inOrder.findLast((hearing) => hearing.opened_at !== null) ??
    inOrder.at(-1) ??
    null
  )
}

export function useCase(caseId: () => string, asked: () => string): CaseHold {
  const record = shallowRef<CaseRecord | null>(null)
  const refused = shallowRef<Refusal | null>(null)
  const hearingRecord = shallowRef<HearingRecord | null>(null)
  const recordRefused = shallowRef<Refusal | null>(null)
  const chosen = ref('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let renewedAt = Number.NEGATIVE_INFINITY
  let round = 0

  const hearing = computed(() => record.value?.hearings.find((one) => one.id === chosen.value) ?? null)
  const stage = computed(() => `${hearing.value?.session}/${hearing.value?.recording.state}/${hearing.value?.transcript.state}`)

  async function loadRecord(): Promise<void> {
    const id = chosen.value
    const mine = round
    if (id === '') return
    const answer = await fetchRecord(id)
    if (id !== chosen.value || mine !== round) return
    if (answer.ok) hearingRecord.value = answer.value
    // What is already shown stays when a later question gets no answer.
    recordRefused.value = answer.ok || (hearingRecord.value !== null && answer.trouble === 'offline') ? null : answer
  }

  async function loadCase(): Promise<void> {
    const mine = round
    const answer = await fetchCase(caseId())
    if (mine !== round) return
    if (!answer.ok) {
      if (record.value === null || answer.trouble === 'forbidden' || answer.trouble === 'signed_out') refused.value = answer
    } else {
      refused.value = null
      record.value = answer.value
      if (hearing.value === null) chosen.value = firstChoice(answer.value.hearings, asked())?.id ?? ''
    }
    plan()
  }

  /** Ask again only while the chosen hearing lives, or the server still makes something of it. */
  function plan(): void {
    clearTimeout(timer)
    const works = [hearing.value?.recording, hearing.value?.transcript, hearingRecord.value?.transcript, hearingRecord.value?.composite]
    if (refused.value === null && works.some((work) => work !== undefined && isUnderWay(work))) {
      timer = setTimeout(() => void again(), POLL_MS)
    } else if (refused.value === null && LIVE.has(hearing.value?.session ?? '')) {
      timer = setTimeout(() => void loadCase(), LIVE_POLL_MS)
    }
  }

  /** The case says how far copies and transcript are; how far the composite is, only the record does. */
  async function again(): Promise<void> {
    const composite = hearingRecord.value?.composite
    if (composite !== undefined && isUnderWay(composite)) await loadRecord()
    await loadCase()
  }

  function reload(): void {
    round += 1
    refused.value = null
    recordRefused.value = null
    void loadCase()
    void loadRecord()
  }

  watch(chosen, () => {
    hearingRecord.value = null
    recordRefused.value = null
    void loadRecord()
    plan()
  })
  watch(stage, (_, before) => {
    if (!before.startsWith('undefined')) void loadRecord()
  })
  watch(hearingRecord, plan)
  watch(caseId, () => {
    round += 1
    record.value = null
    chosen.value = ''
    void loadCase()
  })
  void loadCase()
  onBeforeUnmount(() => {
    round += 1
    clearTimeout(timer)
  })

  return {
    record,
    refused,
    hearing,
    hearingRecord,
    recordRefused,
    choose: (id) => {
      chosen.value = id
    },
    reload,
    renew: (byHand) => {
      const now = performance.now()
      if (!byHand && now - renewedAt < RENEW_REST_MS) return
      renewedAt = now
      void loadRecord()
    },
  }
}
