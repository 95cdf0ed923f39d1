/** Who and where the question is about: what is asked with it, and four chips, each a list of its own. */

import { h } from './dom.js'

/** The question as it is sent. */
export function questionOf({ scope, question }, space, ticket) {
  return {
    q: question.trim(),
    space,
    jurisdiction: scope.jurisdiction ?? undefined,
    products: scope.product ? [scope.product] : undefined,
    tier: scope.tier ?? undefined,
    lang: scope.lang ?? undefined,
    as_of: scope.asOf ?? undefined,
    context: ticket ? { ticket_id: ticket } : undefined,
  }
}

/** Where articles are opened: as asked, else as the service read it from the question. */
export function placeOf(state, space) {
  const { jurisdiction, tier, asOf } = state.scope
  return { space, jurisdiction: jurisdiction ?? inferredFrom(state).jurisdiction ?? undefined, tier: tier ?? undefined, as_of: asOf ?? undefined }
}

/** What the service read from the question, as far as nobody has chosen otherwise. */
export function inferredFrom({ answer, scope }) {
  const { jurisdiction, product } = answer?.query.inferred ?? {}
  return { jurisdiction: scope.jurisdiction ? null : (jurisdiction ?? null), product: scope.product ? null : (product ?? null) }
}

/** taxonomy: null until it is there; inferred: the product and place that the service read from the question and nobody has chosen. */
export function scopeChips({ taxonomy, scope, inferred, words, onchange }) {
  if (!taxonomy) return h('div', { class: 'chips' })
  const named = (names) => nameIn(names, words)
  const places = taxonomy.jurisdictions.map(({ code, name }) => [code, `${named(name)} (${code})`])
  const products = taxonomy.products.map(({ id, name }) => [id, named(name)])
  const tiers = taxonomy.tiers.map(({ tier, name }) => [String(tier), `${words.tierN(tier)} · ${name}`])
  const langs = taxonomy.languages.map((code) => [code, languageName(code, words.code)])
  return h('div', { class: 'chips', role: 'group', 'aria-label': words.scope },
    chip('place', words.place, [['', words.anyPlace], ...places], scope.jurisdiction ?? inferred.jurisdiction ?? '', {
      inferred: inferred.jurisdiction && words.inferred,
      onpick: (value) => onchange({ jurisdiction: value || null }),
    }),
    chip('product', words.product, [['', words.anyProduct], ...products], scope.product ?? inferred.product ?? '', {
      inferred: inferred.product && words.inferred,
      onpick: (value) => onchange({ product: value || null }),
    }),
    tiers.length > 1 && chip('tier', words.tier, tiers, String(scope.tier ?? tiers[0][0]), {
      onpick: (value) => onchange({ tier: Number(value) }),
    }),
    chip('lang', words.language, [['', words.questionsLanguage], ...langs], scope.lang ?? '', {
      onpick: (value) => onchange({ lang: value || null }),
    }),
    h('label', { class: 'chip' },
      h('span', { class: 'named' }, words.time),
      h('input', {
        type: 'date', name: 'as-of', value: scope.asOf ?? '', min: '1990-01-01', max: isoToday(), title: words.time,
        onchange: ({ target }) => target.validity.valid && onchange({ asOf: target.value || null }), // 0002 is a year half typed
      })),
  )
}

function chip(name, label, options, value, { inferred = null, onpick }) {
  const select = h('select', { name, title: label, onchange: (event) => onpick(event.target.value) },
    options.map(([code, text]) => h('option', { value: code, selected: code === value }, text)))
  return h('label', { class: `chip ${value ? 'chosen' : ''} ${inferred ? 'inferred' : ''}` },
    h('span', { class: 'hidden' }, label), select, inferred && h('em', {}, inferred))
}

function nameIn(names, words) {
  return names[words.code] ?? names.en ?? Object.values(names)[0]
}

/** @returns {string} the product as people call it */
export function productName(taxonomy, id, words) {
  const product = taxonomy?.products.find((it) => it.id === id)
  return product ? nameIn(product.name, words) : id
}

function languageName(code, shown) {
  try {
    return new Intl.DisplayNames([shown], { type: 'language' }).of(code) ?? code
  } catch {
    return code
  }
}

/** Today where the agent sits, as 2026-03-01. */
export function isoToday() {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}
