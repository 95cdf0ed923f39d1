/**
 * The side panel: the service's own sidebar in a frame, with a session from the host's server, and the texts that go to and fro.
 * The session is handed to the frame alone; nothing of it is kept here.
 */

import { SERVER, SESSION, SPACE } from './config.js'

const frame = document.getElementById('sidebar')
const say = (name) => (document.getElementById('said').textContent = name ? chrome.i18n.getMessage(name) : '')
const tell = (message) => frame.contentWindow.postMessage(message, SERVER)
const LOOK_AGAIN = 3000 // milliseconds after which a signed-out agent may have signed in
let again = null
let ready = false
let waiting = null // a text that was chosen before there was a session

document.documentElement.lang = chrome.i18n.getUILanguage()
document.getElementById('take').textContent = chrome.i18n.getMessage('take')
document.getElementById('take').addEventListener('click', take)
window.addEventListener('message', heard)
chrome.storage.session.onChanged.addListener(({ asked }) => asked?.newValue && ask(asked.newValue.text))
frame.src = `${SERVER}/sidebar?space=${encodeURIComponent(SPACE)}`

function heard({ origin, source, data }) {
  if (origin !== SERVER || source !== frame.contentWindow) return
  if (data?.type === 'kb:ready' || data?.type === 'kb:session-wanted') begin()
  if (data?.type === 'kb:insert') insert(data.text)
}

async function begin() {
  clearTimeout(again)
  try {
    tell({ type: 'kb:session', token: await session() })
  } catch {
    again = setTimeout(begin, LOOK_AGAIN)
    return say('signed_out')
  }
  if (again) say()
  again = null
  ready = true
  const { asked } = await chrome.storage.session.get('asked')
  if (waiting ?? asked) ask(waiting ?? asked.text)
}

/** The host's server knows the agent by its own cookie, and answers with a session of the service as text. */
async function session() {
  if (SESSION === null) return null
  const answer = await fetch(SESSION, { method: 'POST', credentials: 'include' })
  if (!answer.ok) throw new Error(String(answer.status))
  return (await answer.text()).trim()
}

function ask(text) {
  waiting = ready ? null : text
  if (!ready) return
  chrome.storage.session.remove('asked')
  tell({ type: 'kb:ticket', text, scope: {} })
}

async function inPage(func, ...args) {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true })
  const [{ result }] = await chrome.scripting.executeScript({ target: { tabId: tab.id }, func, args })
  return result
}

async function take() {
  const text = await inPage(() => getSelection().toString().trim()).catch(() => '')
  say(text ? '' : 'nothing')
  if (text) ask(text)
}

/** Into the field that has the cursor; where there is none, the text is copied. */
async function insert(text) {
  const done = await inPage((said) => document.activeElement?.matches('input, textarea, [contenteditable]') && document.execCommand('insertText', false, said), text).catch(() => false)
  if (!done) await navigator.clipboard.writeText(text).catch(() => {})
  say(done ? 'inserted' : 'copied')
}
