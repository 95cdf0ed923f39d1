/** Glossary terms in a text, with their words in the other languages: on hover, on focus, and read out. */

import { h } from './dom.js'

export class Terms {
  #byLanguage = new Map()

  /** @param {{id: string, words: Record<string, string[]>, note: Record<string, string>, places: Record<string, string>}[]} terms */
  constructor(terms) {
    for (const lang of ['en', 'es', 'fr']) {
      const words = terms.flatMap((term) => (term.words[lang] ?? []).map((word) => [word.toLowerCase(), term]))
      if (words.length === 0) continue
      const longestFirst = words.map(([word]) => word).sort((a, b) => b.length - a.length).map(escaped)
      const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
      this.#byLanguage.set(lang, { pattern, terms: new Map(words) })
    }
  }

  /** Mark the first place of each term in a text of this language. */
  mark(root, lang) {
    const known = this.#byLanguage.get(lang.split('-')[0])
    if (!known) return
    const seen = new Set()
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    const nodes = []
    while (walker.nextNode()) if (!walker.currentNode.parentElement.closest('a, code, button, h1, h2, h3, .label')) nodes.push(walker.currentNode)
    for (const node of nodes) this.#markIn(node, known, lang.split('-')[0], seen)
  }

  #markIn(node, { pattern, terms }, lang, seen) {
    const parts = []
    let cursor = 0
    for (const match of node.data.matchAll(pattern)) {
      const term = terms.get(match[0].toLowerCase())
      if (seen.has(term.id)) continue
      seen.add(term.id)
      parts.push(node.data.slice(cursor, match.index), termMark(match[0], term, lang))
      cursor = match.index + match[0].length
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(cursor))
  }
}

let numbered = 0

function termMark(text, term, lang) {
  const id = `kb-term-${++numbered}`
  const others = Object.entries(term.words).filter(([other]) => other !== lang)
  const notes = [term.note[lang] ?? term.note.en, ...Object.entries(term.places).map(([place, note]) => `${place}: ${note}`)]
  return h('span', { class: 'term', tabindex: '0', 'aria-describedby': id }, text,
    h('span', { class: 'tip', role: 'tooltip', id },
      others.map(([other, words]) => h('span', { lang: other }, h('b', {}, `${other.toUpperCase()} `), words[0])),
      notes.filter(Boolean).map((note) => h('span', { class: 'note' }, note.replace(/\*/g, '')))))
}

const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
