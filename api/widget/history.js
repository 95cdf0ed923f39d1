/** The versions of one article, and what changed from one to the next, word by word. */

import { h } from './dom.js'

/**
 * @param {object} view { article, versions, difference, chosen, since, words, onback, onchoose }; since: the day of another reading
 * @returns {HTMLElement}
 */
export function historyView({ article, versions, difference, chosen, since = null, words, onback, onchoose }) {
  return h('article', { class: 'history', 'aria-label': words.history },
    h('div', { class: 'row bar' }, h('button', { type: 'button', class: 'back', onclick: onback }, `← ${article.title}`)),
    h('h1', { tabindex: '-1' }, since ? words.changedSince(since) : words.history),
    !since && versions.length < 2 && h('p', {}, words.noHistory),
    h('ol', { class: 'versions' }, versions.map((version, index) => row(version, index, { chosen, words, onchoose }))),
    difference && h('section', { class: 'difference' }, h('h2', {}, since ? words.whatChanged : words.changes), figures(difference.facts), changedWords(difference.words)))
}

function row(version, index, { chosen, words, onchoose }) {
  const people = [words.by(version.authors.join(', ')), version.approvers.length > 0 && words.approvedBy(version.approvers.join(', '))]
  return h('li', { 'aria-current': index === chosen && 'true' },
    h('button', { type: 'button', class: 'plain', onclick: () => onchoose(index) }, words.version(version.number, version.at.slice(0, 10))),
    version.current && h('em', {}, ` ${words.current}`),
    h('small', {}, ' ', people.filter(Boolean).join(', ')))
}

/** The figures that moved come first: they are what an agent has to unlearn. */
function figures(facts) {
  if (facts.length === 0) return null
  return h('ul', { class: 'moved' }, facts.map(({ old, new: now }) =>
    h('li', {}, old !== null && h('del', {}, old), old !== null && now !== null && ' → ', now !== null && h('ins', {}, now))))
}

/** Long runs that stayed as they were are cut in their middle. */
function changedWords(runs) {
  return h('p', { class: 'words' }, runs.map(({ op, text }) => {
    if (op === 'insert') return h('ins', {}, text)
    if (op === 'delete') return h('del', {}, text)
    return text.length > 240 ? `${text.slice(0, 100)} […] ${text.slice(-100)}` : text
  }))
}
