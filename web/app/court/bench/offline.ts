/** Duty: the question before a hearing is moved offline; what is known already is filled in. */
import { act } from '../../session'
import { ask } from './ask'

type Words = (key: string) => string

/** ground, reason: proposed, filled in, and can be changed before it is done. Without them there is a step more. */
export function moveOffline(t: Words, grounds: { id: string; text: string }[], ground = '', reason = ''): void {
  const sure = [t('bench.convert.sure1'), t('bench.convert.sure2')]
  ask({
    title: t('bench.convert.title'),
    means: [t('bench.convert.line1'), t('bench.convert.line2'), ...(ground ? sure : [])],
    choose: t('bench.convert.ground'),
    choices: grounds,
    choice: ground,
    reason: 'required',
    given: reason,
    ...(ground ? {} : { sure }),
    yes: t('bench.convert.yes'),
    law: true,
    run: (why, chosen) => void act('convert_offline', { ground: chosen, reason: why }),
  })
}
