"""Times as a page says them."""

from datetime import timedelta

import pytest

from safelight.web.desk.templatetags.words import in_words, pace, span


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 min"), (104, "2 min"),
        (3569, "59 min"), (3599, "1 h"), (7800, "2 h 10 min"), (36000, "10 h"), (172800, "2 days"),
    ],
)  # fmt: skip
def test_a_span_is_said_in_the_unit_a_person_would_use(seconds: int, said: str) -> None:
    assert span(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(24.4, "24 s"), (60.0, "1 min 0 s"), (104, "1 min 44 s")]
)
def test_a_pace_keeps_its_seconds(seconds: float, said: str) -> None:
    assert pace(seconds) == said


def test_what_is_missing_is_a_list_with_an_and_before_its_last() -> None:
    assert in_words(["a label", "a note or a diagnosis", "a visit"]) == (
        "a label, a note or a diagnosis, and a visit"
    )
    assert in_words([]) == ""
