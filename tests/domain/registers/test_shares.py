"""Separating united dossiers: every day goes back to the number that brought it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raas.domain.calendar.periods import Period, normalise
from raas.domain.numbers.niss import Niss
from raas.domain.registers.shares import Share, Shares, inscribe_share, remove_share, separate, unite

A, B, C = Niss(85673003360), Niss(17670303353), Niss(80610100101)


def lines(*pairs: tuple[int, int]) -> tuple[Period, ...]:
    return tuple(Period(*pair) for pair in pairs)


def test_restoration_gives_each_number_its_own_lines_back() -> None:
    shares = unite(A, lines((1, 10)), {}, B, lines((5, 20)), {})

    apart = separate(shares, A, [], B)

    assert (apart.given_back, apart.kept, apart.inseparable) == (lines((1, 10)), lines((5, 20)), ())
    assert (apart.given_back_shares, apart.kept_shares) == ({}, {})


def test_inscription_is_added_to_the_share_of_its_number_even_if_covered() -> None:
    shares = unite(A, lines((1, 10)), {}, B, (), {})

    shares = inscribe_share(shares, B, Period(5, 15))
    shares = inscribe_share(shares, A, Period(30, 40))
    apart = separate(shares, A, [], B)

    assert (apart.given_back, apart.kept) == (lines((1, 10), (30, 40)), lines((5, 15)))


def test_days_removed_under_another_number_are_inseparable() -> None:
    shares = unite(A, lines((1, 10)), {}, B, lines((1, 5)), {})

    apart = separate(remove_share(shares, B, Period(3, 8)), A, [], B)

    assert (apart.given_back, apart.kept, apart.inseparable) == (
        lines((1, 3), (8, 10)),
        lines((1, 3)),
        lines((3, 8)),
    )


def test_days_removed_under_a_number_without_a_share_are_inseparable() -> None:
    shares = remove_share({B: Share(lines((1, 10)))}, A, Period(3, 8))

    apart = separate(shares, A, [], B)

    assert (apart.given_back, apart.kept, apart.inseparable) == ((), lines((1, 3), (8, 10)), lines((3, 8)))
    assert remove_share({B: Share(lines((1, 10)))}, A, Period(20, 30)) == {B: Share(lines((1, 10)))}


def test_days_inscribed_again_are_no_longer_inseparable() -> None:
    shares = unite(A, lines((1, 10)), {}, B, (), {})

    shares = inscribe_share(remove_share(shares, B, None), A, Period(2, 4))

    assert shares[A] == Share(lines((2, 4)), lines((1, 2), (4, 10)))


def test_restoration_in_the_middle_of_a_chain_separates_both_ends() -> None:
    first = unite(A, lines((1, 3)), {}, B, lines((10, 12)), {})
    second = unite(B, lines((1, 3), (10, 12)), first, C, lines((20, 22)), {})

    apart = separate(second, B, [A], C)

    assert (apart.given_back, apart.kept) == (lines((1, 3), (10, 12)), lines((20, 22)))
    assert (set(apart.given_back_shares), apart.kept_shares) == ({A, B}, {})


def test_days_of_the_first_number_of_a_chain_are_separated_later() -> None:
    shares = inscribe_share({C: Share(lines((20, 22)))}, A, Period(1, 3))

    apart = separate(shares, B, [A], C)

    assert (apart.given_back, apart.given_back_shares) == (lines((1, 3)), {A: Share(lines((1, 3)))})


periods = st.tuples(st.integers(1, 60), st.integers(1, 15)).map(lambda p: Period(p[0], p[0] + p[1]))
steps = st.lists(st.tuples(st.booleans(), st.sampled_from([A, B, C]), periods), max_size=25)


@given(st.lists(periods), st.lists(periods), steps)
def test_union_of_the_shares_always_equals_the_lines(
    old: list[Period], new: list[Period], operations: list[tuple[bool, Niss, Period]]
) -> None:
    held = {day for period in (*old, *new) for day in range(*period)}
    shares: Shares = unite(A, normalise(old), {}, B, normalise(new), {})

    for inscribes, asked, period in operations:
        days = set(range(*period))
        shares = (inscribe_share if inscribes else remove_share)(shares, asked, period)
        held = held | days if inscribes else held - days
        assert {day for share in shares.values() for line in share.lines for day in range(*line)} == held
