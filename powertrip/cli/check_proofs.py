"""What `bot.py check` says of proofs: whether people could sign in to prove an approval."""

from powertrip.cli.check_report import Report
from powertrip.domain.proof import ProofKind
from powertrip.net import HttpClient, new_client, utc_now
from powertrip.settings import Config

NAMED = 5
"""People who are listed by name."""


async def check_proofs(config: Config, report: Report) -> None:
    """Ask the identity provider for what it publishes. Whether it knows Powertrip, only a sign-in shows."""
    section = config.proofs.oidc
    if section is None or not (ProofKind.OIDC in config.proofs.kinds or section.enrols):
        return
    # It takes 0.1 s to load, and few have a provider.
    from powertrip.proofs.sign_in import Provider

    async with new_client() as client:
        http = HttpClient(client=client, clock=utc_now, name="proofs.oidc", bounds=section.bounds)
        with report.checking("proofs"):
            await Provider(section=section, client=http, clock=utc_now).check()
            back = f" and {config.proofs.page}/enrol/signed-in" if section.enrols else ""
            report.well(
                "proofs", f"{section.issuer} answers; whether it knows client_id{back}, a sign-in shows"
            )
    without = [
        each.name for each in config.people.values() if not each.bot and not (each.slack and each.oidc)
    ]
    if without:
        more = f" and {len(without) - NAMED} more" if len(without) > NAMED else ""
        names = f"{', '.join(without[:NAMED])}{more}"
        what = "prove" if ProofKind.OIDC in config.proofs.kinds else "enrol"
        report.note("proofs", f"cannot {what} anything by signing in, without slack and oidc: {names}")
