/** What changed, asked question by question; the service marks the answers. */

import { backBar, button, h } from './dom.js'

export const drillsAt = (team) => `teams/${encodeURIComponent(team)}/drills`

/** The drills of one's teams that one has not tried yet: the first try counts. A team that is out of reach gives none. */
export async function drillsOf(client, space, teams) {
  const found = await Promise.allSettled(teams.map((team) => client.get(drillsAt(team), { space })))
  return found.flatMap(({ value }, index) => value?.drills.filter((it) => !it.practice).map((it) => ({ ...it, team: teams[index] })) ?? [])
}

/** @returns {HTMLElement} a walk through the drills, which keeps its own place; `mark` sends answers, and gives null in trouble */
export function drillWalk({ drills, words, mark, acts }) {
  const left = [...drills]
  let answers = []
  const place = h('section', { class: 'drill', 'aria-label': words.drill })
  ask()
  return place

  function ask() {
    const { questions, lang } = left[0]
    const { options, ...question } = questions[answers.length]
    show(
      h('p', { class: 'why' }, `${answers.length + 1} / ${questions.length}`),
      h('div', { class: 'question', lang }, h('p', { tabindex: '-1' }, sentence(question, h('mark', {}, ' ? '))),
        h('div', { class: 'choices' }, options.map((option, index) => button(() => choose(index), option)))))
  }

  async function choose(index) {
    const given = [...answers, index]
    if (given.length < left[0].questions.length) {
      answers = given
      return ask()
    }
    const marked = await mark(left[0], given)
    if (marked && place.isConnected) result(marked, given)
  }

  function result({ score, certified, practice, answers: right }, given) {
    const { questions, lang } = left[0]
    show(
      h('p', { class: `ending ${certified ? 'done' : 'above'}`, tabindex: '-1' }, `${score} % · ${certified ? words.certified : practice ? words.practised : words.notCertified}`),
      h('ul', { class: 'versions' }, questions.map(({ options, ...question }, index) => {
        const good = given[index] === right[index]
        return h('li', {}, h('strong', {}, `${good ? words.right : words.wrong}: `),
          h('span', { lang }, sentence(question, [!good && [h('del', {}, options[given[index]]), ' '], h('ins', {}, options[right[index]])])))
      })),
      ...next(score))
  }

  function next(score) {
    answers = []
    return [score < 100 && button(ask, words.practise), left.length > 1 && button(() => (left.shift(), ask()), words.next)]
  }

  function show(...parts) {
    const { title, lang } = left[0]
    place.replaceChildren(backBar(acts.back, words.close), h('h2', { lang }, title), ...parts.filter(Boolean))
    place.querySelector('[tabindex]').focus()
  }

  function sentence({ asks, before, after, heading }, gap) {
    return before || after ? [before, gap, after] : [heading.join(' › '), ' ', words.asks[asks], ' ', gap]
  }
}
