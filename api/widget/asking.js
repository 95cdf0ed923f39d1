/** When a question is sent: a moment after the last key, stale answers dropped, and again by itself after trouble that passes. */

const PAUSE = 80 // milliseconds after the last key
const NOTICED = 1500 // milliseconds after which the agent is told that it takes long
const FIRST_RETRY = 1000
const LAST_RETRY = 15000
const SHORTEST = 3 // letters; fewer get suggestions only

/** body: gives the question as it stands now; tell: hears what became of it. */
export function asking({ client, body, tell }) {
  let latest = 0
  let timer = null
  let flight = null
  let wait = FIRST_RETRY

  return {
    /** The question or its scope changed. now: the agent is not typing, so there is nothing to wait for. */
    changed({ now = false } = {}) {
      clearTimeout(timer)
      flight?.abort()
      const mine = ++latest
      wait = FIRST_RETRY
      if (!body().q) return tell({ answer: null, suggestions: [], waiting: false, trouble: null, said: '' })
      tell({ waiting: true, slow: false, said: '' })
      timer = setTimeout(() => send(mine), now ? 0 : PAUSE)
    },
    stop() {
      latest++
      clearTimeout(timer)
      flight?.abort()
    },
  }

  async function send(mine) {
    flight = new AbortController()
    const question = body()
    const short = question.q.length < SHORTEST
    tell({ waiting: true, slow: false, said: '' })
    const noticed = setTimeout(() => mine === latest && tell({ slow: true }), NOTICED)
    try {
      const [answer, suggested] = await Promise.all([
        short ? null : client.post('search', question, flight.signal),
        short ? client.get('suggest', { q: question.q, space: question.space, jurisdiction: question.jurisdiction, tier: question.tier, lang: question.lang }, flight.signal) : null,
      ])
      if (mine !== latest) return
      wait = FIRST_RETRY
      tell({ answer, suggestions: suggested?.suggestions ?? [], waiting: false, slow: false, trouble: null })
    } catch (error) {
      if (mine === latest) failed(error, mine)
    } finally {
      clearTimeout(noticed)
    }
  }

  function failed(error, mine) {
    if (error.kind === undefined) throw error
    if (!error.passing) return tell({ waiting: false, slow: false, trouble: error, answer: null }) // what was answered before is no answer to this
    error.again = true
    tell({ waiting: false, slow: false, trouble: error })
    timer = setTimeout(() => send(mine), Math.max(wait, error.retryAfter * 1000))
    wait = Math.min(wait * 2, LAST_RETRY)
  }
}
