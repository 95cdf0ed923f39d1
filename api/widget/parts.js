/** The places of the sidebar, from the question down. Each is drawn anew only when what it shows has changed. */

import { h } from './dom.js'

const STYLE = new URL('style.css', import.meta.url).href

/** lost: hears that what had the focus is gone. */
export function parts(root, lost) {
  const drawn = new Map() // part → what it was drawn from
  let places = {}
  return { build, draw, says, question: () => places.question }

  function build(words, { typed, clear }) {
    const before = places.question?.value ?? ''
    drawn.clear()
    places = {
      question: h('textarea', {
        rows: '2', maxlength: '20000', 'aria-label': words.ask, placeholder: words.ask, spellcheck: 'true',
        oninput: (event) => typed(event.target.value),
      }),
      chips: h('div', {}), notes: h('div', { class: 'notes' }), suggestions: h('div', {}), main: h('div', { class: 'main' }),
      status: h('p', { class: 'status', role: 'status', 'aria-live': 'polite' }),
    }
    places.question.value = before
    root.replaceChildren(
      h('link', { rel: 'stylesheet', href: STYLE }),
      h('section', { class: 'sidebar', lang: words.code, 'aria-label': words.sidebar },
        h('div', {}, h('div', { class: 'ask' }, places.question,
          h('button', { type: 'button', class: 'plain clear', title: words.clear, 'aria-label': words.clear, onclick: clear }, '×')),
          h('p', { class: 'hint' }, words.askHint)),
        places.chips, places.notes, places.suggestions, places.main, places.status))
  }

  /** A list being chosen from, a step reached, a box ticked stay; what had the focus keeps it. */
  function draw(part, inputs, make) {
    const before = drawn.get(part)
    if (before?.every((input, index) => Object.is(input, inputs[index]))) return
    drawn.set(part, inputs)
    const place = places[part]
    const focused = place.contains(root.activeElement) ? root.activeElement : null
    place.replaceChildren(...make())
    if (!focused) return
    const same = (it) => (focused.name ? it.name === focused.name : it.textContent === focused.textContent)
    const again = [...place.querySelectorAll('button, select, input')].find(same) ?? place.querySelector('[tabindex="-1"]')
    if (again) again.focus({ preventScroll: true })
    else lost()
  }

  /** busy: what stands there answers no question that is in the box. */
  function says(text, busy) {
    places.main.setAttribute('aria-busy', String(busy))
    places.status.textContent = text
  }
}
