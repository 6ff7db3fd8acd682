"""The text form of a filter and its tree are two spellings of one thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base.words import clean
from models.customers.filter import All, AnyOf, Leaf, Node, Not, parse, tree_of, write
from models.customers.filter.tree import DEPTH_MAX, LEAVES_MAX, document_of, tidy
from models.errors import Invalid

FIELDS = ("tag", "kind", "last_booking", "birthday", "bookings", "custom.shoe_size", "text")
values = st.text(min_size=1, max_size=40).map(clean).filter(bool)
leaves = st.one_of(
    st.builds(Leaf, field=st.sampled_from(FIELDS), op=st.sampled_from(("is", ">", ">=", "<", "<=")), value=values),
    st.builds(Leaf, field=st.sampled_from(FIELDS), op=st.just("between"), value=values, to=values),
)
trees = st.recursive(
    leaves,
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=4).map(lambda each: All(all=tuple(each))),
        st.lists(parts, min_size=1, max_size=4).map(lambda each: AnyOf(any=tuple(each))),
        parts.map(Not.of),
    ),
    max_leaves=12,
)


def is_allowed(node: Node) -> bool:
    try:
        tree_of(node)
    except Invalid:
        return False
    return True


@given(trees.filter(is_allowed))
def test_writing_a_tree_and_reading_it_gives_the_same_tree(node: Node) -> None:
    assert parse(write(tidy(node))) == tidy(node)


@given(trees.filter(is_allowed))
def test_a_tree_survives_json(node: Node) -> None:
    assert tree_of(document_of(tidy(node))) == tidy(node)


@given(st.text(alphabet='tagvip:<>=().."\\ -ORNOTAND0123456789d', max_size=60))
def test_any_text_is_read_or_refused_in_one_sentence_and_reads_the_same_again(text: str) -> None:
    try:
        node = parse(text)
    except Invalid as refused:
        assert refused.field == "filter"
        assert refused.message.count("\n") == 0
    else:
        assert parse(write(node)) == node


def test_the_example_of_the_design_reads_as_it_looks() -> None:
    node = parse("tag:vip last_booking>60d -tag:x (bookings>=5 OR no_shows>2)")
    assert node == All(
        all=(
            Leaf(field="tag", value="vip"),
            Leaf(field="last_booking", op=">", value="60d"),
            Not.of(Leaf(field="tag", value="x")),
            AnyOf(any=(Leaf(field="bookings", op=">=", value="5"), Leaf(field="no_shows", op=">", value="2"))),
        )
    )


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("birthday:11-23..11-29", Leaf(field="birthday", op="between", value="11-23", to="11-29")),
        ('tag:"very important"', Leaf(field="tag", value="very important")),
        ("大文", Leaf(field="text", value="大文")),
        ("NOT kind:member", Not.of(Leaf(field="kind", value="member"))),
        ("Tag:VIP AND kind:member", All(all=(Leaf(field="tag", value="VIP"), Leaf(field="kind", value="member")))),
        ("((tag:a))", Leaf(field="tag", value="a")),
        ("--tag:a", Leaf(field="tag", value="a")),
        ("", All(all=())),
        ("   ", All(all=())),
    ],
)
def test_short_forms_read_as_people_mean_them(text: str, tree: Node) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    ["(", ")", "tag:", "tag:a OR", "OR tag:a", "tag:a ) tag:b", '"open', "tag:a..b..c", "a..b", "NOT", "()", "last_booking>1..2"],
)
def test_what_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid, match="tag:vip last_booking>60d"):
        parse(text)


def test_a_filter_has_bounds() -> None:
    deep = "tag:a"
    for level in range(DEPTH_MAX + 1):
        deep = f"(tag:a {deep})" if level % 2 else f"(tag:a OR {deep})"
    for text in (deep, " ".join(["tag:a"] * (LEAVES_MAX + 1)), "tag:" + "a" * 201, "x" * 2_001, "(" * 900 + "tag:a"):
        with pytest.raises(Invalid):
            parse(text)


@pytest.mark.parametrize(
    "document",
    [None, 1, [], {}, {"all": []} | {"any": []}, {"any": []}, {"field": "tag"}, {"field": "tag", "value": 1},
     {"field": "DROP TABLE", "value": "x"}, {"field": "tag", "value": "x", "op": "like"}, {"not": {"all": []}},
     {"field": "tag", "value": "a", "op": "between"}, {"field": "tag", "value": "a", "to": "b"}],
)  # fmt: skip
def test_a_document_that_is_no_filter_is_refused(document: object) -> None:
    with pytest.raises(Invalid):
        tree_of(document)
