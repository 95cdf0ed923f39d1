/** A believable ticket desk with six fictional tickets, so that a newcomer sees the sidebar at work in one minute. */

import { h } from './dom.js'
import './kb-sidebar.js'
import { wordsFor } from './words.js'

const TICKETS = [
  {
    subject: 'I never authorised this debit', who: 'Maya Ortega · Fresno, California · chat', scope: { jurisdiction: 'US-CA', product: 'transfers', tier: 1 },
    said: 'Hi, there is a debit of 412 dollars from a gym I have never heard of.\nI never authorised it. I want my money back.',
  },
  {
    subject: 'No puedo entrar, perdí el teléfono', who: 'Luis Herrera · Houston, Texas · chat', scope: { jurisdiction: 'US-TX', product: null, tier: 1 },
    said: 'Buenas tardes, ayer perdí mi teléfono y ahí me llegaban los códigos.\n¿Cómo entro a mi cuenta?',
  },
  {
    subject: 'Interac e-Transfer sent to the wrong person', who: 'Chloe Tremblay · Montreal, Quebec · e-mail', scope: { jurisdiction: 'CA-QC', product: null, tier: 1 },
    said: 'Hello,\nI sent an Interac e-Transfer to an old address of my landlord and it was deposited. Can you get it back?\nThanks, Chloe',
  },
  {
    subject: 'Money for my mother has not arrived', who: 'Rosa Delgado · Chicago, Illinois · phone', scope: { jurisdiction: 'US', product: 'remittances', tier: 1 },
    said: 'Customer sent 300 dollars to her mother in Puebla by SPEI on Friday. The mother says nothing has arrived.',
  },
  {
    subject: 'A caller says he is from Tamarind', who: 'Harold Finch, 78 · Tampa, Florida · phone', scope: { jurisdiction: 'US-FL', product: null, tier: 1 },
    said: 'Someone who says he works for you told him to move his savings to a safe account and to stay on the line. He is about to send it.',
  },
  {
    subject: 'Where is my card?', who: 'Ben Okafor · Toronto, Ontario · chat', scope: { jurisdiction: 'CA-ON', product: 'cards', tier: 1 },
    said: 'My new card was meant to be here a week ago. Where is it?',
  },
]

const words = wordsFor(null)
document.documentElement.lang = words.code
document.querySelector('aside').ariaLabel = words.sidebar
document.querySelector('label').textContent = { en: 'Reply to the customer', es: 'Respuesta al cliente', fr: 'Réponse au client' }[words.code]

const sidebar = document.querySelector('kb-sidebar')
const reply = document.getElementById('reply')

function show(index) {
  const ticket = TICKETS[index]
  for (const id of ['subject', 'who', 'said']) document.getElementById(id).textContent = ticket[id]
  for (const [at, button] of [...document.querySelectorAll('#tickets button')].entries()) button.setAttribute('aria-current', String(at === index))
  reply.value = ''
  sidebar.ask(ticket.said, { lang: null, ...ticket.scope })
}

document.getElementById('tickets').append(
  ...TICKETS.map(({ subject, who }, index) => h('li', {}, h('button', { type: 'button', onclick: () => show(index) }, subject, h('small', {}, who)))),
)

sidebar.addEventListener('kb-insert', ({ detail }) => {
  const at = reply.selectionStart ?? reply.value.length
  reply.setRangeText(`${reply.value && !reply.value.slice(0, at).endsWith('\n') ? '\n' : ''}${detail.text}\n`, at, reply.selectionEnd, 'end')
})

show(0)
