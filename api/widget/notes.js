/** What stands between the question and its answers: banners, what was inferred, what may be meant, what was asked before. */

import { placeName } from './answers.js'
import { backBar, button, h } from './dom.js'
import { isoToday, productName } from './scope.js'

export function notes({ state, inferred, mended, words, acts }) {
  const { scope, trouble, redacted, taxonomy, mustReads, drills } = state
  const kinds = redacted.map((kind) => words.kinds[kind] ?? kind.replace(/_/g, ' ')).join(', ')
  const guessed = [
    inferred.jurisdiction && placeName(taxonomy, inferred.jurisdiction, words),
    inferred.product && productName(taxonomy, inferred.product, words),
  ].filter(Boolean)
  return [
    scope.asOf && scope.asOf !== isoToday() &&
      h('div', { class: 'banner past', role: 'alert' }, h('strong', {}, words.asOf(scope.asOf)), ' ',
        button(() => acts.rescope({ asOf: null }), words.backToToday)),
    trouble && h('div', { class: 'banner trouble', role: 'alert' },
      h('p', {}, whatHappened(trouble, scope, words)),
      trouble.passing && button(acts.retry, words.tryNow)),
    kinds && h('p', { class: 'banner redacted', role: 'alert' }, words.redacted(kinds)),
    mustReads?.waiting > 0 && h('p', { class: 'waiting' }, button(acts.mustReads, words.mustReads(mustReads.waiting))),
    drills.length > 0 && h('p', { class: 'waiting' }, button(acts.drill, words.drill)),
    guessed.length > 0 && h('p', { class: 'inference' }, words.inferredScope(guessed.join(', ')), ' ',
      button(acts.keep, words.keep)),
    mended && h('p', { class: 'mended' }, words.mended(mended)),
    taxonomy?.reader.includes('demo') && h('p', { class: 'demo' }, words.demo),
  ].filter(Boolean)
}

/** The service explains itself in English. */
function whatHappened({ kind, passing, again, message }, { asOf }, words) {
  if (kind === 'wrong' && asOf) return words.nothingThen
  return `${words.why[kind] ?? words.why.trouble} ${again ? words.retrying : !passing && words.code === 'en' ? message : ''}`
}

/** What is read out, and stays in view below the answers. */
export function statusOf({ waiting, slow, said, answer, opened, trouble }, words) {
  if (waiting && slow) return words.slow
  if (said) return said
  if (waiting && !answer) return words.waiting
  if (!answer || opened || trouble) return ''
  return answer.hits.length ? words.found(answer.hits.length) : words.nothing
}

/** @returns {HTMLElement[]} articles with the words that are typed; before anything is typed, what was asked before */
export function suggestions({ state, recent, words, acts }) {
  const { suggestions: found, answer, question, opened } = state
  if (opened || answer) return []
  const item = (text, onclick, lang) => h('li', {}, h('button', { type: 'button', class: 'plain', lang, onclick }, text))
  const list = (title, items) => [h('section', { class: 'suggestions' }, h('h2', {}, title), h('ul', {}, items))]
  if (!question && recent.length) return list(words.recent, recent.map((text) => item(text, () => acts.ask(text))))
  if (!found.length) return []
  return list(words.suggestions, found.map((it) => item(it.title, () => acts.read(it.id), it.lang)))
}

/** @returns {HTMLElement} everything that has to be read: what waits first */
export function mustReadList({ mustReads, words, acts }) {
  return h('section', { class: 'must-reads', 'aria-label': words.mustRead },
    backBar(acts.back, words.close),
    h('h2', { tabindex: '-1' }, words.mustRead),
    h('ul', {}, mustReads.articles.map((it) => h('li', {},
      h('button', { type: 'button', class: 'title', lang: it.lang, onclick: () => acts.read(it.id) }, it.title),
      h('p', { class: 'why' }, it.acknowledged_at ? words.acknowledged(it.acknowledged_at.slice(0, 10)) : words.waits(it.committed_at.slice(0, 10)))))))
}
