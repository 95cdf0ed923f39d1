/** The public surface of `<kb-sidebar>`; everything else in this folder may change. */

export interface Scope {
  /** ISO 3166-1 alpha-2 or 3166-2, as US or US-CA. */
  jurisdiction?: string | null
  /** As in the space's kb.yml. */
  product?: string | null
  tier?: number | null
  /** The language in which articles are shown; none: the question's. */
  lang?: string | null
}

export interface Inserted {
  text: string
  /** The same with its source on a line below. */
  cited: string
  source: { id?: string; commit?: string }
}

/**
 * Attributes: `server` (origin of the service; default: where this file comes from), `space`, `lang` (of the words), `jurisdiction`,
 * `product`, `tier`, `ticket` (its id, for receipts).
 */
export class KbSidebar extends HTMLElement {
  /** Gives a fresh session token, or null where none is needed; asked again when a session has ended. Set it before or right after the script. */
  session: () => Promise<string | null>
  /** Ask for the agent: what a host does with the ticket's text. */
  ask(text: string, scope?: Scope): void
  /** The service's last answer, as docs/operating.md describes it; null before the first. */
  readonly answer: object | null
  /** What stands in the box; secrets are struck out of it already. */
  readonly question: string
  /** What a question can be about, as GET /v1/taxonomy lists it; null until it is there. */
  readonly taxonomy: object | null
}

export interface KbSidebarEvents {
  'kb-insert': CustomEvent<Inserted>
  'kb-answer': CustomEvent<{ answer: object }>
  'kb-opened': CustomEvent<{ id: string; commit: string | null }>
  /** What a question can be about is known: before that, a ticket's scope cannot be read. */
  'kb-ready': CustomEvent<null>
}

declare global {
  interface HTMLElementTagNameMap {
    'kb-sidebar': KbSidebar
  }
}
