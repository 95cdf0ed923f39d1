/** `<kb-sidebar>`: guidance beside the ticket. One tag, one element, one handle; its parts are the files beside this one. */

import { answerList } from './answers.js'
import { articleView, historyView } from './article.js'
import { asking } from './asking.js'
import { Client } from './client.js'
import { Terms } from './glossary.js'
import { keyHelp, onKeys, slash } from './keys.js'
import { mustReadList, notes, statusOf, suggestions } from './notes.js'
import { parts } from './parts.js'
import { reading, waitsFor } from './reading.js'
import { inferredFrom, placeOf, questionOf, scopeChips } from './scope.js'
import { withoutSecrets } from './sensitive.js'
import { taking } from './taking.js'
import { telling } from './telling.js'
import { wordsFor } from './words.js'

const RECENT = 8
const SIGNS = ['online', 'focus']
const LOOK_AGAIN = 300_000 // milliseconds after which the service is asked what has to be read

export class KbSidebar extends HTMLElement {
  static observedAttributes = ['lang']

  /** Gives a fresh session token, or null where none is needed. A page may set it before this file is there, or right after. */
  session = this.session ?? (async () => null)

  #root = this.attachShadow({ mode: 'open' })
  #parts = parts(this.#root, () => this.#focusHit() || this.focus()) // keys are heard inside alone
  #client
  #asker
  #reading
  #acts
  #slash = slash(this, () => this.#acts.write())
  #again = () => this.#state.trouble?.passing && this.#retry() // back online, or from the page where one signs in
  #words
  #terms = null
  #recent = []
  #clock
  #down = false // whether to go to the answer as soon as it is there
  #ticket = null // the product that a host named, and how its question begins
  #state = {
    scope: { jurisdiction: null, product: null, tier: null, lang: null, asOf: null },
    answer: null, question: '', redacted: [], suggestions: [], trouble: null, waiting: false, slow: false, selected: 0,
    opened: null, history: null, help: false, listing: false, said: '', taxonomy: null, readings: null, mustReads: null, drills: [], drill: null,
  }

  connectedCallback() {
    document.addEventListener('keydown', this.#slash)
    for (const sign of SIGNS) window.addEventListener(sign, this.#again)
    this.#clock = setInterval(() => document.hidden || this.#reading.mustReads(), LOOK_AGAIN)
    if (this.#client) return // attached again: everything is still there
    const server = this.getAttribute('server') || new URL(import.meta.url).origin
    this.#client = new Client({ server, session: () => this.session() })
    this.#words = wordsFor(this.lang || null)
    for (const name of ['jurisdiction', 'product']) this.#state.scope[name] = this.getAttribute(name)
    if (this.hasAttribute('tier')) this.#state.scope.tier = Number(this.getAttribute('tier'))
    this.#asker = asking({ client: this.#client, body: () => this.#question(), tell: (change) => this.#told(change) })
    const sidebar = { client: this.#client, state: () => this.#state, set: (change) => this.#set(change), words: () => this.#words }
    const { report, note } = telling({ ...sidebar, about: () => ({ space: this.#space, ticket: this.getAttribute('ticket') }) })
    this.#reading = reading({ ...sidebar, note, place: () => placeOf(this.#state, this.#space), find: (selector) => this.#root.querySelector(selector) })
    const taken = taking({ ...sidebar, note, root: this.#root, tell: (detail) => this.#emit('kb-insert', detail) })
    this.#acts = { ...this.#actions(report), ...taken }
    this.#build()
    onKeys(this, this.#root, this.#acts)
    setTimeout(() => {
      this.#prepare()
      this.#reading.mustReads()
    }) // the next script on the page may set the session
  }

  disconnectedCallback() {
    this.#asker?.stop()
    document.removeEventListener('keydown', this.#slash)
    for (const sign of SIGNS) window.removeEventListener(sign, this.#again)
    clearInterval(this.#clock)
  }

  attributeChangedCallback() {
    if (!this.#client) return
    this.#words = wordsFor(this.lang || null)
    this.#build()
    this.#show()
  }

  /** Ask for the agent: what a host does with the ticket's text. scope: any of jurisdiction, product, tier, lang. */
  ask(text, scope = {}) {
    this.#state.scope = { ...this.#state.scope, ...scope }
    if (scope.product) this.#ticket = { product: scope.product, begins: withoutSecrets(text).text.slice(0, 3) }
    this.#parts.question().value = text
    this.#typed(text, { now: true })
  }

  /** Go to the question. */
  focus() {
    this.#parts.question()?.focus()
  }

  /** The answer that is shown; null before the first. */
  get answer() {
    return this.#state.answer
  }

  /** What stands in the box; secrets are struck out of it already. */
  get question() {
    return this.#state.question
  }

  /** What a question can be about, as the service lists it; null until it is there. */
  get taxonomy() {
    return this.#state.taxonomy
  }

  get #space() {
    return this.getAttribute('space') ?? undefined
  }

  /** What is read once: the lists to choose from, and the glossary. */
  async #prepare() {
    const place = { space: this.#space }
    const lists = this.#client.get('taxonomy', place)
    this.#client.get('glossary', place).then(({ terms }) => (this.#terms = new Terms(terms)), () => {}) // articles are read without it
    try {
      this.#set({ taxonomy: await lists })
    } catch (trouble) {
      return this.#set({ trouble })
    }
    this.dispatchEvent(new CustomEvent('kb-ready'))
  }

  #build() {
    this.#parts.build(this.#words, { typed: (text) => this.#typed(text), clear: () => this.ask('') })
  }

  #typed(text, options = {}) {
    const { text: shown, kinds } = withoutSecrets(text)
    if (kinds.length) this.#parts.question().value = shown
    const redacted = kinds.length ? kinds : shown ? this.#state.redacted : []
    const scope = { ...this.#state.scope }
    if (this.#ticket && !shown.startsWith(this.#ticket.begins)) { // another question of the same customer
      if (scope.product === this.#ticket.product) scope.product = null
      this.#ticket = null
    }
    this.#down = false
    this.#set({ question: shown, scope, redacted, opened: null, history: null, listing: false, drill: null })
    this.#asker.changed(options)
  }

  #question() {
    return questionOf(this.#state, this.#space, this.getAttribute('ticket'))
  }

  get #inferred() {
    return inferredFrom(this.#state)
  }

  #rescope(change) {
    const answer = 'asOf' in change ? null : this.#state.answer // of another day: never shown under the banner of this one
    this.#set({ scope: { ...this.#state.scope, ...change }, answer, opened: null, history: null, drill: null })
    this.#asker.changed({ now: true })
  }

  #keep() {
    const inferred = Object.entries(this.#inferred).filter(([, value]) => value)
    if (inferred.length) this.#rescope(Object.fromEntries(inferred))
  }

  #retry() {
    if (!this.#state.taxonomy) this.#prepare()
    this.#asker.changed({ now: true })
  }

  /** What became of a question. */
  #told(change) {
    const { answer } = change
    if (!answer) return this.#set(change)
    const before = this.#state.answer?.index.commit
    const updated = before && before !== answer.index.commit && !this.#state.scope.asOf
    this.#recent = [answer.query.text, ...this.#recent.filter((text) => text !== answer.query.text)].slice(0, RECENT)
    this.#set({ ...change, selected: 0, said: updated ? this.#words.updated : '' })
    if (!this.#state.taxonomy) this.#prepare() // it was out of reach when the page was opened
    if (updated || !this.#state.mustReads) this.#reading.mustReads()
    this.#reading.look(answer.hits.map((hit) => hit.id))
    if (this.#down) this.#goDown()
    this.#emit('kb-answer', { answer })
  }

  #emit(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, { detail, bubbles: true, composed: true }))
  }

  #set(change) {
    Object.assign(this.#state, change)
    this.#show()
  }

  #show() {
    const { taxonomy, scope, answer, trouble, redacted, question, opened, history, help, listing, selected, readings, mustReads, drills, drill } = this.#state
    const [words, inferred] = [this.#words, this.#inferred]
    const read = [inferred.jurisdiction, inferred.product]
    const mended = Object.entries(answer?.query.mended ?? {}).map((pair) => pair.join(' → ')).join(', ')
    this.#parts.draw('chips', [taxonomy, scope.jurisdiction, scope.product, scope.tier, scope.lang, ...read, words], () =>
      [scopeChips({ taxonomy, scope, inferred, words, onchange: this.#acts.rescope })])
    const day = this.#root.querySelector('[name=as-of]') // stays where it is while a date is typed into it
    if (day && day.validity.valid && day.value !== (scope.asOf ?? '')) day.value = scope.asOf ?? ''
    this.#parts.draw('notes', [taxonomy, scope, ...read, mended, trouble, redacted, mustReads, drills, words], () =>
      notes({ state: this.#state, inferred, mended, words, acts: this.#acts }))
    this.#parts.draw('suggestions', [this.#state.suggestions, answer, question === '', opened, words], () =>
      suggestions({ state: this.#state, recent: this.#recent, words, acts: this.#acts }))
    const inside = help ? [] : opened ? [waitsFor(this.#state, opened.article)] : [selected, readings, listing && mustReads]
    this.#parts.draw('main', [answer, opened, history, help, listing, drill, taxonomy, words, ...inside], () => this.#main())
    this.#parts.says(statusOf(this.#state, words), this.#state.waiting || Boolean(trouble?.again))
  }

  #main() {
    const { answer, selected, opened, history, help, listing, taxonomy, readings, mustReads, drill } = this.#state
    const [words, acts] = [this.#words, this.#acts]
    if (help) return [keyHelp(words, acts.help)]
    if (drill) return [drill]
    if (listing) return [mustReadList({ mustReads, words, acts })]
    if (history) return [historyView({ ...history, article: opened.article, words, acts })]
    if (opened) {
      const waits = waitsFor(this.#state, opened.article)
      return [articleView({ ...opened, waits, words, taxonomy, terms: this.#terms, address: (path) => this.#client.address(path), acts })]
    }
    return answer ? answerList({ answer, selected, words, taxonomy, readings, acts }) : []
  }

  #open(index) {
    this.#state.selected = index
    const hit = this.#state.answer.hits[index]
    return this.#read(hit.id, hit)
  }

  async #read(id, hit = null) {
    const article = await this.#reading.read(id, hit)
    if (article) this.#emit('kb-opened', { id, commit: article.commit })
  }

  #back() {
    if (this.#state.help) return this.#help(false)
    if (this.#state.history) return this.#reading.back()
    if (!this.#state.opened && !this.#state.listing && !this.#state.drill) return this.focus()
    if (this.#state.opened?.listed) return this.#list()
    if (this.#state.drill) this.#reading.mustReads() // what one has tried waits no more
    this.#set({ opened: null, listing: false, drill: null, said: '' })
    this.#reading.look(this.#state.answer?.hits.map((hit) => hit.id) ?? [])
    if (!this.#focusHit()) this.focus()
  }

  #help(help) {
    this.#set({ help, said: '' })
    if (help) this.#root.querySelector('.keys button').focus()
    else if (!this.#focusHit()) this.focus()
  }

  #list() {
    if (!this.#state.mustReads?.articles.length) return this.#set({ said: this.#words.nothingWaits })
    this.#set({ listing: true, opened: null, history: null, drill: null })
    this.#root.querySelector('.must-reads .title').focus()
  }

  #move(step) {
    const { answer, opened } = this.#state
    if (!answer?.hits.length || opened) return
    this.#set({ selected: Math.min(Math.max(this.#state.selected + step, 0), answer.hits.length - 1) })
    this.#focusHit()
  }

  /** Go to the answer that is chosen; where there is none, to what can be done about that, or to what is open. */
  #focusHit() {
    const target = this.#root.querySelectorAll('.hit .title')[this.#state.selected] ?? this.#root.querySelector('.main :is(.gap, [tabindex="-1"])')
    target?.focus()
    target?.closest('.hit')?.scrollIntoView({ block: 'nearest' })
    return Boolean(target)
  }

  /** What stood there before is no answer to what was typed since. */
  #goDown() {
    this.#down = this.#state.waiting && this.#root.activeElement === this.#parts.question()
    if (!this.#down) this.#focusHit()
  }

  /** What keys and buttons do, beside taking. */
  #actions(report) {
    const { history, changed, acknowledge, compare, drill } = this.#reading
    return {
      history, changed, acknowledge, compare, report, drill: () => drill(this.#acts), mustReads: () => this.#list(),
      wrong: () => report('wrong'), outdated: () => report('outdated'), gap: () => report('missing'),
      write: () => ((this.#down = false), this.focus()), ask: (text) => this.ask(text), retry: () => this.#retry(),
      rescope: (change) => this.#rescope(change), keep: () => this.#keep(),
      correct: () => (this.#root.querySelector('.chip.inferred select') ?? this.#root.querySelector('.chip select'))?.focus(),
      next: () => this.#move(1), previous: () => this.#move(-1), down: () => this.#goDown(),
      open: (index) => this.#open(index), read: (id) => this.#read(id), back: () => this.#back(), help: () => this.#help(!this.#state.help),
    }
  }
}

if (!customElements.get('kb-sidebar')) customElements.define('kb-sidebar', KbSidebar)
