/**
 * The sidebar as a page of its own. Inside a frame it listens to the page around it: a session and a ticket come in by message, what
 * the agent takes goes out. Only the origins that the service names for the space of this page's address are heard.
 */

import './kb-sidebar.js'

const sidebar = document.createElement('kb-sidebar')
const hosts = (document.querySelector('meta[name="kb-hosts"]')?.content ?? '').split(' ').filter(Boolean)
const space = new URLSearchParams(location.search).get('space')
let host = null // the origin that spoke first

if (space) sidebar.setAttribute('space', space)

if (window.parent !== window && hosts.length) {
  const waiting = []
  let token = null
  sidebar.session = () =>
    token ? Promise.resolve(take()) : new Promise((resolve) => (waiting.push(resolve), tell('session-wanted')))

  window.addEventListener('message', ({ origin, source, data }) => {
    if (source !== window.parent || !hosts.some((pattern) => fits(origin, pattern)) || (host && origin !== host)) return
    if (data?.type === 'kb:session' && typeof data.token === 'string') {
      host = origin
      token = data.token
      for (const resolve of waiting.splice(0)) resolve(take())
      if (!sidebar.isConnected) document.body.append(sidebar) // now that there is a session
    }
    if (data?.type === 'kb:ticket' && typeof data.text === 'string' && host) sidebar.ask(data.text, scopeOf(data.scope))
  })

  const take = () => { const taken = token; token = null; return taken }
  const tell = (type) => window.parent.postMessage({ type: `kb:${type}` }, host ?? '*') // says nothing of any text
  sidebar.addEventListener('kb-insert', ({ detail }) => host && window.parent.postMessage({ type: 'kb:insert', ...detail }, host))
  tell('ready')
} else {
  document.body.append(sidebar)
}

/** Exactly, or any name below the domain of `https://*.example.com`. */
function fits(origin, pattern) {
  const [scheme, name] = pattern.split('://')
  return name.startsWith('*.') ? origin.startsWith(`${scheme}://`) && origin.endsWith(name.slice(1)) : origin === pattern
}

function scopeOf(said) {
  const names = ['jurisdiction', 'product', 'tier', 'lang']
  return Object.fromEntries(names.filter((name) => ['string', 'number'].includes(typeof said?.[name])).map((name) => [name, said[name]]))
}
