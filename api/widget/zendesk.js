/** The sidebar as a Zendesk app: asks for the ticket that is open, and puts what the agent takes into the reply. */

import './kb-sidebar.js'
import { fits } from './hosts.js'
import { questionOf, scopeOf } from './ticket.js'
import { Zaf } from './zaf.js'

const TICKET = ['ticket.id', 'ticket.subject', 'ticket.description', 'ticket.tags', 'ticket.comments', 'ticket.conversation']
const CHANGES = ['ticket.comments.changed', 'ticket.conversation.changed']
const UNTIL_KNOWN = 3000 // milliseconds to wait for the lists that a ticket's scope is read by

const zaf = Zaf.inside(fits)
if (zaf) start()
else document.querySelector('noscript').replaceWith(document.querySelector('noscript').textContent)

async function start() {
  const { metadata } = await zaf.registered
  const settings = metadata?.settings ?? {}
  const { currentUser } = await zaf.get(['currentUser'])
  const sidebar = document.createElement('kb-sidebar')
  const space = new URLSearchParams(location.search).get('space')
  if (space) sidebar.setAttribute('space', space)
  if (currentUser.locale) sidebar.lang = currentUser.locale
  sidebar.session = () => session({ settings, space, currentUser })
  sidebar.addEventListener('kb-insert', ({ detail }) => zaf.invoke('comment.appendText', detail.text))
  const known = new Promise((resolve) => (sidebar.addEventListener('kb-ready', resolve), setTimeout(resolve, UNTIL_KNOWN)))
  document.querySelector('main').append(sidebar)
  await known
  let asked = await ask(sidebar, settings)
  for (const change of CHANGES) {
    zaf.on(change, async () => {
      if (sidebar.question === asked || !sidebar.question) asked = await ask(sidebar, settings, asked) // else the agent asks something else
    })
  }
}

/** Ask what the ticket asks, unless that was asked already; what was asked. */
async function ask(sidebar, settings, before = null) {
  const fields = [settings.product_field, settings.place_field].filter(Boolean).map((id) => `ticket.customField:custom_field_${id}`)
  const said = await zaf.get([...TICKET, ...fields])
  const [id, subject, description, tags, comments, conversation] = TICKET.map((path) => said[path])
  if (id) sidebar.setAttribute('ticket', String(id))
  const text = questionOf({ subject, description, comments, conversation })
  if (!text || text === before) return before
  sidebar.ask(text, scopeOf([...fields.map((path) => said[path]), tags ?? []], sidebar.taxonomy))
  return sidebar.question
}

/** Zendesk's proxy exchanges the token, which stays with Zendesk, for a session of this agent. */
async function session({ settings, space, currentUser }) {
  const wanted = { agent: String(currentUser.email ?? currentUser.id), origin: zaf.origin, tier: Number(settings.tier ?? 1), lang: currentUser.locale }
  const answer = await zaf.request({
    url: new URL('/v1/sessions', location.origin).href,
    type: 'POST',
    contentType: 'application/json',
    dataType: 'json',
    headers: { Authorization: 'Bearer {{setting.token}}' },
    data: JSON.stringify({ ...wanted, ...(space ? { spaces: [space] } : {}) }),
    secure: true,
  })
  return answer.session
}
