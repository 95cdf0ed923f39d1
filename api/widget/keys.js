/** The whole sidebar from the keyboard. */

import { button, h } from './dom.js'

const PLAIN = {
  '/': 'write', ArrowDown: 'next', ArrowUp: 'previous', Escape: 'back', i: 'insert', c: 'copy', w: 'wrong', o: 'outdated',
  g: 'gap', h: 'history', e: 'escalate', a: 'acknowledge', d: 'changed', m: 'mustReads', t: 'drill', '?': 'help',
}

const WITH_ALT = { KeyJ: 'keep', KeyP: 'correct' } // by its place: with Alt, some keyboards write another sign

const EDITABLE = 'input, textarea, select, [contenteditable]'

/** Letters act only outside of fields; arrows and Escape leave the question's field as well. */
export function onKeys(element, root, actions) {
  element.addEventListener('keydown', (event) => {
    const field = root.activeElement?.closest('textarea, input:not([type=checkbox]), select')
    if (event.altKey && event.code in WITH_ALT) return act(event, actions[WITH_ALT[event.code]])
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (field && event.key === 'Escape') return act(event, actions.down)
    if (field?.tagName === 'TEXTAREA' && event.key === 'ArrowDown' && atEnd(field)) return act(event, actions.down)
    if (field?.tagName === 'TEXTAREA' && event.key === 'Enter' && !event.shiftKey) return act(event, actions.down)
    if (!field && event.key in PLAIN) act(event, actions[PLAIN[event.key]])
  })
}

/** The one key that is heard on the whole page, unless somebody writes there: the host has keys of its own. */
export function slash(element, write) {
  return (event) => {
    const elsewhere = event.target !== element && !event.defaultPrevented && !event.target.closest?.(EDITABLE)
    if (event.key === '/' && elsewhere && !event.ctrlKey && !event.metaKey && !event.altKey) act(event, write)
  }
}

function act(event, action) {
  event.preventDefault()
  action()
}

const atEnd = (field) => field.selectionStart === field.value.length

export function keyHelp(words, onclose) {
  return h('section', { class: 'keys', 'aria-label': words.keys }, h('h2', {}, words.keys),
    h('dl', {}, Object.entries(words.keyList).map(([key, meaning]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, meaning)])),
    button(onclose, words.close))
}
