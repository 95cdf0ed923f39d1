/** Opening an article, its past, and what the reader has read of it: what happens, apart from how it looks. */

import { drillsAt, drillsOf, drillWalk } from './drill.js'

/** @param {object} sidebar its client and functions; place: the scope in which articles are opened (space, jurisdiction, tier, as_of) */
export function reading({ client, state, set, place, note, words, find }) {
  const space = () => place().space
  const timeless = () => ({ ...place(), as_of: undefined })
  return { read, back: leave, history, compare, changed, acknowledge, look, mustReads, drill }

  async function read(id, hit = null) {
    const known = state().readings?.[id] ?? [] // before this opening is written down, and before another answer comes
    try {
      const article = await client.get(address(id), place())
      set({ drill: null, opened: { article, hit, since: sinceOf(known, article), listed: state().listing }, history: null, listing: false, said: '', trouble: null })
      ;(find('.body .found') ?? find('article h1'))?.scrollIntoView({ block: 'center' })
      find('article h1')?.focus({ preventScroll: true })
      note('opened', article, hit?.anchor)
      return article
    } catch (error) {
      if (error.kind === undefined) throw error // a bug of ours is no trouble of the service
      set({ trouble: error })
      return null
    }
  }

  /** The version that was read last, where the one that is opened was never read. */
  function sinceOf(known, article) {
    const last = known.find((it) => it.read_at)
    return !last || place().as_of || known.some((it) => it.commit === article.commit) ? null : last
  }

  function leave() {
    set({ history: null })
    find('article h1')?.focus()
  }

  async function history() {
    const { opened } = state()
    if (!opened) return
    await shown(async () => {
      const { versions } = await client.get(`${address(opened.article.id)}/history`, timeless())
      set({ history: { versions, difference: null, chosen: null }, said: '' })
      if (versions.length > 1) await compare(0)
      find('.history h1')?.focus()
    })
  }

  async function compare(index) {
    const { opened, history: past } = state()
    const [to, from] = [past.versions[index], past.versions[index + 1]]
    await shown(async () => {
      const difference = from ? await between(opened.article, String(from.number), String(to.number)) : null
      set({ history: { ...past, chosen: index, difference } })
    })
  }

  /** What changed since the reader read it last. */
  async function changed() {
    const { opened } = state()
    if (!opened?.since) return
    await shown(async () => {
      const difference = await between(opened.article, opened.since.commit, opened.article.commit)
      set({ history: { versions: [], difference, chosen: null, since: opened.since.read_at.slice(0, 10) } })
      find('.history h1')?.focus()
    })
  }

  /** Everything that the reader has to acknowledge. */
  function waiting() {
    return client.get('acknowledgements', { space: space(), lang: state().scope.lang })
  }

  function between(article, from, to) {
    return client.get(`${address(article.id)}/diff`, { ...timeless(), from, to, format: 'json' })
  }

  /** Say to have read the opened version. Where a newer one is live, that one is opened instead. */
  async function acknowledge() {
    const { opened } = state()
    if (!opened || !waitsFor(state(), opened.article)) return
    const { id, commit } = opened.article
    try {
      await client.post('acknowledgements', { space: space(), article: id, commit })
      set({ mustReads: await waiting(), said: words().thanks })
    } catch (error) {
      if (error.status !== 409) return set({ trouble: error })
      if (await read(id, opened.hit)) set({ said: words().newer })
    }
  }

  /** What the reader has read of these articles. It decorates answers and must never stand in their way. */
  async function look(ids) {
    if (!ids.length || place().as_of) return
    try {
      const { readings } = await client.get('readings', { space: space(), article: ids })
      set({ readings: Object.fromEntries(ids.map((id) => [id, readings.filter((it) => it.article === id)])) })
    } catch {
      // no event store, or no connection: there is no badge
    }
  }

  async function mustReads() {
    try {
      const mustReads = await waiting()
      set({ mustReads })
      set({ drills: await drillsOf(client, space(), mustReads.teams) })
    } catch {
      // the same
    }
  }

  /** Ask about what changed, as long as there is something that one has not tried. */
  function drill(acts) {
    const { drills } = state()
    if (!drills.length) return set({ said: words().nothingWaits })
    const mark = ({ team, article, version }, answers) => shown(() => client.post(drillsAt(team), { space: space(), article, version, answers }))
    const walk = drillWalk({ drills, words: words(), mark, acts })
    set({ drill: walk, opened: null, history: null, listing: false, trouble: null })
    walk.querySelector('[tabindex]').focus()
  }

  /** @returns what the act gives; null in trouble of the service, which is said */
  async function shown(act) {
    try {
      return await act()
    } catch (error) {
      if (error.kind === undefined) throw error
      set({ trouble: error })
      return null
    }
  }
}

const address = (id) => `articles/${encodeURIComponent(id)}`

/** @returns {boolean} whether this article has to be acknowledged */
export function waitsFor({ mustReads, scope }, article) {
  const its = Object.values(article.translations)
  return !scope.asOf && Boolean(mustReads?.articles.some((it) => !it.acknowledged_at && (it.id === article.id || its.includes(it.id))))
}

/** @returns {string | null} the day on which another version of the hit was read than the one that is shown */
export function readBefore(readings, hit) {
  const its = readings?.[hit.id] ?? []
  const last = its.find((it) => it.read_at)
  return last && !its.some((it) => it.commit === hit.commit) ? last.read_at.slice(0, 10) : null
}
