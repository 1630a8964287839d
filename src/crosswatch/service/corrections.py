"""What a person does about plays: another try, ignoring one, saying what it is, taking one back.

Each is one call that either did it, durably, or raises with a sentence that says why not and what helps.
Nothing that somebody else recorded is ever touched: a play is taken back only if the sink itself told us, in
its answer to our own request, that it had made it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crosswatch.core.identity import GUESSES, choice_for_item, choice_for_show, keys_of
from crosswatch.core.judging import BY_RULE
from crosswatch.core.outcomes import Accepted, Hold, Retry
from crosswatch.core.phrases import say
from crosswatch.core.plays import OVERRIDE, DesiredAction, SinkAccount, TraceEntry
from crosswatch.core.ports import Attempt, Claim
from crosswatch.core.reasons import Reason
from crosswatch.core.remote_history import names_item
from crosswatch.errors import CorrectionError, SourceError
from crosswatch.service.story import tell_taken_back

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from crosswatch.clock import Clock
    from crosswatch.core.events import Media, MediaKind, PlayId, Show
    from crosswatch.core.identity import Choice
    from crosswatch.core.plays import Delivery, Match, Play
    from crosswatch.core.ports import Ledger, ScrobbleSink
    from crosswatch.service.memory import Known
    from crosswatch.service.workers import DeliveryWorkers

SAME_MOMENT = timedelta(seconds=1)
"""A sink keeps whole seconds."""

log = logging.getLogger("crosswatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What came of saying what an item is.

    Attributes:
        match: What is remembered.
        retried: How many deliveries are tried again at once.
    """

    match: Match
    retried: int


class Corrections:
    """Carries out what a person wants done.

    Args:
        ledger: Where plays and matches are.
        sink: Where plays go.
        workers: Who delivers them.
        recall: What is known of an item.
        reread: Asks a server again what one of its items is; None if it is not to be asked now.
        count_after_all: Has a play count that a rule had stopped; for how many accounts it does now.
        clock: Tells the time.
        changed: Called with each play that was changed.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        sink: ScrobbleSink,
        workers: DeliveryWorkers,
        recall: Callable[[Media], Awaitable[Known]],
        reread: Callable[[Play], Awaitable[Media | None]],
        count_after_all: Callable[[PlayId], Awaitable[int]],
        clock: Clock,
        changed: Callable[[PlayId], None],
    ) -> None:
        self._ledger = ledger
        self._sink = sink
        self._workers = workers
        self._recall = recall
        self._reread = reread
        self._count_after_all = count_after_all
        self._clock = clock
        self._changed = changed

    # ------------------------------------------------------------------------------ plays

    async def retry(self, play_id: PlayId) -> int:
        """Try at once what waits, was refused or was ignored of the play; how many deliveries that were.

        A play that a rule had stopped is sent if the rules in force let it count, with the time that it had.
        What the server calls the item is read anew, for its match may have been mended; and that a sink did
        not know it is forgotten, for it may have learned of it since.
        """
        play = await self._existing(play_id)
        media = await self._mended(play)
        await self._ledger.forget_matches((*keys_of(play.media), *keys_of(media)), GUESSES)
        count = await self._count_after_all(play_id) if play.reason in BY_RULE else 0
        return count or await self._tell_again(play_id)

    async def ignore(self, play_id: PlayId) -> None:
        """Tell nobody of the play any more.

        Raises:
            CorrectionError: If a sink holds it, or is being told of it at this moment.
        """
        play = await self._existing(play_id)
        now = self._clock.now()
        step = TraceEntry(at=now, step="ignored", text=say("You said that it is to be ignored."))
        if not await self._ledger.ignore(play_id, now, step):
            raise CorrectionError(
                say(
                    "{title} is at Trakt already, or on its way there. Take it back instead.",
                    title=play.media.label,
                )
            )
        self._changed(play_id)

    async def undo(self, play_id: PlayId) -> int:
        """Take the play out of every history into which we put it; how many that were.

        Raises:
            CorrectionError: If none of them holds it because of us, or a sink does not let go of it now.
        """
        play = await self._existing(play_id)
        deliveries = (await self._ledger.deliveries([play_id])).get(play_id, [])
        held = [row for row in deliveries if _is_watched_there(row)]
        ours = [row for row in held if row.reason is Reason.WATCHED]
        if not ours:
            raise CorrectionError(_nothing_to_undo(play, held))
        for delivery in ours:
            await self._take_back(play, delivery)
        return len(ours)

    async def match(self, play_id: PlayId, choice: Choice) -> Matched:
        """Remember what the play's item is at the sink, and tell again whatever waited for that.

        Raises:
            CorrectionError: If the sink has no such item or cannot be asked now, or the choice is for a whole
                show of which the server gives no numbers. Nothing is remembered then.
        """
        match = await self.preview(play_id, choice)
        await self._ledger.save_match(match)
        log.info(
            "%s is %s, you said", match.item, match.found, extra={"event": "match.made", "play": play_id}
        )
        text = say("You said that it is {found}.", found=match.found)
        step = TraceEntry(at=self._clock.now(), step="match", text=text)
        retried = await self._tell_again(play_id, step, anew=True)
        return Matched(match=match, retried=retried + await self._apply([match], but=play_id))

    # ------------------------------------------------------------------------------ what to choose from

    async def preview(self, play_id: PlayId, choice: Choice) -> Match:
        """What would be remembered by `match`, which raises for the same reasons."""
        play = await self._existing(play_id)
        if not play.media.kind.is_scrobbled:
            raise CorrectionError(
                say("{title} is no film or episode, so Trakt has no match for it.", title=play.media.label)
            )
        found = await self._sink.look_up(await self._asking(play_id), choice)
        if isinstance(found, Attempt):
            raise _refusal(found)
        make = choice_for_show if choice.is_of_show else choice_for_item
        match = make(play.media, found, self._clock.now())
        if match is None:
            raise CorrectionError(
                say(
                    "Only an episode with season and number, both here and there, can say what a whole "
                    "show is."
                )
            )
        return match

    async def search(self, play_id: PlayId, text: str, kind: MediaKind) -> Sequence[Media | Show]:
        """Movies, or shows for an episode, whose titles at the sink resemble the text.

        Raises:
            CorrectionError: If the sink cannot be asked now.
        """
        found = await self._sink.search(await self._asking(play_id), text, kind)
        if isinstance(found, Attempt):
            raise _refusal(found)
        return found

    async def episodes(self, play_id: PlayId, show_id: int) -> Sequence[Media]:
        """The episodes of the show with that number at the sink.

        Raises:
            CorrectionError: If there is no such show, or the sink cannot be asked now.
        """
        found = await self._sink.episodes(await self._asking(play_id), show_id)
        if isinstance(found, Attempt):
            raise _refusal(found)
        return found

    # ------------------------------------------------------------------------------ matches

    async def matches(self) -> list[Match]:
        """Everything that a person chose, by key."""
        return await self._ledger.matches(OVERRIDE)

    async def adopt(self, matches: Sequence[Match]) -> int:
        """Remember these choices, in place of those of the same keys; how many deliveries are tried again."""
        now = self._clock.now()
        chosen = [replace(one, evidence=OVERRIDE, made_at=now, expires_at=None) for one in matches]
        for match in chosen:
            await self._ledger.save_match(match)
        return await self._apply(chosen)

    async def forget(self, key: str) -> bool:
        """Drop a choice; whether there was one."""
        return await self._ledger.forget_matches([key], [OVERRIDE]) > 0

    async def forget_choice(self, play_id: PlayId) -> bool:
        """Drop the choice by which the play's item is called; whether there was one.

        It may be one for a whole season or show, and is dropped for all of it then.
        """
        play = await self._existing(play_id)
        keys = keys_of(play.media)
        found = await self._ledger.recall(keys, self._clock.now())
        key = next((key for key in keys if key in found and found[key].evidence == OVERRIDE), None)
        is_done = key is not None and await self.forget(key)
        self._changed(play_id)
        return is_done

    async def retry_unknown(self, concerns: Callable[[Media], bool]) -> int:
        """Try again what was refused for want of a name, and may have one now; how many deliveries."""
        plays = [play for play in await self._ledger.unsettled_plays() if concerns(play.media)]
        count = 0
        for play in plays:
            await self._ledger.forget_matches(keys_of(play.media), GUESSES)
            count += await self._tell_again(play.id)
        return count

    # ------------------------------------------------------------------------------ parts

    async def _existing(self, play_id: PlayId) -> Play:
        play = await self._ledger.play(play_id)
        if play is None:
            raise CorrectionError(say("There is no play {play}.", play=repr(play_id)))
        return play

    async def _asking(self, play_id: PlayId) -> SinkAccount:
        """In whose name the sink is asked about the play."""
        deliveries = (await self._ledger.deliveries([play_id])).get(play_id, [])
        return deliveries[0].account if deliveries else SinkAccount()

    async def _mended(self, play: Play) -> Media:
        """The item as its server calls it now, which is written down if it is news."""
        try:
            media = await self._reread(play)
        except SourceError as error:
            log.info("what %s is cannot be read anew: %s", play.media.label, error)
            media = None
        if media is None or media == play.media:
            return play.media
        text = say("The server calls it {title} now.", title=media.label)
        step = TraceEntry(at=self._clock.now(), step="amended", text=text)
        await self._ledger.amend(play.id, media, step)
        return media

    async def _tell_again(self, play_id: PlayId, *trace: TraceEntry, anew: bool = False) -> int:
        count = await self._ledger.retry(play_id, self._clock.now(), anew=anew, trace=trace)
        if count:
            self._workers.unblock()
        self._changed(play_id)
        return count

    async def _apply(self, matches: Sequence[Match], *, but: PlayId | None = None) -> int:
        """Tell again all plays that wait or were refused and are called something else now."""
        keys = {match.key for match in matches}
        plays = await self._ledger.unsettled_plays()
        concerned = [play for play in plays if play.id != but and keys & set(keys_of(play.media))]
        return sum([await self._tell_again(play.id) for play in concerned])

    async def _take_back(self, play: Play, delivery: Delivery) -> None:
        remote_id = delivery.remote_id or await self._find(play, delivery)
        self._workers.ensure((delivery.account,))
        worker = self._workers.worker(delivery.account)
        if worker is None:
            raise AssertionError("there is a worker for every account that was asked for")
        attempt = await worker.take_back(remote_id)
        if not isinstance(attempt.outcome, Accepted):
            raise _refusal(attempt)
        now = self._clock.now()
        claim = Claim(play=play, delivery=delivery)
        if not await self._ledger.take_back(claim, now, tell_taken_back(delivery.account, attempt, now)):
            log.warning("%s changed while it was taken back", play.media.label)
        log.info("%s: taken back", play.media.label, extra={"event": "play.taken_back", "play": play.id})
        self._changed(play.id)

    async def _find(self, play: Play, delivery: Delivery) -> int:
        """The number of the one entry that we added: the very item at the very time that we gave."""
        at = delivery.desired.at
        entries, trouble = await self._sink.fetch_history(
            delivery.account, at - SAME_MOMENT, at + SAME_MOMENT
        )
        if trouble is not None:
            raise _refusal(trouble)
        known = await self._recall(play.media)
        ours = [entry for entry in entries if names_item(entry.media, known.media, known.match)]
        if len(ours) != 1:
            raise CorrectionError(
                say(
                    "Trakt did not give the number of this play, and {count} entries of its history have "
                    "this item and time, so that none is touched. Take it out on Trakt.",
                    count=len(ours) or say("no"),
                )
            )
        return ours[0].remote_id


def _is_watched_there(delivery: Delivery) -> bool:
    known = delivery.acknowledged
    return known is not None and known.action is DesiredAction.WATCHED


def _nothing_to_undo(play: Play, held: Sequence[Delivery]) -> str:
    if held:
        return say(
            "Trakt had {title} already when it was to be recorded, so that it may be somebody else's entry. "
            "It is not touched; take it out on Trakt if it should go.",
            title=play.media.label,
        )
    return say(
        "{title} has not been recorded as watched, so that there is nothing to take back.",
        title=play.media.label,
    )


def _refusal(attempt: Attempt) -> CorrectionError:
    outcome = attempt.outcome
    sentence = getattr(outcome, "detail", "") or say("Trakt refused.")
    return CorrectionError(sentence, is_passing=isinstance(outcome, Retry | Hold))
