import type { Language } from '../language.ts'

/** A problem in both languages. */
export type Text = Record<Language, { title: string; detail: string }>
type Pair = [title: string, detail: string]

/** Title and detail in English, then in Chinese. */
export const text = (en: Pair, zh: Pair): Text => ({
  en: { title: en[0], detail: en[1] },
  zh: { title: zh[0], detail: zh[1] },
})
