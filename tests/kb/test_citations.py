"""The form of citations."""

import pytest

from kb.citations import fault_of
from tests.kb.conftest import World


@pytest.mark.parametrize(
    "citation",
    [
        "12 CFR 1005.11(c)(1)-(2)",
        "12 CFR Part 1005, Supp. I, comment 2(m)-3",
        "15 U.S.C. 1681i(a)(1)",
        "Cal. Fin. Code s. 2102",
        "SOR/2001-317, s. 9(2)",
        "Payments Canada, Rule H1, Pre-Authorized Debits (PADs)",
        "Nacha Operating Rules, Appendix Four (return reason codes)",
        "Tamarind issue tracker APP-7743",
        "Banco de México, CEP: www.banxico.org.mx/cep",
    ],
)
def test_a_work_with_a_place_in_it_is_a_citation(citation: str) -> None:
    """Law, network rules, house papers and trackers."""
    assert fault_of(citation) is None


@pytest.mark.parametrize(
    ("citation", "fault"),
    [
        ("https://www.ecfr.gov/x", "is a bare address"),
        ("Cal. Fin. Code § 2102", "has a section sign"),
        ("12 C.F.R. 1005.6", "writes the code as 'C.F.R.'"),
        ("15 USC 1681", "writes the code as 'USC'"),
        ("CFR 1005.6", "has no title or no section"),
        ("12 CFR, Regulation E", "has no title or no section"),
        ("12 CFR 1005.6; 12 CFR 1005.11", "holds more than one work"),
        ("see 12 CFR 1005.6", "begins with a remark"),
        ("Regulation E", "names a work and no place in it"),
    ],
)
def test_another_form_is_said_with_its_cure(citation: str, fault: str) -> None:
    """So that a reader, and a program, can look up what a text rests on."""
    found = fault_of(citation)

    assert found is not None
    assert found.startswith(fault)


def test_a_citation_in_another_form_is_a_warning_at_its_line(world: World) -> None:
    """The article may go live; its writer is told."""
    world.article("a.md", sources='["12 CFR 1005.6", "Regulation E"]')

    assert world.problems() == [
        "articles/a.md:3: warning: 'Regulation E' names a work and no place in it; add the section, part or version, "
        "as in 'Payments Canada, Rule H1'."
    ]
