/** Duty: the table of this hearing's procedure for the panels: fetched when a panel needs it, asked again until it is there. */
import { computed, onBeforeUnmount, shallowRef, watch } from 'vue'
import { authorized } from '@core/api'
import { Procedures, type ProcedureTable, type Said, type StageRow } from '@core/procedure'
import { KEYS } from '@core/storage'
import { keep, view } from '../../session'
import { useWords } from '../../words'

const AGAIN_MS = 5000
/** How the server names a point of the record among the conditions. */
const POINT = 'point:'

export const procedures = new Procedures((path) => authorized(keep.get(KEYS.session) ?? '', path))

export function useTable() {
  const { t, locale, stageName: known, missingText, chaired } = useWords()
  const table = shallowRef<ProcedureTable | null>(null)
  let timer = 0

  async function load(key: string): Promise<void> {
    window.clearTimeout(timer)
    table.value = procedures.held(key) ?? (await procedures.get(key))
    if (table.value === null && view.value?.procedure === key) timer = window.setTimeout(() => void load(key), AGAIN_MS)
  }
  watch(
    () => view.value?.procedure,
    (key) => key && void load(key),
    { immediate: true },
  )
  onBeforeUnmount(() => window.clearTimeout(timer))

  const say = (said: Said | undefined): string => (said ? chaired(locale.value === 'en' ? said.en : said.zh) : '')
  const rowOf = (key: string): StageRow | null => table.value?.stages.find((s) => s.key === key) ?? null
  const now = computed(() => view.value?.stages.find((s) => s.state === 'now')?.key ?? '')
  const row = computed(() => rowOf(now.value))
  const stageName = (key: string): string => say(rowOf(key)?.name) || known(key)

  /** A condition in words; one that is a point of the record by the point's name. */
  function lackText(id: string): string {
    if (!id.startsWith(POINT)) return missingText(id)
    const item = id.slice(POINT.length)
    const point = table.value?.stages.flatMap((s) => s.points).find((p) => p.item === item)
    return t('bench.procedure.point', { name: say(point) || item })
  }

  return { table, row, now, say, stageName, lackText }
}
