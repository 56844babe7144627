"""The practice’s own mail server: where messages are handed over, and a test of it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.people.duties import Act
from safelight.sharing.mailing import NotSent, mail_server, set_mail_server, try_mail_server
from safelight.sharing.models import MailServer
from safelight.web.doors import PersonRequest, signed_in, stepped_up

USUAL_PORT = 465


class ServerForm(forms.Form):
    """Where the mail server is and how it is spoken to."""

    host = forms.CharField(label="Mail server", max_length=255, help_text="As your provider says.")
    port = forms.IntegerField(label="Port", min_value=1, max_value=65535, initial=USUAL_PORT)
    security = forms.ChoiceField(
        label="How the way to it is kept private",
        choices=MailServer.Security.choices,
        initial=MailServer.Security.TLS,
        widget=forms.RadioSelect,
    )
    user = forms.CharField(
        label="User name",
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label="Password",
        max_length=200,
        required=False,
        strip=False,
        help_text="Sealed, and never shown again. Empty keeps the one that is set.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    sender = forms.CharField(
        label="Messages come from",
        max_length=254,
        help_text="The practice’s own address, which can take answers.",
        widget=forms.EmailInput(),
    )


def _known(server: MailServer | None) -> dict[str, Any] | None:
    """Return what the form begins with; never the password."""
    if server is None:
        return None
    return {key: getattr(server, key) for key in ("host", "port", "security", "user", "sender")}


@require_http_methods(["GET", "POST"])
@signed_in(Act.MAIL_SERVER)
def mail(request: PersonRequest) -> HttpResponse:
    """Show and set the mail server. Only what a patient agreed to is sent through it, as a link."""
    server, problem = mail_server(request.person.practice), ""
    form = ServerForm(request.POST or None, initial=_known(server))
    if form.is_valid():
        try:
            set_mail_server(
                request.person.practice,
                **form.cleaned_data,
                by=request.person,
                at=now(),
                stepped_up=stepped_up(request),
            )
            return redirect("desk:mail-server")
        except BadInput as refused:
            problem = refused.message
    status = 400 if request.method == "POST" else 200
    return _page(request, form, problem=problem, status=status)


@require_POST
@signed_in(Act.MAIL_SERVER)
def mail_try(request: PersonRequest) -> HttpResponse:
    """Send a message without a link, and say what came of it."""
    person, to = request.person, request.POST.get("to", "")
    form = ServerForm(initial=_known(mail_server(person.practice)))
    try:
        again = stepped_up(request)
        try_mail_server(person.practice, to=to, by=person, at=now(), stepped_up=again)
    except (NotSent, BadInput) as refused:
        words = f"{refused.message} {refused.remedy}".strip()
        return _page(request, form, tried=words, status=refused.status)
    return _page(request, form, tried="The mail server took the message.", worked=True)


def _page(
    request: PersonRequest,
    form: ServerForm,
    *,
    problem: str = "",
    tried: str = "",
    worked: bool = False,
    status: int = 200,
) -> HttpResponse:
    server = mail_server(request.person.practice)
    context = {
        "form": form,
        "server": server,
        "problem": problem,
        "tried": tried,
        "worked": worked,
    }
    return render(request, "desk/shares/mail.html", context, status=status)


urlpatterns = [
    path("mail", mail, name="mail-server"),
    path("mail/try", mail_try, name="mail-server-try"),
]
