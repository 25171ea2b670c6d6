"""Has a containment done: once for a click, whatever dies in between, and says what came of it.

Nothing is tried again by itself. What failed, and what nobody knows the end of, stands on the card until
somebody presses once more.
"""

from dataclasses import replace

import structlog

from powertrip.domain.contained import Containment, ContainmentState
from powertrip.domain.containment import ContainmentRules, Order, is_never
from powertrip.domain.delivery import Delivery
from powertrip.errors import Busy, OutsideError, PowertripError, Rejected, Unavailable
from powertrip.pipeline.context import Context
from powertrip.pipeline.ports import Action
from powertrip.pipeline.retry import LeaseLost

log = structlog.get_logger(__name__)

LOST = "Powertrip ended in between."
BROKE = "Something broke inside Powertrip; its log says what."


async def contain(context: Context, delivery: Delivery) -> bool:
    """Do, or undo, what the delivery carries; returns whether it was done. Raises LeaseLost, StoreError."""
    wanted, order, called_at = await context.store.containments.order(delivery)
    if wanted.state not in (ContainmentState.ASKED, ContainmentState.WAITING):
        # Another worker was sooner.
        await context.store.containments.end(delivery, wanted.state, wanted.said, context.clock())
        return False
    state, said = await _came_to(context, delivery, wanted, order, was_called=called_at is not None)
    await context.store.containments.end(delivery, state, said, context.clock())
    log.info("containment", action=order.action, event_id=order.event_id, state=state, said=said)
    context.signals.outbox.set()
    return state is ContainmentState.DONE


async def _came_to(
    context: Context, delivery: Delivery, wanted: Containment, order: Order, *, was_called: bool
) -> tuple[ContainmentState, str | None]:
    if wanted.state is ContainmentState.ASKED:
        return ContainmentState.LAPSED, None
    if wanted.is_dry_run:
        return ContainmentState.DONE, None
    try:
        return ContainmentState.DONE, await _done(context, delivery, order, was_called=was_called)
    except (Rejected, Busy) as error:
        return ContainmentState.FAILED, str(error)
    except Unavailable as error:
        return ContainmentState.UNKNOWN, str(error)
    except (PowertripError, LeaseLost):
        raise
    except Exception:  # a click is tried once, whatever breaks, and its card never says that it is under way
        log.exception("containment broke", action=order.action, event_id=order.event_id)
        return ContainmentState.UNKNOWN, BROKE


async def _done(context: Context, delivery: Delivery, order: Order, *, was_called: bool) -> str | None:
    settings, action = context.settings, context.actions.get(order.action)
    profile = settings.actions.get(order.action)
    order = replace(order, never=settings.containment.never.users)
    if action is None or profile is None:
        raise Rejected("It is not configured any more.")
    _refuse_late_change(order, settings.containment)
    if profile.waits_for is not None:
        raise _never_came(order, was_called=was_called)
    return await _call(context, delivery, order, action, was_called=was_called)


def _refuse_late_change(order: Order, rules: ContainmentRules) -> None:
    """Raise Rejected for what a reload has forbidden since somebody pressed; what is undone is no harm."""
    if order.undoes is not None:
        return
    if rules.dry_run:
        raise Rejected("containment.dry_run is on by now.")
    if is_never((order.target, *order.arguments.values()), order.never):
        raise Rejected("Its user is on the list containment.never.users by now.")


def _never_came(order: Order, *, was_called: bool) -> OutsideError:
    """What a host has made of its time; what it reports ends this sooner."""
    if was_called:
        return Unavailable(f"{order.target} fetched it, and never said what came of it.")
    return Rejected(f"{order.target} has not asked for it in time.")


async def _call(
    context: Context, delivery: Delivery, order: Order, action: Action, *, was_called: bool
) -> str | None:
    if was_called and not action.is_idempotent:
        raise Unavailable(LOST)
    if order.prepared is None:
        try:
            order = replace(order, prepared=await action.prepare(order))
        except OutsideError as error:
            # Looking changes nothing, so it is known that nothing was done.
            raise Rejected(str(error)) from error
    if not await context.store.containments.calling(delivery, order.prepared or {}, context.clock()):
        raise LeaseLost
    return await (action.contain(order) if order.undoes is None else action.revert(order))
