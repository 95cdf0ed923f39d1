/** The service over HTTP: questions out, answers in. A token is asked for when it is needed, and kept nowhere else. */

/** An answer that is not one. kind: 'offline' | 'slow' | 'busy' | 'trouble' | 'signedOut' | 'refused' | 'missing' | 'wrong' */
export class ServiceError extends Error {
  constructor(kind, detail = '', retryAfter = 0) {
    super(detail || kind)
    this.kind = kind
    this.retryAfter = retryAfter
  }

  /** Whether the same question may well be answered a little later. */
  get passing() {
    return ['offline', 'slow', 'busy', 'trouble', 'signedOut'].includes(this.kind)
  }
}

const KINDS = { 401: 'signedOut', 403: 'refused', 404: 'missing', 409: 'wrong', 413: 'wrong', 422: 'wrong', 429: 'busy' }
export const SLOW = 8000 // milliseconds after which a request is given up

export class Client {
  #server
  #session
  #token = null // a promise of it

  /** server: its origin, as https://guidance.example; session: gives a fresh token, or null for the local demonstration. */
  constructor({ server, session = async () => null }) {
    this.#server = server
    this.#session = session
  }

  /** @param {string} path below /v1/; @param {object} query what is null, undefined or empty is left out */
  get(path, query, signal) {
    return this.#send(path, { query, signal })
  }

  post(path, body, signal) {
    return this.#send(path, { body, signal })
  }

  /** An article's page, for people; the address holds no token. */
  address(path) {
    return new URL(path, this.#server).href
  }

  async #send(path, request) {
    const used = this.#token ?? this.#renewed()
    try {
      return await this.#once(path, request, await used)
    } catch (error) {
      if (error.status !== 401 || (await used) === null) throw error
      if (this.#token === used) this.#renewed() // a session lasts fifteen minutes: ask for the next one, once
      return this.#once(path, request, await this.#token)
    }
  }

  /** One session for all who ask at the same time. Where there is none, the next one asks again. */
  #renewed() {
    const late = new Promise((_, reject) => setTimeout(reject, SLOW))
    const asked = Promise.race([(async () => this.#session())(), late]).then(usable).catch((error) => {
      throw new ServiceError(error instanceof TypeError ? 'offline' : 'signedOut') // the first is what fetch throws
    })
    const forget = () => { if (this.#token === asked) this.#token = null }
    asked.then((token) => token ?? forget(), forget)
    return (this.#token = asked)
  }

  async #once(path, { query, body, signal }, token) {
    const url = new URL(`/v1/${path}`, this.#server)
    for (const [name, value] of Object.entries(query ?? {})) {
      for (const one of [value].flat()) if (one !== null && one !== undefined && one !== '') url.searchParams.append(name, one)
    }
    const headers = { Accept: 'application/json' }
    if (body) headers['Content-Type'] = 'application/json'
    if (token) headers.Authorization = `Bearer ${token}`
    const response = await this.#fetch(url, {
      method: body ? 'POST' : 'GET',
      headers,
      body: body && JSON.stringify(body),
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'follow',
      signal,
    })
    return response.ok ? (response.status === 204 ? null : response.json()) : Promise.reject(await problem(response))
  }

  async #fetch(url, options) {
    const slow = new AbortController()
    const timer = setTimeout(() => slow.abort(), SLOW)
    options.signal?.addEventListener('abort', () => slow.abort())
    try {
      return await fetch(url, { ...options, signal: slow.signal })
    } catch (error) {
      if (options.signal?.aborted) throw error // whoever asked wants it no more
      throw new ServiceError(slow.signal.aborted ? 'slow' : 'offline')
    } finally {
      clearTimeout(timer)
    }
  }
}

/** A page on which one has to sign in first is no session. */
function usable(token) {
  if (/[^\w.~+/=-]/.test(token ?? '')) throw new Error('no session')
  return token
}

async function problem(response) {
  const said = await response.json().catch(() => ({}))
  const error = new ServiceError(KINDS[response.status] ?? 'trouble', said.detail, Number(response.headers.get('Retry-After')) || 0)
  error.status = response.status
  return error
}
