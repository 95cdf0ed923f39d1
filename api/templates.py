"""What `kb new` writes."""

from typing import Final

ARTICLE: Final = """\
---
id: {id}
title: "{title}"
description: One sentence that says what the article settles.
kind: procedure
products: [all]
jurisdictions: [all]
tier: 1
lang: en
answers:
  - a question in the words an agent would type
---
What the agent checks first.

## Do this

1. The first step.

:::say
The sentence to say word for word.
:::

## When to escalate

To whom, when, and what to collect first.
"""

TAXONOMY: Final = """\
name: Your company
time_zone: America/New_York
languages: [en, es]
products:
  accounts:
    name: {en: Accounts, es: Cuentas}
    aliases: {en: [balance, statement], es: [saldo, estado de cuenta]}
jurisdictions: [US, CA]
tiers:
  1: {name: Frontline, escalate_to: specialists}
  2: {name: Specialist}
queues:
  specialists: {name: Specialists, contact: "#specialists"}
owners:
  content: {name: Content team, contact: content@example.com}
"""
