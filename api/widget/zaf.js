/**
 * The messages of the Zendesk App Framework, version 2, as far as the sidebar needs them: the host's frame is told apart by its
 * origin, which the space names, and its address, which Zendesk puts into ours. docs/decisions/0009-zendesk-and-chrome.md says why not by its SDK.
 */

const VERSION = '2.0.0' // of the messages
const PATIENCE = 20_000 // milliseconds

export class Zaf {
  #guid
  #asked = new Map() // number → what waits for the answer
  #handlers = new Map() // event → functions
  #numbers = 0

  /**
   * @param {(origin: string) => boolean} known whether the space lets this origin frame it
   * @param {string} address this page's own
   * @returns {Zaf | null} null where no known Zendesk is around this page
   */
  static inside(known, address = location.href) {
    const { searchParams, hash } = new URL(address)
    const behind = new URLSearchParams(hash.slice(1))
    const said = (name) => searchParams.get(name) ?? behind.get(name)
    const [origin, guid] = [said('origin'), said('app_guid')]
    return window.parent !== window && origin && guid && known(origin) ? new Zaf(origin, guid, said('instance_guid') ?? guid) : null
  }

  constructor(origin, guid, instance) {
    this.origin = origin
    this.#guid = { appGuid: guid, instanceGuid: instance }
    window.addEventListener('message', (event) => this.#heard(event))
    /** What the host says of the app and where it stands, once it has let us in: { metadata, context }. */
    this.registered = new Promise((resolve) => this.#handlers.set('app.registered', [resolve]))
    this.#post({ key: 'iframe.handshake', message: { version: VERSION } })
  }

  /** @param {string[]} paths as ticket.subject; what the host does not have is missing in the answer */
  get(paths) {
    return this.#ask('get', paths)
  }

  /** @param {string} action as comment.appendText */
  invoke(action, ...values) {
    return this.#ask('invoke', { [action]: values })
  }

  /** Listen to one of the host's events, as ticket.comments.changed. */
  on(event, handler) {
    const handlers = [...(this.#handlers.get(event) ?? []), handler]
    this.#handlers.set(event, handlers)
    this.#post({ key: `iframe.on:${event}`, message: { subscriberCount: handlers.length } })
  }

  /** Let Zendesk's proxy send a request; it fills in secure settings, which never come into this page. */
  request(options) {
    const key = `request:${++this.#numbers}`
    return settled((resolve, reject) => {
      this.on(`${key}.done`, ({ responseArgs }) => resolve(responseArgs[0]))
      this.on(`${key}.fail`, ({ responseArgs }) => reject(new Error(`the proxy answered ${responseArgs?.[0]?.status ?? 'nothing'}`)))
      this.#post({ key, message: options })
    }).finally(() => ['done', 'fail'].forEach((end) => this.#handlers.delete(`${key}.${end}`)))
  }

  #ask(request, params) {
    const id = ++this.#numbers
    return settled((resolve, reject) => {
      this.#asked.set(id, { resolve, reject })
      this.#post({ id, request, params })
    }).finally(() => this.#asked.delete(id))
  }

  #post(message) {
    window.parent.postMessage(JSON.stringify({ ...message, ...this.#guid }), this.origin)
  }

  #heard({ origin, source, data }) {
    if (origin !== this.origin || source !== window.parent) return
    const said = typeof data === 'string' ? parsed(data) : data
    const waiting = this.#asked.get(said?.id)
    if (waiting) return said.error ? waiting.reject(new Error(said.error.message ?? String(said.error))) : waiting.resolve(said.result)
    if (typeof said?.key !== 'string' || !said.key.startsWith('zaf.')) return
    for (const handler of this.#handlers.get(said.key.slice(4)) ?? []) handler(said.message)
  }
}

function settled(begin) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('Zendesk does not answer')), PATIENCE)
    begin(resolve, reject)
  })
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
