"""The page on which a person proves an approval, or makes a passkey: routes and HTML."""

from collections.abc import Callable, Iterable

from aiohttp import web

from powertrip.domain.people import Person
from powertrip.net import Client, Clock
from powertrip.page.app_routes import AppPage
from powertrip.page.at_provider import AtProvider
from powertrip.page.enrol_routes import EnrolPage
from powertrip.page.gate import Gate
from powertrip.page.keeping import Keeper
from powertrip.page.routes import ProofPage
from powertrip.page.sign_in_routes import SignInPage
from powertrip.proofs.section import ProofsSection
from powertrip.store import Store


def add_page(
    app: web.Application,
    *,
    store: Store,
    section: Callable[[], ProofsSection],
    people: Callable[[], Iterable[Person]],
    client: Client,
    clock: Clock,
    wake: Callable[[], None],
) -> None:
    """Add the routes; see `ProofPage` for what each argument is."""
    # Each with room of its own: whoever guesses at codes, or signs in as nobody, keeps nobody from a proof.
    ProofPage(
        store=store,
        section=section,
        people=people,
        provider=AtProvider(client=client, clock=clock),
        clock=clock,
        wake=wake,
        gate=Gate(section),
    ).add_to(app)
    keeper = Keeper(store=store, section=section, clock=clock, wake=wake)
    EnrolPage(store=store, section=section, clock=clock, keeper=keeper, gate=Gate(section)).add_to(app)
    AppPage(store=store, section=section, keeper=keeper, gate=Gate(section)).add_to(app)
    SignInPage(
        store=store,
        section=section,
        people=people,
        clock=clock,
        keeper=keeper,
        provider=AtProvider(client=client, clock=clock),
        gate=Gate(section),
    ).add_to(app)
