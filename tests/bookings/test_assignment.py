"""Who gets the booking: candidates in order, the best first."""

from models.bookings.assignment import MAX_TRIES, Choice, Load, Rule, Team

ANN, BEA, CAT = 1, 2, 3


def order(choice: Choice, *staff: int) -> list[int]:
    return [team.staff[0] for team in choice.teams(staff, {})]


def test_the_least_busy_of_the_day_comes_first() -> None:
    loads = {ANN: Load(busy=120), BEA: Load(busy=30), CAT: Load(busy=60)}
    assert order(Choice(Rule.LEAST_BUSY, 1, loads=loads), ANN, BEA, CAT) == [BEA, CAT, ANN]


def test_equally_busy_people_are_ordered_by_priority_and_then_by_age() -> None:
    loads = {CAT: Load(priority=1)}
    assert order(Choice(Rule.LEAST_BUSY, 1, loads=loads), BEA, ANN, CAT) == [CAT, ANN, BEA]


def test_round_robin_starts_with_whoever_was_chosen_longest_ago() -> None:
    loads = {ANN: Load(last_chosen=20), BEA: Load(last_chosen=10)}
    assert order(Choice(Rule.ROUND_ROBIN, 1, loads=loads), ANN, BEA, CAT) == [CAT, BEA, ANN]


def test_priority_wins_over_an_empty_day() -> None:
    loads = {ANN: Load(busy=400, priority=5), BEA: Load(priority=1)}
    assert order(Choice(Rule.PRIORITY, 1, loads=loads), BEA, ANN, CAT) == [ANN, BEA, CAT]


def test_the_customers_choice_is_the_only_candidate() -> None:
    assert order(Choice(Rule.CUSTOMER_CHOICE, 1, chosen=CAT), ANN, BEA, CAT) == [CAT]


def test_without_a_choice_the_least_busy_is_taken() -> None:
    loads = {ANN: Load(busy=60)}
    assert order(Choice(Rule.CUSTOMER_CHOICE, 1, loads=loads), ANN, BEA)[0] == BEA


def test_somebody_chosen_who_is_not_free_yields_no_candidate() -> None:
    assert order(Choice(Rule.LEAST_BUSY, 1, chosen=CAT), ANN, BEA) == []


def test_a_team_of_two_is_led_by_the_one_who_was_chosen() -> None:
    teams = list(Choice(Rule.LEAST_BUSY, 2, chosen=CAT).teams((ANN, BEA, CAT), {}))
    assert [team.staff for team in teams] == [(CAT, ANN), (CAT, BEA)]


def test_too_few_people_or_things_yield_no_candidate() -> None:
    assert list(Choice(Rule.LEAST_BUSY, 2).teams((ANN,), {})) == []
    assert list(Choice(Rule.LEAST_BUSY, 1, {"room": 1}).teams((ANN,), {})) == []


def test_every_team_has_its_things_and_names_all_assets_sorted_for_locking() -> None:
    choice = Choice(Rule.LEAST_BUSY, 1, {"room": 1, "laser": 2}, {11: Load(busy=9)})
    teams = list(choice.teams((ANN,), {"room": (11, 10), "laser": (30, 20, 25)}))
    assert teams[0] == Team((ANN,), (10, 20, 25))
    assert teams[0].assets == (1, 10, 20, 25)
    assert len(teams) == 6


def test_a_service_without_people_needs_only_things() -> None:
    assert list(Choice(Rule.LEAST_BUSY, 0, {"court": 1}).teams((), {"court": (7,)})) == [Team((), (7,))]


def test_no_more_than_twenty_candidates_are_tried() -> None:
    assert len(order(Choice(Rule.LEAST_BUSY, 1), *range(100))) == MAX_TRIES
