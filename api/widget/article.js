/** One article, opened beside the ticket: who to verify and where to escalate first, then the text; and its versions. */

import { factsOf, nameOf } from './answers.js'
import { backBar, button, fragmentOf, h } from './dom.js'
import { stepWalker } from './steps.js'

export function articleView(view) {
  const { article, words, acts, address } = view
  return h('article', { class: 'article', 'aria-label': article.title },
    backBar(acts.back, words.back,
      button(acts.history, words.history),
      h('a', { class: 'plain', href: address(article.url), target: '_blank', rel: 'noopener', title: words.openPage, 'aria-label': words.openPage }, '↗')),
    h('h1', { lang: article.lang, tabindex: '-1' }, article.title),
    article.description && h('p', { class: 'lead', lang: article.lang }, article.description),
    h('ul', { class: 'facts' }, factsOf(article, words).map(([kind, text]) => h('li', { class: kind }, text))),
    standing(view),
    news(view),
    firstThings(view),
    body(view),
    article.sources.length > 0 && h('p', { class: 'sources' }, `${words.sources}: ${article.sources.join('; ')}`),
    h('p', { class: 'version' }, `${article.id} · ${(article.commit ?? '').slice(0, 12)} · ${article.committed_at?.slice(0, 10) ?? ''}`),
    receipt(view),
    opinion(view))
}

function standing({ article, words }) {
  if (article.replaced_by) return h('p', { class: 'notice above' }, words.replacedBy(article.replaced_by))
  return !article.in_force && h('p', { class: 'notice above' }, words.notInForce)
}

/** That it is another text than the one that this reader knows. */
function news({ since, words, acts }) {
  return since && h('p', { class: 'notice changed' }, words.changedSince(since.read_at.slice(0, 10)), ' ',
    button(acts.changed, words.whatChanged))
}

/** What has to be read is acknowledged where it ends. */
function receipt({ waits, words, acts }) {
  return waits && h('p', { class: 'notice waits' }, words.mustReadThis, ' ',
    button(acts.acknowledge, words.acknowledge))
}

function firstThings({ article, words, taxonomy, acts }) {
  const { escalation, identity_check: check } = article
  if (!escalation && check === 'none') return null
  const collect = escalation?.collect ?? []
  return h('section', { class: 'first' },
    check !== 'none' && h('p', { class: 'check' }, words.identity[check]),
    escalation && h('div', {},
      h('p', {}, h('strong', {}, `${words.escalation}: `), nameOf(taxonomy, escalation.to), queueFacts(taxonomy, escalation.to)),
      escalation.when && h('p', {}, words.when(escalation.when)),
      collect.length > 0 && h('fieldset', {}, h('legend', {}, words.collect),
        collect.map((item) => h('label', {}, h('input', { type: 'checkbox' }), ` ${item}`)),
        button(acts.escalate, words.copyList))))
}

function queueFacts(taxonomy, id) {
  const queue = taxonomy?.queues[id]
  const facts = [queue?.contact, queue?.hours].filter(Boolean).join(', ')
  return facts ? ` (${facts})` : ''
}

function body(view) {
  const { article, hit, words, terms } = view
  const text = h('div', { class: 'body', lang: article.lang })
  text.append(fragmentOf(article.html))
  for (const section of text.querySelectorAll('section.kb-say')) sayBox(section, view)
  for (const section of text.querySelectorAll('section.kb-dont-say')) labelled(section, words.dontSay)
  for (const section of text.querySelectorAll('section.kb-internal')) labelled(section, words.internal)
  for (const section of text.querySelectorAll('section.kb-only')) labelled(section, words.onlyFor(section.dataset.name))
  for (const section of text.querySelectorAll('section.kb-tier')) labelled(section, words.fromTier(section.dataset.name))
  walkable(text, view)
  for (const table of text.querySelectorAll('table')) scrollable(table)
  if (terms) terms.mark(text, article.lang)
  if (hit?.anchor) found(text, hit.anchor)
  return text
}

function labelled(section, label) {
  section.prepend(h('p', { class: 'label' }, label))
}

/** What must be said word for word is a text of its own with its own two buttons, and cannot be edited. */
function sayBox(section, { words, acts }) {
  const text = section.textContent.trim().replace(/\n{2,}/g, '\n\n')
  labelled(section, words.say)
  section.append(h('div', { class: 'row' },
    button(() => acts.copy(text), words.copy),
    button(() => acts.insert(text), words.insert)))
}

/** The steps as they stand in the text become one guided walk, where the first of them stood. */
function walkable(text, { article, words, taxonomy, acts }) {
  const [first, ...others] = text.querySelectorAll('section.kb-step')
  if (!first || article.steps.length === 0) return
  first.replaceWith(stepWalker({ article, words, taxonomy, acts }))
  for (const section of others) section.remove()
}

function scrollable(table) {
  const frame = h('div', { class: 'scroll', tabindex: '0' })
  table.replaceWith(frame)
  frame.append(table)
}

/** Mark the part that answered: from its heading to the next one. */
function found(text, anchor) {
  const heading = [...text.querySelectorAll('[data-anchor]')].find((it) => it.dataset.anchor === anchor)
  if (!heading) return
  heading.classList.add('found')
  for (let next = heading.nextElementSibling; next && !/^H[1-6]$/.test(next.tagName); next = next.nextElementSibling) {
    next.classList.add('found')
  }
}

function opinion({ words, acts }) {
  const kinds = ['helpful', 'wrong', 'outdated', 'missing']
  return h('fieldset', { class: 'opinion' }, h('legend', {}, words.feedback),
    kinds.map((kind) => button(() => acts.report(kind), words[kind])))
}

/** since: the day of another reading. */
export function historyView({ article, versions, difference, chosen, since = null, words, acts }) {
  return h('article', { class: 'history', 'aria-label': words.history },
    backBar(acts.back, article.title),
    h('h1', { tabindex: '-1' }, since ? words.changedSince(since) : words.history),
    !since && versions.length < 2 && h('p', {}, words.noHistory),
    h('ol', { class: 'versions' }, versions.map((version, index) => versionRow(version, index, { chosen, words, acts }))),
    difference && h('section', { class: 'difference' }, h('h2', {}, since ? words.whatChanged : words.changes), figures(difference.facts), changedWords(difference.words)))
}

function versionRow(version, index, { chosen, words, acts }) {
  const people = [words.by(version.authors.join(', ')), version.approvers.length > 0 && words.approvedBy(version.approvers.join(', '))]
  return h('li', { 'aria-current': index === chosen && 'true' },
    button(() => acts.compare(index), words.version(version.number, version.at.slice(0, 10))),
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
    const said = text.replace(/^#+ |\*\*/gm, '')
    if (op === 'insert') return h('ins', {}, said)
    if (op === 'delete') return h('del', {}, said)
    return said.length > 240 ? `${said.slice(0, 100).replace(/\S*$/, '')}[…]${said.slice(-100).replace(/^\S*/, '')}` : said
  }))
}
