/** Elements from values. Text stays text: nothing here ever reads HTML. */

/**
 * One element. Attributes: `onclick: fn` listens, `true` is an empty attribute, `false`, null and undefined are left out.
 * Children are elements, texts and lists of them; null and false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (typeof value === 'function') element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** What an agent presses, outside of the text. */
export function button(onclick, ...label) {
  return h('button', { type: 'button', class: 'plain', onclick }, label)
}

/** A view's way out, above it. */
export function backBar(onclick, label, ...others) {
  return h('div', { class: 'row bar' }, h('button', { type: 'button', class: 'back', onclick }, `← ${label}`), others)
}

/** A text with some of its spans marked: [start, end] in code points, as the service counts them. */
export function marked(text, spans) {
  const points = [...text]
  const parts = []
  let cursor = 0
  for (const [start, end] of spans) {
    if (start < cursor) continue
    parts.push(points.slice(cursor, start).join(''), h('mark', {}, points.slice(start, end).join('')))
    cursor = end
  }
  return [...parts, points.slice(cursor).join('')]
}

const ALLOWED = new Set(
  `A ABBR B BLOCKQUOTE BR CODE DD DEL DL DT EM H1 H2 H3 H4 H5 H6 HR I INS KBD LI MARK OL P PRE S SAMP SECTION SMALL SPAN
   STRONG SUB SUP TABLE TBODY TD TH THEAD TR U UL`.split(/\s+/),
)
const KEPT = { A: ['href', 'title'], SECTION: ['class', 'data-name'], TD: ['align', 'colspan', 'rowspan'], TH: ['align', 'colspan', 'rowspan'] }

/** The service's sanitised HTML as elements, read a second time: what is not on the list stays behind as its text. */
export function fragmentOf(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html') // inert: no script runs, no image loads
  const fragment = document.createDocumentFragment()
  fragment.append(...copies(parsed.body))
  return fragment
}

function copies(parent) {
  return [...parent.childNodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return [node.data]
    if (node.nodeType !== Node.ELEMENT_NODE) return []
    if (!ALLOWED.has(node.tagName)) return /^(SCRIPT|STYLE|TEMPLATE)$/.test(node.tagName) ? [] : copies(node)
    return [copyOf(node)]
  })
}

function copyOf(node) {
  const copy = document.createElement(node.tagName)
  for (const name of KEPT[node.tagName] ?? []) {
    if (node.hasAttribute(name)) copy.setAttribute(name, node.getAttribute(name))
  }
  if (/^H[1-6]$/.test(node.tagName) && node.id) copy.dataset.anchor = node.id
  if (node.tagName === 'A') secure(copy)
  copy.append(...copies(node))
  return copy
}

function secure(link) {
  if (!/^(https?:|mailto:|tel:|\/(?!\/)|#)/i.test(link.getAttribute('href') ?? '')) link.removeAttribute('href')
  link.setAttribute('rel', 'noopener noreferrer')
  link.setAttribute('target', '_blank')
}
