/**
 * The sidebar as a page of its own. Inside a frame it listens to the page around it: a session and a ticket come in by message, what
 * the agent takes goes out. Only the origins that the service names for the space of this page's address are heard.
 */

import { any, fits } from './hosts.js'
import './kb-sidebar.js'

const FRESH = 20_000 // milliseconds in which a session that came may not have been asked for, or by who waits no more
const sidebar = document.createElement('kb-sidebar')
const space = new URLSearchParams(location.search).get('space')
let host = null // the origin that spoke first

if (space) sidebar.setAttribute('space', space)

if (window.parent !== window && any()) {
  const waiting = []
  let handed = null // { token, at }
  sidebar.session = async () => {
    if (!(Date.now() - handed?.at < FRESH)) await new Promise((resolve) => (waiting.push(resolve), tell('session-wanted')))
    return handed.token
  }

  window.addEventListener('message', ({ origin, source, data }) => {
    if (source !== window.parent || !fits(origin) || (host && origin !== host)) return
    if (data?.type === 'kb:session' && (typeof data.token === 'string' || data.token === null)) {
      host = origin
      handed = { token: data.token, at: Date.now() }
      for (const resolve of waiting.splice(0)) resolve()
      show() // now that there is a session
    }
    if (data?.type === 'kb:ticket' && typeof data.text === 'string' && host) {
      if (['string', 'number'].includes(typeof data.id)) sidebar.setAttribute('ticket', data.id)
      sidebar.ask(data.text, scopeOf(data.scope))
    }
  })

  const tell = (type) => window.parent.postMessage({ type: `kb:${type}` }, host ?? '*') // says nothing of any text
  sidebar.addEventListener('kb-insert', ({ detail }) => host && window.parent.postMessage({ type: 'kb:insert', ...detail }, host))
  tell('ready')
} else {
  show()
}

/** Put the sidebar where its shell stood, with what was typed there already. */
function show() {
  const shell = document.querySelector('.shell')
  const focused = document.activeElement === shell
  shell?.replaceWith(sidebar)
  if (shell?.value) sidebar.ask(shell.value)
  if (shell && focused) sidebar.focus()
}

function scopeOf(said) {
  const names = ['jurisdiction', 'product', 'tier', 'lang']
  return Object.fromEntries(names.filter((name) => ['string', 'number'].includes(typeof said?.[name])).map((name) => [name, said[name]]))
}
