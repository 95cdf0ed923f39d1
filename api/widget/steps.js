/** Guided troubleshooting, one question at a time: back, start again, and a trail of what was done. */

import { nameOf } from './answers.js'
import { button, h } from './dom.js'

/** @returns {HTMLElement} a walk through the article's steps, which keeps its own place */
export function stepWalker({ article, words, taxonomy, acts }) {
  const byName = new Map(article.steps.map((step) => [step.name, step]))
  const trail = [] // { step, answer }
  const place = h('section', { class: 'walk', 'aria-label': words.steps })
  show()
  return place

  function show(focus = false) {
    const last = trail.at(-1)?.answer
    const step = last ? byName.get(last.step) : article.steps[0]
    place.replaceChildren(
      ...[
        h('h2', { tabindex: '-1' }, words.steps),
        trail.length > 0 && h('ol', { class: 'trail' }, trail.map(({ step: it, answer }) => h('li', {}, h('span', {}, plain(it.question)), ' ', h('strong', {}, answer.text)))),
        step ? question(step) : ending(last),
        trail.length > 0 && controls(),
      ].filter(Boolean))
    if (focus) place.querySelector('.choices button, .ending')?.focus()
  }

  function question(step) {
    return h('div', { class: 'question', lang: article.lang }, h('p', {}, plain(step.question)),
      h('div', { class: 'choices' }, step.answers.map((answer) =>
        h('button', { type: 'button', onclick: () => (trail.push({ step, answer }), show(true)) }, answer.text))))
  }

  function ending(last) {
    const escalated = last.escalate !== null
    return h('p', { class: `ending ${escalated ? 'above' : 'done'}`, tabindex: '-1' },
      h('strong', {}, escalated ? `${words.escalate}: ` : `${words.resolved}. `),
      escalated ? nameOf(taxonomy, last.escalate) : (last.resolved ?? ''))
  }

  function controls() {
    return h('div', { class: 'row' },
      button(() => (trail.pop(), show(true)), words.stepBack),
      button(() => (trail.splice(0), show(true)), words.restart),
      button(() => acts.copy(written()), words.trail))
  }

  function written() {
    const lines = trail.map(({ step, answer }, index) => `${index + 1}. ${plain(step.question)} ${answer.text}`)
    const last = trail.at(-1).answer
    if (last.escalate !== null) lines.push(`${words.escalate}: ${nameOf(taxonomy, last.escalate)}`)
    if (last.resolved) lines.push(`${words.resolved}: ${last.resolved}`)
    return [`${article.title} (${article.id})`, ...lines].join('\n')
  }
}

const plain = (markdown) => markdown.replace(/[*_`]+/g, '').replace(/\s+/g, ' ').trim()
