/** Duty: names that the views of a record share. Must never hold state. */

/** The composite among the player's copies. */
export const COMPOSITE = '~composite'

/** One picture of all, or everybody's own. */
export const VIEWS = ['composite', 'people'] as const
export type RecordView = (typeof VIEWS)[number]
