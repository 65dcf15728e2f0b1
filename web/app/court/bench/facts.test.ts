import { describe, expect, it } from 'vitest'
import { facts } from './facts'

describe('facts', () => {
  it('says how each value is read', () => {
    expect(facts(['cause=connection_lost', 'loss_up=120', 'rtt_ms=840'])).toEqual([
      { key: 'cause', value: 'connection_lost', unit: 'word' },
      { key: 'loss_up', value: '120', unit: 'permille' },
      { key: 'rtt_ms', value: '840', unit: 'ms' },
    ])
  })

  it('has no row for what was not measured', () => {
    expect(facts(['transport=', 'server', 'silent_ms=0'])).toEqual([{ key: 'silent_ms', value: '0', unit: 'ms' }])
  })

  it('keeps whatever stands after the first equals sign', () => {
    expect(facts(['reason=a=b'])[0]?.value).toBe('a=b')
  })
})
