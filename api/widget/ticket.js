/** A ticket of a host as a question with its scope: what was said last, and which of the space's words it is filed under. */

/**
 * @param {object} ticket
 * @param {string} [ticket.subject]
 * @param {object[]} [ticket.conversation] each with author.role and message.content (HTML or text), oldest first
 * @param {object[]} [ticket.comments] each with author.role and value (HTML), in any order
 * @param {string} [ticket.description]
 * @returns {string} the subject, and the requester's latest reply
 */
export function questionOf({ subject, conversation, comments, description }) {
  const said = [
    ...(conversation ?? []).map((it) => ({ role: it.author?.role, html: it.message?.content })),
    ...(comments ?? []).map((it) => ({ role: it.author?.role, html: it.value })),
  ]
  const latest = said.filter((it) => it.role === 'end-user' && it.html).at(-1)?.html ?? description ?? ''
  return [subject ?? '', textOf(latest)].map((text) => text.trim()).filter(Boolean).join('\n').slice(0, 20_000)
}

/**
 * @param {(string | null | undefined)[]} filed tags and values of form fields; the first that fits decides
 * @param {object | null} taxonomy as the service lists it; what is not in it says nothing
 * @returns {{product: string | null, jurisdiction: string | null, tier?: number}}
 */
export function scopeOf(filed, taxonomy) {
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
