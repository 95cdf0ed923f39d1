/** What the service is told of the agent's work: that a text is wrong or missing and, for the audit trail, what was opened and taken. */

/** @param {object} sidebar its client and functions; about: the space, and the ticket if there is one */
export function telling({ client, state, set, words, about }) {
  return { report, note }

  async function report(verdict) {
    const { answer, opened, question } = state()
    const comment = answer?.receipt ? '' : question.slice(0, 2000) // the receipt holds the question
    const article = opened?.article.id
    try {
      await client.post('feedback', { verdict, space: about().space, receipt: answer?.receipt ?? undefined, article, comment: comment || undefined })
      set({ said: words().reported })
    } catch (error) {
      set({ trouble: error })
    }
  }

  /** It must never stand in the way of work: a failure is dropped. */
  function note(kind, { id, commit }, anchor) {
    const { space, ticket } = about()
    const receipt = state().answer?.receipt ?? undefined
    const event = { kind, space, article: id, receipt, anchor, commit: commit ?? undefined, ticket_id: ticket ?? undefined }
    client.post('events', { events: [event] }).catch(() => {})
  }
}
