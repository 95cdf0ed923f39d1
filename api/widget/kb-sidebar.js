/** `<kb-sidebar>`: guidance beside the ticket. One tag, one element, one handle; its parts are the files beside this one. */

import { answerList, placeName } from './answers.js'
import { articleView } from './article.js'
import { asking } from './asking.js'
import { Client } from './client.js'
import { h } from './dom.js'
import { Terms } from './glossary.js'
import { historyView } from './history.js'
import { keyHelp, onKeys, slash } from './keys.js'
import { isoToday, scopeChips } from './scope.js'
import { cited, textToInsert } from './taking.js'
import { withoutSecrets } from './sensitive.js'
import { wordsFor } from './words.js'

const RECENT = 8

export class KbSidebar extends HTMLElement {
  static observedAttributes = ['lang']

  /** Gives a fresh session token, or null where none is needed. Set it before the element is attached. */
  session = async () => null

  #root = this.attachShadow({ mode: 'open' })
  #parts = {}
  #drawn = new Map() // part → what it was drawn from
  #client
  #asker
  #slash = slash(this, () => this.#parts.question.focus())
  #words
  #terms = null
  #recent = []
  #state = {
    scope: { jurisdiction: null, product: null, tier: null, lang: null, asOf: null },
    answer: null, receipt: null, question: '', redacted: [], suggestions: [],
    trouble: null, waiting: false, selected: 0, opened: null, history: null, help: false, said: '', taxonomy: null,
  }

  connectedCallback() {
    document.addEventListener('keydown', this.#slash)
    if (this.#client) return // attached again: everything is still there
    const server = this.getAttribute('server') || new URL(import.meta.url).origin
    this.#client = new Client({ server, session: () => this.session() })
    this.#words = wordsFor(this.lang || null)
    for (const name of ['jurisdiction', 'product']) this.#state.scope[name] = this.getAttribute(name)
    if (this.hasAttribute('tier')) this.#state.scope.tier = Number(this.getAttribute('tier'))
    this.#asker = asking({ client: this.#client, body: () => this.#question(), tell: (change) => this.#set(change) })
    this.#build(new URL('style.css', import.meta.url).href)
    onKeys(this, this.#root, this.#actions())
    this.#prepare()
  }

  disconnectedCallback() {
    this.#asker?.stop()
    document.removeEventListener('keydown', this.#slash)
  }

  attributeChangedCallback() {
    if (!this.#client) return
    this.#words = wordsFor(this.lang || null)
    this.#build(new URL('style.css', import.meta.url).href)
    this.#show()
  }

  /** Ask for the agent: what a host does with the ticket's text. scope: any of jurisdiction, product, tier, lang. */
  ask(text, scope = {}) {
    this.#state.scope = { ...this.#state.scope, ...scope }
    this.#parts.question.value = text
    this.#typed(text, { now: true })
  }

  /** The answer that is shown; null before the first. */
  get answer() {
    return this.#state.answer
  }

  async #prepare() {
    const place = { space: this.getAttribute('space') }
    const [taxonomy, glossary] = await Promise.allSettled([this.#client.taxonomy(place), this.#client.glossary(place)])
    if (glossary.status === 'fulfilled') this.#terms = new Terms(glossary.value.terms)
    this.#set(taxonomy.status === 'fulfilled' ? { taxonomy: taxonomy.value } : { trouble: taxonomy.reason })
  }

  #build(stylesheet) {
    const words = this.#words
    const { question: before } = this.#parts
    this.#drawn.clear()
    this.#parts = {
      question: h('textarea', {
        rows: '2', maxlength: '20000', 'aria-label': words.ask, placeholder: words.ask, spellcheck: 'true',
        oninput: (event) => this.#typed(event.target.value),
      }),
      chips: h('div', {}), notes: h('div', { class: 'notes' }), suggestions: h('div', {}), main: h('main', {}),
      status: h('p', { class: 'status', role: 'status', 'aria-live': 'polite' }),
    }
    if (before) this.#parts.question.value = before.value
    this.#root.replaceChildren(
      h('link', { rel: 'stylesheet', href: stylesheet }),
      h('div', { class: 'sidebar', lang: words.code },
        h('header', {}, h('div', { class: 'ask' }, this.#parts.question,
          h('button', { type: 'button', class: 'plain clear', title: words.clear, 'aria-label': words.clear, onclick: () => this.ask('') }, '×')),
          h('p', { class: 'hint' }, words.askHint)),
        this.#parts.chips, this.#parts.notes, this.#parts.suggestions, this.#parts.status, this.#parts.main))
  }

  #typed(text, options = {}) {
    const { text: shown, kinds } = withoutSecrets(text)
    if (kinds.length) this.#parts.question.value = shown
    this.#set({ question: shown, redacted: kinds.length ? kinds : shown ? this.#state.redacted : [], opened: null, history: null })
    this.#asker.changed(options)
  }

  #question() {
    const { scope, question } = this.#state
    return {
      q: question.trim(),
      space: this.getAttribute('space') ?? undefined,
      jurisdiction: scope.jurisdiction ?? undefined,
      products: scope.product ? [scope.product] : undefined,
      tier: scope.tier ?? undefined,
      lang: scope.lang ?? undefined,
      as_of: scope.asOf ?? undefined,
      context: this.getAttribute('ticket') ? { ticket_id: this.getAttribute('ticket') } : undefined,
    }
  }

  #rescope(change) {
    this.#set({ scope: { ...this.#state.scope, ...change }, opened: null, history: null })
    this.#asker.changed({ now: true })
  }

  #set(change) {
    Object.assign(this.#state, change)
    if (change.answer) this.#remember(change.answer)
    this.#show()
  }

  #remember(answer) {
    this.#state.selected = 0
    this.#recent = [answer.query.text, ...this.#recent.filter((text) => text !== answer.query.text)].slice(0, RECENT)
    this.dispatchEvent(new CustomEvent('kb-answer', { detail: { answer }, bubbles: true, composed: true }))
  }

  #show() {
    const { taxonomy, scope, answer, trouble, redacted, suggestions, question, opened, history, help, selected, said } = this.#state
    const words = this.#words
    const inferred = answer?.query.inferred.jurisdiction ?? null
    this.#draw('chips', [taxonomy, scope, inferred, words], () =>
      [scopeChips({ taxonomy, scope, inferred, words, onchange: (change) => this.#rescope(change) })])
    this.#draw('notes', [taxonomy, scope, inferred, trouble, redacted, words], () => this.#notes(inferred))
    this.#draw('suggestions', [suggestions, answer, question === '', opened, words], () => this.#suggested())
    this.#draw('main', [answer, opened, history, help, taxonomy, opened ? null : selected, words], () => this.#main())
    this.#parts.status.textContent = said || this.#counted()
  }

  /** Draw a part anew only when what it shows has changed: a list being chosen from, a step reached, a box ticked stay. */
  #draw(part, inputs, make) {
    const before = this.#drawn.get(part)
    if (before?.every((input, index) => Object.is(input, inputs[index]))) return
    this.#drawn.set(part, inputs)
    this.#parts[part].replaceChildren(...make())
  }

  #counted() {
    const { waiting, answer, opened } = this.#state
    if (waiting && !answer) return this.#words.waiting
    if (!answer || opened) return ''
    return answer.hits.length ? this.#words.found(answer.hits.length) : this.#words.nothing
  }

  #notes(inferred) {
    const { scope, trouble, redacted, taxonomy } = this.#state
    const words = this.#words
    const kinds = redacted.map((kind) => words.kinds[kind] ?? kind.replace(/_/g, ' ')).join(', ')
    return [
      scope.asOf && scope.asOf !== isoToday() &&
        h('div', { class: 'banner past', role: 'alert' }, h('strong', {}, words.asOf(scope.asOf)), ' ',
          h('button', { type: 'button', class: 'plain', onclick: () => this.#rescope({ asOf: null }) }, words.backToToday)),
      trouble && h('div', { class: 'banner trouble', role: 'alert' },
        h('p', {}, words.why[trouble.kind] ?? words.why.trouble, trouble.passing ? ` ${words.retrying}` : ` ${trouble.message}`),
        trouble.passing && h('button', { type: 'button', class: 'plain', onclick: () => this.#asker.changed({ now: true }) }, words.tryNow)),
      kinds && h('p', { class: 'banner redacted', role: 'alert' }, words.redacted(kinds)),
      !scope.jurisdiction && inferred && h('p', { class: 'inference' }, words.inferredPlace(placeName(taxonomy, inferred, words)), ' ',
        h('button', { type: 'button', class: 'plain', onclick: () => this.#rescope({ jurisdiction: inferred }) }, words.keep)),
      taxonomy?.reader.includes('demo') && h('p', { class: 'demo' }, words.demo),
    ].filter(Boolean)
  }

  #suggested() {
    const { suggestions, answer, question, opened } = this.#state
    const words = this.#words
    if (opened || answer) return []
    if (!question && this.#recent.length) {
      return [h('section', { class: 'suggestions' }, h('h2', {}, words.recent), h('ul', {}, this.#recent.map((text) =>
        h('li', {}, h('button', { type: 'button', class: 'plain', onclick: () => this.ask(text) }, text)))))]
    }
    if (!suggestions.length) return []
    return [h('section', { class: 'suggestions' }, h('h2', {}, words.suggestions), h('ul', {}, suggestions.map((it) =>
      h('li', {}, h('button', { type: 'button', class: 'plain', lang: it.lang, onclick: () => this.#read(it.id) }, it.title)))))]
  }

  #main() {
    const { answer, selected, opened, history, help, taxonomy } = this.#state
    const words = this.#words
    if (help) return [keyHelp(words, () => this.#help(false))]
    if (history) return [historyView({ ...history, article: opened.article, words, onback: () => this.#leaveHistory(), onchoose: (index) => this.#compare(index) })]
    if (opened) {
      return [articleView({
        ...opened, words, taxonomy, terms: this.#terms, address: (path) => this.#client.address(path),
        oncopy: (text) => this.#copy(text), oninsert: (text) => this.#insert(text), onback: () => this.#back(),
        onhistory: () => this.#past(), onfeedback: (kind) => this.#report(kind),
      })]
    }
    if (!answer) return []
    return answerList({
      answer, selected, words, taxonomy, onopen: (index) => this.#open(index),
      onplace: (code) => this.#rescope({ jurisdiction: code }), ongap: () => this.#report('missing'),
    })
  }

  async #open(index) {
    const hit = this.#state.answer.hits[index]
    this.#state.selected = index
    await this.#read(hit.id, hit)
  }

  async #read(id, hit = null) {
    const { space, jurisdiction, tier, as_of } = this.#question()
    const inferred = this.#state.answer?.query.inferred.jurisdiction ?? undefined
    try {
      const article = await this.#client.article(id, { space, jurisdiction: jurisdiction ?? inferred, tier, as_of })
      this.#set({ opened: { article, hit }, history: null, said: '', trouble: null })
      ;(this.#root.querySelector('.body .found') ?? this.#root.querySelector('article h1'))?.scrollIntoView({ block: 'center' })
      this.#root.querySelector('article h1')?.focus({ preventScroll: true })
      this.#note('opened', article, hit?.anchor)
      this.dispatchEvent(new CustomEvent('kb-opened', { detail: { id, commit: article.commit }, bubbles: true, composed: true }))
    } catch (error) {
      this.#set({ trouble: error })
    }
  }

  #back() {
    if (this.#state.help) return this.#help(false)
    if (this.#state.history) return this.#leaveHistory()
    if (!this.#state.opened) return this.#parts.question.focus()
    this.#set({ opened: null, said: '' })
    this.#focusHit()
  }

  #help(help) {
    this.#set({ help })
    if (help) this.#root.querySelector('.keys button').focus()
    else if (!this.#focusHit()) this.#parts.question.focus()
  }

  #leaveHistory() {
    this.#set({ history: null })
    this.#root.querySelector('article h1')?.focus()
  }

  async #past() {
    const { opened } = this.#state
    if (!opened) return
    const { space, jurisdiction, tier } = this.#question()
    try {
      const { versions } = await this.#client.history(opened.article.id, { space, jurisdiction, tier })
      this.#set({ history: { versions, difference: null, chosen: null } })
      if (versions.length > 1) await this.#compare(0)
      this.#root.querySelector('.history h1')?.focus()
    } catch (error) {
      this.#set({ trouble: error })
    }
  }

  async #compare(index) {
    const { opened, history } = this.#state
    const { space, jurisdiction, tier } = this.#question()
    const [to, from] = [history.versions[index], history.versions[index + 1]]
    const difference = from
      ? await this.#client.difference(opened.article.id, { space, jurisdiction, tier, from: String(from.number), to: String(to.number) })
      : null
    this.#set({ history: { ...history, chosen: index, difference } })
  }

  async #report(verdict) {
    const { answer, opened, question } = this.#state
    try {
      await this.#client.feedback({
        verdict,
        space: this.getAttribute('space') ?? undefined,
        receipt: answer?.receipt ?? undefined,
        article: opened?.article.id,
        comment: answer?.receipt ? undefined : question.slice(0, 2000) || undefined, // the receipt holds the question
      })
      this.#set({ said: this.#words.reported })
    } catch (error) {
      this.#set({ trouble: error })
    }
  }

  /** What `i` and `c` take: the selection, else what must be said word for word, else the passage. Null where it is guarded. */
  #taken() {
    const taken = textToInsert({ root: this.#root, ...this.#state })
    if (taken?.guarded) this.#set({ said: this.#words.guarded })
    return taken?.guarded ? null : taken
  }

  #insert(text = null) {
    const taken = text === null ? this.#taken() : { text, source: this.#state.opened?.article }
    if (!taken) return
    const detail = { text: taken.text, cited: cited(taken, this.#words), source: { id: taken.source?.id, commit: taken.source?.commit } }
    this.dispatchEvent(new CustomEvent('kb-insert', { detail, bubbles: true, composed: true }))
    if (taken.source) this.#note('inserted', taken.source)
    this.#set({ said: this.#words.inserted })
  }

  /** What the agent did, for the audit trail. It must never stand in the way of work: a failure is dropped. */
  #note(kind, article, anchor) {
    const receipt = this.#state.answer?.receipt ?? undefined
    const event = { kind, space: this.getAttribute('space') ?? undefined, article: article.id, receipt, anchor, commit: article.commit ?? undefined }
    this.#client.events({ events: [{ ...event, ticket_id: this.getAttribute('ticket') ?? undefined }] }).catch(() => {})
  }

  async #copy(text = null) {
    const taken = text === null ? this.#taken() : { text, source: null }
    if (!taken) return
    try {
      await navigator.clipboard.writeText(text === null ? cited(taken, this.#words) : text)
      this.#set({ said: this.#words.copied })
    } catch {
      this.#set({ said: this.#words.cannotCopy })
    }
  }

  #move(step) {
    const { answer, opened } = this.#state
    if (!answer?.hits.length || opened) return
    this.#set({ selected: Math.min(Math.max(this.#state.selected + step, 0), answer.hits.length - 1) })
    this.#focusHit()
  }

  #focusHit() {
    const title = this.#root.querySelectorAll('.hit .title')[this.#state.selected]
    title?.focus()
    title?.closest('.hit').scrollIntoView({ block: 'nearest' })
    return Boolean(title)
  }

  #actions() {
    return {
      write: () => this.#parts.question.focus(), next: () => this.#move(1), previous: () => this.#move(-1),
      down: () => this.#focusHit(), back: () => this.#back(), insert: () => this.#insert(), copy: () => this.#copy(),
      wrong: () => this.#report('wrong'), outdated: () => this.#report('outdated'), gap: () => this.#report('missing'),
      history: () => this.#past(), help: () => this.#help(!this.#state.help),
      keep: () => { const place = this.#state.answer?.query.inferred.jurisdiction; if (place) this.#rescope({ jurisdiction: place }) },
    }
  }
}

if (!customElements.get('kb-sidebar')) customElements.define('kb-sidebar', KbSidebar)
