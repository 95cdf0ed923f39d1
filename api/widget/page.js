/**
 * The sidebar as a page of its own. Inside a frame it listens to the page around it: a session and a ticket come in by message, what
 * the agent takes goes out. Only the origins that the service names for this space are heard.
 */

import './kb-sidebar.js'

const sidebar = document.createElement('kb-sidebar')
const hosts = (document.querySelector('meta[name="kb-hosts"]')?.content ?? '').split(' ').filter(Boolean)
let host = null // the origin that spoke first

if (window.parent !== window && hosts.length) {
  const waiting = []
  let token = null
  sidebar.session = () =>
    token ? Promise.resolve(take()) : new Promise((resolve) => (waiting.push(resolve), tell('session-wanted')))

  window.addEventListener('message', ({ origin, source, data }) => {
    if (source !== window.parent || !hosts.includes(origin) || (host && origin !== host)) return
    if (data?.type === 'kb:session' && typeof data.token === 'string') {
      host = origin
      token = data.token
      for (const resolve of waiting.splice(0)) resolve(take())
      if (!sidebar.isConnected) document.body.append(sidebar) // now that there is a session
    }
    if (data?.type === 'kb:ticket' && typeof data.text === 'string' && host) sidebar.ask(data.text, scopeOf(data.scope))
  })

  const take = () => { const taken = token; token = null; return taken }
  const tell = (type, detail = {}) => { for (const to of host ? [host] : hosts) window.parent.postMessage({ type: `kb:${type}`, ...detail }, to) }
  sidebar.addEventListener('kb-insert', ({ detail }) => tell('insert', detail))
  tell('ready')
} else {
  document.body.append(sidebar)
}

function scopeOf(said) {
  const names = ['jurisdiction', 'product', 'tier', 'lang']
  return Object.fromEntries(names.filter((name) => ['string', 'number'].includes(typeof said?.[name])).map((name) => [name, said[name]]))
}
