/** Duty: where the procedure is, what may come next and what is missing for it; going there, asking first where a reason is needed. */
import { computed } from 'vue'
import { following } from '@core/procedure'
import { act, may, view } from '../../session'
import { useWords } from '../../words'
import { ask } from './ask'
import { useTable } from './table'

export function useStages() {
  const { t } = useWords()
  const { stageName, lackText } = useTable()

  const stages = computed(() => view.value?.stages ?? [])
  const at = computed(() => stages.value.findIndex((s) => s.state === 'now'))
  const before = computed(() => view.value?.session === 'scheduled' || view.value?.session === 'checking_in')
  const ways = computed(() => new Map((may('go_to_stage') ? (view.value?.next ?? []) : []).map((n) => [n.key, n])))
  /** The one that follows in the order of the procedure; there may be none (the opening and the close have acts of their own). */
  const next = computed(() => following(stages.value, [...ways.value.values()]))

  function go(key: string): void {
    const way = ways.value.get(key)
    if (!way) return
    if (way.free && way.missing.length === 0) {
      void act('go_to_stage', { stage: key })
      return
    }
    const lacks = way.missing.length ? [t('bench.procedure.lacks')] : []
    ask({
      title: t('court.ask.jump.title', { stage: stageName(key) }),
      means: [...lacks, t(way.free ? 'bench.procedure.lackLine' : 'court.ask.jump.line1')],
      items: way.missing.map(lackText),
      yes: t('court.ask.jump.yes'),
      reason: 'required',
      reasons: [1, 2, 3].map((n) => t(`bench.procedure.${way.free ? 'early' : 'jump'}.r${n}`)),
      run: (reason) => void act('go_to_stage', { stage: key, reason }),
    })
  }

  return { stages, at, before, ways, next, go, stageName, lackText }
}
