/** The languages that buyers are answered in. */
export type Language = 'en' | 'zh'

/** The better of our two languages for an Accept-Language header; English when it names neither. */
export function languageOf(header: string | undefined): Language {
  if (!header) return 'en'
  const asked = header.split(',').map((part, i) => {
    const [tag = '', ...parameters] = part.trim().toLowerCase().split(';')
    const q = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('q='))
    return { language: tag.split('-')[0], weight: q === undefined ? 1 : Number(q.slice(2)) || 0, i }
  })
  const ours = asked.filter(({ language, weight }) => weight > 0 && (language === 'zh' || language === 'en'))
  return ours.sort((a, b) => b.weight - a.weight || a.i - b.i)[0]?.language === 'zh' ? 'zh' : 'en'
}
