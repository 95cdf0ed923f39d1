/** The sidebar as a Zendesk app: asks for the ticket that is open, and puts what the agent takes into the reply. */

import './kb-sidebar.js'
import { fits } from './hosts.js'
import { Zaf } from './zaf.js'

const TICKET = ['ticket.id', 'ticket.subject', 'ticket.description', 'ticket.tags', 'ticket.comments', 'ticket.conversation']
const CHANGES = ['ticket.comments.changed', 'ticket.conversation.changed']
const UNTIL_KNOWN = 3000 // milliseconds to wait for the lists by which the scope of a ticket is read

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

/** The subject, and the requester's latest reply. The conversation stands oldest first. */
function questionOf({ subject, conversation, comments, description }) {
  const said = [
    ...(conversation ?? []).map((it) => ({ role: it.author?.role, html: it.message?.content })),
    ...(comments ?? []).map((it) => ({ role: it.author?.role, html: it.value })),
  ]
  const latest = said.filter((it) => it.role === 'end-user' && it.html).at(-1)?.html ?? description ?? ''
  return [subject ?? '', textOf(latest)].map((text) => text.trim()).filter(Boolean).join('\n').slice(0, 20_000)
}

/** What the ticket is about, by its tags and form fields: the first that fits decides; what the taxonomy does not have says nothing. */
function scopeOf(filed, taxonomy) {
  const keys = filed.flat().filter((value) => typeof value === 'string').map(key)
  const found = (entries) => keys.map((value) => entries.find(([, names]) => names.map(key).includes(value))?.[0]).find(Boolean) ?? null
  const tier = taxonomy?.tiers.find((it) => keys.includes(`tier-${it.tier}`))?.tier
  return {
    product: found((taxonomy?.products ?? []).map((it) => [it.id, [it.id, `product-${it.id}`, ...Object.values(it.name)]])),
    jurisdiction: found((taxonomy?.jurisdictions ?? []).map((it) => [it.code, [it.code, `place-${it.code}`, ...Object.values(it.name)]])),
    ...(tier === undefined ? {} : { tier }),
  }
}

/** `US_CA`, `us-ca` and `US CA` are one. */
function key(text) {
  return text.trim().toLowerCase().replace(/[\s_:]+/g, '-')
}

function textOf(html) {
  if (!/[<&]/.test(html)) return html
  const parsed = new DOMParser().parseFromString(html.replace(/<(br|\/p|\/div|\/li)\b[^>]*>/gi, '\n$&'), 'text/html') // inert
  for (const quoted of parsed.querySelectorAll('style, script, blockquote')) quoted.remove()
  return parsed.body.textContent.replace(/\n{3,}/g, '\n\n')
}
