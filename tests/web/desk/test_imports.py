"""Lists at the desk: upload, dry run, columns, confirm, report."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

from django.test import Client

from safelight.lib.clock import now
from safelight.patients.models import Patient, PatientList
from safelight.people.models import Person
from tests.web.desk.test_patients import text_of

Desk = Callable[[Person], Client]
LIST = (
    "Record number,Family name,Given name,Born,IHI\n"
    "WL-1,Núñez,José,12/03/1968,\n"
    "WL-2,Sample,Quinn,31/2/1990,\n"
)


def upload(client: Client, text: str, encoding: str = "utf-8") -> PatientList:
    file = BytesIO(text.encode(encoding))
    file.name = "patients.csv"
    answer = client.post("/patients/import", {"file": file})
    kept = PatientList.objects.latest("added_at")
    assert answer["Location"] == f"/patients/import/{kept.pk}"
    return kept


def test_a_list_is_checked_then_brought_in_then_reported(at_desk: Desk, mo: Person) -> None:
    client = at_desk(mo)
    kept = upload(client, LIST, "utf-16")
    shown = text_of(client.get(f"/patients/import/{kept.pk}"))
    assert "1 patient would be brought in" in shown
    assert "The date of birth cannot be right" in shown
    assert "Núñez" not in shown
    assert not Patient.objects.exists()
    shown = text_of(client.post(f"/patients/import/{kept.pk}/confirm", follow=True))
    assert "1 patient brought in" in shown
    assert Patient.objects.get().family == "Núñez"
    report = client.get(f"/patients/import/{kept.pk}/report.csv")
    assert report["Content-Disposition"].startswith("attachment")
    assert '"3","Not brought in"' in report.content.decode()


def test_columns_are_chosen_on_the_page(at_desk: Desk, mo: Person) -> None:
    client = at_desk(mo)
    kept = upload(client, "No,Zuname,Vorname,Geb\nWL-1,Testcase,Pat,12/3/1968\n")
    assert "Say which column holds" in text_of(client.get(f"/patients/import/{kept.pk}"))
    columns = {"record_number": "0", "family": "1", "given": "2", "born": "3"}
    answer = client.post(f"/patients/import/{kept.pk}/columns", columns, follow=True)
    assert "1 patient would be brought in" in text_of(answer)


def test_a_column_that_no_file_has_is_left_out(at_desk: Desk, mo: Person) -> None:
    client = at_desk(mo)
    kept = upload(client, "No,Zuname,Vorname,Geb\nWL-1,Testcase,Pat,12/3/1968\n")
    columns = {"record_number": "²", "family": "9" * 5000}
    answer = client.post(f"/patients/import/{kept.pk}/columns", columns, follow=True)
    assert "Say which column holds" in text_of(answer)


def test_a_report_is_named_by_the_day_as_it_is_where_the_practice_is(
    at_desk: Desk, mo: Person
) -> None:
    client = at_desk(mo)
    kept = upload(client, LIST)
    after_midnight = datetime(2026, 10, 13, 14, 0, tzinfo=UTC)  # 1 am on the 14th in Sydney
    PatientList.objects.filter(pk=kept.pk).update(added_at=after_midnight)
    report = client.get(f"/patients/import/{kept.pk}/report.csv")
    assert "list-report-20261014.csv" in report["Content-Disposition"]


def test_what_is_no_list_is_said_on_the_page(at_desk: Desk, mo: Person) -> None:
    client = at_desk(mo)
    for content in (b"", b"PK\x03\x04zip"):
        file = BytesIO(content)
        file.name = "patients.csv"
        answer = client.post("/patients/import", {"file": file})
        assert answer.status_code == 422
        assert "Nothing was brought in" in text_of(answer)
    assert client.post("/patients/import", {}).status_code == 422


def test_a_list_left_alone_changes_nothing(at_desk: Desk, mo: Person) -> None:
    client = at_desk(mo)
    kept = upload(client, LIST)
    client.post(f"/patients/import/{kept.pk}/leave")
    assert client.post(f"/patients/import/{kept.pk}/confirm").status_code == 409
    assert not Patient.objects.exists()


def test_a_list_that_came_to_a_stop_says_so_and_what_to_do(at_desk: Desk, mo: Person) -> None:
    client = at_desk(mo)
    kept = upload(client, LIST)
    PatientList.objects.filter(pk=kept.pk).update(state="stuck", content=b"", done_at=now())
    page = text_of(client.get(f"/patients/import/{kept.pk}"))
    assert "This list came to a stop. 0 of 2 rows done." in page
    assert "Bring in the rest as smaller files" in page
    assert "Bring in another list" in page


def test_only_manager_and_officer_bring_in_lists(
    at_desk: Desk, mo: Person, ada: Person, rec: Person, cy: Person
) -> None:
    kept = upload(at_desk(mo), LIST)
    for person in (ada, rec):
        client = at_desk(person)
        assert client.get("/patients/import").status_code == 403
        assert client.post(f"/patients/import/{kept.pk}/confirm").status_code == 403
    cy.roles = ["M"]
    cy.save(update_fields=["roles"])
    assert at_desk(cy).get(f"/patients/import/{kept.pk}").status_code == 404
    assert not Patient.objects.exists()
