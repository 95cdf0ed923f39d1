/** What an agent takes from the sidebar into the reply or a note, and where it says it is from. */

import { nameOf } from './answers.js'

/** @param {object} sidebar its functions; tell: gives the host what was taken; note: writes it down for the audit trail */
export function taking({ root, state, set, words, tell, note }) {
  return { insert, copy, escalate }

  function insert(text = null) {
    const taken = text === null ? chosen() : { text, source: state().opened?.article }
    if (!taken) return
    const { text: said, source } = taken
    tell({ text: said, cited: cited(taken, words()), source: { id: source?.id, commit: source?.commit } })
    if (source) note('inserted', source)
    set({ said: words().inserted })
  }

  async function copy(text = null) {
    const taken = text === null ? chosen() : { text }
    if (!taken) return
    try {
      await navigator.clipboard.writeText(cited(taken, words()))
      set({ said: words().copied })
    } catch {
      set({ said: words().cannotCopy })
    }
  }

  function escalate() {
    const text = escalationText({ root, ...state() }, words())
    if (text) copy(text)
  }

  /** What `i` and `c` take; null where there is nothing, or where it is guarded. */
  function chosen() {
    const taken = textToInsert({ root, ...state() })
    if (taken?.guarded) set({ said: words().guarded })
    return taken?.guarded ? null : taken
  }
}

/** The selection inside an opened article; else what must be said; else the passage that answered. guarded: it holds internal text. */
function textToInsert({ root, opened, answer, selected }) {
  const selection = (root.getSelection ?? document.getSelection).call(root.getSelection ? root : document)
  const range = selection?.rangeCount ? selection.getRangeAt(0) : null
  const chosen = selection?.toString().trim()
  if (opened && chosen && range && root.contains(range.commonAncestorContainer)) {
    return holdsInternal(root, range) ? { guarded: true } : { text: chosen, source: opened.article }
  }
  const hit = opened ? opened.hit : answer?.hits[selected]
  if (!hit) return null
  if (hit.internal && hit.say.length === 0) return { guarded: true }
  return { text: hit.say.length ? hit.say.join('\n\n') : hit.snippet.replace(/^… | …$/g, ''), source: opened?.article ?? hit }
}

function holdsInternal(root, range) {
  return [...root.querySelectorAll('section.kb-internal, section.kb-dont-say')].some((section) => range.intersectsNode(section))
}

/** The text and its source on the line below it. */
function cited({ text, source }, words) {
  if (!source) return text
  return `${text}\n${words.citation(source.title, source.id, (source.commit ?? '').slice(0, 12))}`
}

/** Whom to escalate to, when, and a checklist of what to collect first: of the article, else of the hit, else of what is above the tier. */
function escalationText({ root, opened, answer, selected, taxonomy }, words) {
  const escalation = (opened?.article ?? answer?.hits[selected])?.escalation ?? null
  const queue = escalation?.to ?? answer?.above_tier?.escalate_to
  if (!queue) return null
  const done = [...root.querySelectorAll('.first fieldset input')].map((box) => box.checked)
  return [
    `${words.escalation}: ${nameOf(taxonomy, queue)}`,
    escalation?.when && words.when(escalation.when),
    ...(escalation?.collect ?? []).map((item, index) => `- [${opened && done[index] ? 'x' : ' '}] ${item}`),
  ].filter(Boolean).join('\n')
}
