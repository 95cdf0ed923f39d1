/** The answer to one question: notices first, then the articles, best first. */

import { button, h, marked } from './dom.js'
import { readBefore } from './reading.js'

export function answerList(view) {
  const { answer, words, acts } = view
  return [
    ...notices(view),
    answer.hits.length > 0 &&
      h('ol', { class: 'hits', 'aria-label': words.sidebar },
        answer.hits.map((hit, index) => card(hit, index, view))),
    answer.leads.length > 0 && leads(view),
    !answer.answerable && h('button', { class: 'plain gap', type: 'button', onclick: acts.gap }, words.gap),
  ].filter(Boolean)
}

function notices({ answer, words, taxonomy, acts }) {
  const queue = answer.above_tier?.escalate_to
  return [
    !answer.answerable &&
      h('div', { class: 'notice doubt' }, h('strong', {}, words.refused), h('p', {}, inEnglish(words, answer.reason) ?? (answer.hits.length ? words.nearest : words.nothingInScope))),
    answer.above_tier &&
      h('div', { class: 'notice above' },
        h('strong', {}, words.escalate, queue && ` ${words.escalateTo(nameOf(taxonomy, queue))}`),
        h('p', {}, inEnglish(words, answer.above_tier.message) ?? words.aboveTierMeans)),
    answer.varies_by_jurisdiction.length > 0 &&
      h('div', { class: 'notice differs' },
        h('strong', {}, words.differs),
        h('div', { class: 'row' }, answer.varies_by_jurisdiction.map((code) =>
          button(() => acts.rescope({ jurisdiction: code }), placeName(taxonomy, code, words))))),
  ]
}

function card(hit, index, view) {
  const { selected, words, readings, acts } = view
  const before = readBefore(readings, hit)
  return h('li', { class: 'hit', 'aria-current': index === selected && 'true', 'data-id': hit.id },
    h('button', { class: 'title', type: 'button', name: `hit-${index}`, lang: hit.lang, onclick: () => acts.open(index) }, hit.title),
    hit.heading.length > 0 && h('p', { class: 'heading', lang: hit.lang }, hit.heading.join(' › ')),
    h('p', { class: 'snippet', lang: hit.lang }, marked(hit.snippet, hit.highlights)),
    h('p', { class: 'why' }, whyHere(hit.jurisdiction, view)),
    before && h('p', { class: 'changed' }, words.changedSince(before)),
    h('ul', { class: 'facts' }, factsOf(hit, words).map(([kind, text]) => h('li', { class: kind }, text))))
}

/** The service explains itself in English, and says more than its figures do. */
const inEnglish = (words, said) => (words.code === 'en' && said ? said : null)

/** Why a text applies where the customer is; the service names all the places, and what is replaced by its title. */
function whyHere({ asked, matched, overrides, why }, { words }) {
  const named = (before) => why.split(before)[1]
  const place = matched === 'all' ? words.everyPlaceText : words.placeText((!asked && named(' for ')) || matched)
  const inside = asked && matched !== 'all' && matched !== asked ? words.liesIn(asked, matched) : ''
  const replaced = overrides ? words.replaces(named('; replaces ') ?? overrides) : ''
  return inEnglish(words, why) ?? [place, inside, replaced, !asked && words.noPlaceAsked].filter(Boolean).join('; ')
}

/** What an agent must know of a text before using it, as [kind, words]; `warn` must not be overlooked. */
export function factsOf(it, words) {
  return [
    ['', words.tierN(it.tier)],
    ['', it.lang.toUpperCase()],
    it.effective_from && ['', words.from(it.effective_from)],
    it.effective_until && ['warn', words.until(it.effective_until)],
    it.status === 'deprecated' && ['warn', words.deprecated],
    it.review.state === 'overdue' && ['warn', words.overdue(it.review.by)],
    it.translation.state === 'behind' && ['warn', [words.behind, it.translation.facts.map((it) => `; ${it.old ?? '–'} → ${it.new ?? '–'}`)]],
    it.identity_check !== 'none' && ['check', words.identity[it.identity_check]],
  ].filter(Boolean)
}

function leads({ answer, words }) {
  return h('section', { class: 'leads' }, h('h2', {}, words.leads),
    h('ul', {}, answer.leads.map((lead) => h('li', {}, lead.title, ' ', h('small', {}, lead.outside.join('; '))))))
}

export function nameOf(taxonomy, queue) {
  return taxonomy?.queues[queue]?.name ?? queue
}

export function placeName(taxonomy, code, words) {
  const name = taxonomy?.jurisdictions.find((place) => place.code === code)?.name
  return name ? (name[words.code] ?? name.en) : code
}
