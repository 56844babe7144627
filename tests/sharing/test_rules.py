"""The rules of letting out, from values alone: bases, the checklist, addresses and forms."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.consent.uses import USES
from safelight.people.duties import Act
from safelight.sharing.rules import bases, checklist, ways
from safelight.sharing.rules.checklist import CHECKLIST

WHOLE = {key: {"answer": "no", "note": ""} for key in CHECKLIST}


def open_points(
    answers: dict[str, dict[str, str]], use: str = "teaching", hidden: bool = True
) -> set[str]:
    told = {**WHOLE, **answers}
    found = checklist.unsettled(told, use=use, anything_hidden=hidden, recognisable=False)
    return {one.key for one in found}


def test_every_basis_has_its_source_and_a_use_that_exists() -> None:
    assert len(bases.bases()) == 8
    assert next(iter(bases.bases())) == bases.CONSENT
    for rule in bases.bases().values():
        assert rule.source.startswith("law-au")
        assert set(rule.uses) <= set(bases.USES_OUT)


def test_every_use_that_leaves_has_a_form_and_a_basis() -> None:
    for use in bases.USES_OUT:
        assert ways.forms_for(use)
        assert any(use in rule.uses for rule in bases.bases().values())


@pytest.mark.parametrize("use", ["teaching", "publication", "social_media", "patient_copy"])
def test_beyond_care_nothing_but_the_patients_own_yes_will_do(use: str) -> None:
    standing = [code for code in bases.bases() if not bases.cannot_stand(code, use=use, country="")]
    assert standing == [bases.CONSENT]


def test_research_may_also_stand_on_an_approval() -> None:
    standing = [
        code for code in bases.bases() if not bases.cannot_stand(code, use="research", country="")
    ]
    assert standing == [bases.CONSENT, "RESEARCH_S95A"]


@pytest.mark.parametrize("code", [code for code in bases.bases() if code != bases.CONSENT])
def test_nothing_but_consent_reaches_overseas(code: str) -> None:
    use = bases.bases()[code].uses[0]
    assert bases.cannot_stand(code, use=use, country="NZ")
    assert not bases.cannot_stand(code, use=use, country="AU")


@pytest.mark.parametrize("lacks", ["said_no", "withdrawn", "abroad", "name_shown", "review_passed"])
def test_expected_care_never_stands_against_an_answer(lacks: str) -> None:
    assert bases.stands_in(bases.EXPECTED, {"not_asked"})
    assert not bases.stands_in(bases.EXPECTED, {lacks})
    assert not bases.stands_in(bases.EXPECTED, {"not_asked", lacks})
    assert not bases.stands_in("LEGAL_CLAIM", {"not_asked"})


def test_enforcement_needs_its_written_note() -> None:
    assert len(bases.facts_missing("ENFORCEMENT", "", {})) == 3
    told = {"asked_by": "Sgt A. Sample, 12345", "reference": "Warrant 9"}
    assert bases.facts_missing("ENFORCEMENT", "They asked", told) == []


def test_the_list_asks_for_all_ten_things_of_the_guide() -> None:
    assert list(CHECKLIST) == [
        "eyes", "face_shape", "race", "age", "scars", "birthmarks", "tattoos", "piercings",
        "text", "rarity",
    ]  # fmt: skip
    assert checklist.unsettled({}, use="teaching", anything_hidden=True, recognisable=False)
    assert open_points({}) == set()


@pytest.mark.parametrize("key", list(CHECKLIST))
def test_each_answer_is_missed(key: str) -> None:
    assert open_points({key: {}}) == {key}


@pytest.mark.parametrize("key", ["eyes", "face_shape", "tattoos", "text"])
def test_what_names_somebody_cannot_stay_however_good_the_reason(key: str) -> None:
    assert open_points({key: {"answer": "needed", "note": "It is the point."}}) == {key}


def test_what_stays_visible_needs_a_reason() -> None:
    assert open_points({"scars": {"answer": "needed"}}) == {"scars"}
    assert open_points({"scars": {"answer": "needed", "note": "The scar is the point."}}) == set()


def test_hidden_on_the_list_means_hidden_in_the_picture() -> None:
    assert open_points({"eyes": {"answer": "hidden"}}, hidden=False) == {"hidden"}
    assert open_points({"eyes": {"answer": "hidden"}}, hidden=True) == set()


def test_a_photo_marked_recognisable_does_not_go_bare() -> None:
    found = checklist.unsettled(WHOLE, use="teaching", anything_hidden=False, recognisable=True)
    assert [one.key for one in found] == ["recognisable"]


@pytest.mark.parametrize("said", ["yes", "not_sure"])
def test_what_may_be_rare_is_never_made_public(said: str) -> None:
    noted = {"answer": said, "note": "Only our registrars."}
    assert open_points({"rarity": noted}) == set()
    assert open_points({"rarity": {"answer": said}}) == {"rarity"}
    for use in checklist.PUBLIC:
        assert open_points({"rarity": noted}, use=use) == {"rarity"}


def test_uses_that_hide_the_name_ask_the_list_and_public_ones_a_second_person() -> None:
    for use in USES.values():
        assert checklist.needs_checklist(use.code, "link") == use.name_hidden
        assert checklist.needs_second(use.code, "link") == use.second_person
    assert checklist.needs_second("teaching", "teaching_set")
    assert {use.code for use in USES.values() if use.second_person} == checklist.PUBLIC


@pytest.mark.parametrize("words", ["Ask PAT.", "testcase's arm", "re: Testcase, P", "(pat)"])
def test_a_name_in_the_words_is_found(words: str) -> None:
    assert checklist.names_someone(words, ["Testcase", "Pat"])


@pytest.mark.parametrize("words", ["Jose has had it for years", "JOSÉ, left arm", "see obrien"])
def test_a_name_is_found_with_and_without_its_accents(words: str) -> None:
    assert checklist.names_someone(words, ["O’Brien", "José"])


@pytest.mark.parametrize(
    "words",
    ["WL-004417", "no. wl 004417", "born 12/3/1968", "12.03.1968", "DOB 12 March 1968",
     "1968-03-12", "Medicare 2951 64577 1 1"],
)  # fmt: skip
def test_a_number_or_birth_date_in_the_words_is_found(words: str) -> None:
    numbers = ["WL-004417", "29516457711"]
    assert checklist.numbers_someone(words, numbers, date(1968, 3, 12))


@pytest.mark.parametrize("words", ["12 mm by 3 mm", "since March 1968", "photo 17 of 44", ""])
def test_a_measure_is_nobodys_number(words: str) -> None:
    assert not checklist.numbers_someone(words, ["WL-004417", "17"], date(1968, 3, 12))


def test_a_word_that_only_begins_like_a_name_is_not_one() -> None:
    assert not checklist.names_someone("The pattern is patchy.", ["Testcase", "Pat"])


@pytest.mark.parametrize("address", ["nil@dummy.example", "a.b+c@d-e.example.au"])
def test_addresses_that_pass(address: str) -> None:
    assert ways.looks_like_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "nil", "nil@", "@dummy.example", "nil@dummy", "nil@@dummy.example",
        "nil@dummy.example\nBcc: all@else.example", "nil@dummy.example\r",
        "nil@dummy.example,b@c.au",
        "Nil <nil@dummy.example>", "nil @dummy.example", '"nil"@dummy.example', "nil@[127.0.0.1]",
        "nil@-dummy.example", "a..b@dummy.example", ".a@dummy.example", "nïl@dummy.example",
        "a" * 65 + "@dummy.example", "nil@dummy.example;x", "nil@dummy.example\x00",
    ],
)  # fmt: skip
def test_addresses_that_do_not_pass(address: str) -> None:
    assert not ways.looks_like_address(address)


@given(st.text(max_size=40))
def test_no_address_that_passes_holds_a_sign_that_ends_a_head(text: str) -> None:
    for address in (text, f"{text}@dummy.example", f"nil@{text}.example"):
        if ways.looks_like_address(address):
            assert not set(address) & set("\r\n\0 ,;<>\"'()[]:\\\t") - {"'"}
            assert address.isascii()


def test_a_new_address_and_public_uses_ask_for_more() -> None:
    assert ways.acts_needed("referral", "link", known=True) == (Act.SHARE_KNOWN,)
    assert ways.acts_needed("referral", "link", known=False) == (Act.SHARE_NEW,)
    assert Act.ORIGINAL_DOWNLOAD in ways.acts_needed("referral", "pdf", known=True)
    assert Act.PUBLISH in ways.acts_needed("publication", "archive", known=True)
    assert ways.acts_needed("teaching", "teaching_set", known=True) == (Act.TEACHING_MAKE,)
    assert ways.act_to_check("social_media") == Act.PUBLISH
    assert ways.act_to_check("teaching") == Act.TEACHING_APPROVE


def test_numbers_of_the_register_and_of_medicare_are_told_by_their_form() -> None:
    assert ways.looks_like_ahpra("MED0001234567")
    assert not ways.looks_like_ahpra("MED123")
    assert ways.looks_like_provider("1234561A")
    assert not ways.looks_like_provider("12A")
