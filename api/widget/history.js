/** The versions of one article, and what changed from one to the next, word by word. */

import { h } from './dom.js'

/**
 * @param {object} view { article, versions, difference, chosen, words, onback, onchoose }
 * @returns {HTMLElement}
 */
export function historyView({ article, versions, difference, chosen, words, onback, onchoose }) {
  return h('article', { class: 'history', 'aria-label': words.history },
    h('div', { class: 'row bar' }, h('button', { type: 'button', class: 'back', onclick: onback }, `← ${article.title}`)),
    h('h1', { tabindex: '-1' }, words.history),
    versions.length < 2 && h('p', {}, words.noHistory),
    h('ol', { class: 'versions', reversed: true }, versions.map((version, index) =>
      h('li', { 'aria-current': index === chosen ? 'true' : false },
        h('button', { type: 'button', class: 'plain', onclick: () => onchoose(index) },
          words.version(versions.length - index, version.committed_at.slice(0, 10))),
        version.current && h('em', {}, ` ${words.current}`),
        h('small', {}, ` ${words.by(version.author)}`, version.approver && `, ${words.approvedBy(version.approver)}`)))),
    difference && h('section', { class: 'difference' }, h('h2', {}, words.changes), changedWords(difference)))
}

/** Operations as the service gives them: [{op: 'equal' | 'insert' | 'delete', text}]. Long equal runs are cut in their middle. */
function changedWords(operations) {
  return h('p', { class: 'words' }, operations.map(({ op, text }) => {
    if (op === 'insert') return h('ins', {}, text)
    if (op === 'delete') return h('del', {}, text)
    return text.length > 240 ? `${text.slice(0, 100)} […] ${text.slice(-100)}` : text
  }))
}
