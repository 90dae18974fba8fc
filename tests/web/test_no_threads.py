"""Where no more threads can be had for a while, whoever asks is told so, and it is over when there are some again."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from werkzeug.exceptions import ServiceUnavailable

from collector.core.blocks import Result
from collector.core.query import Query
from collector.core.text import T
from collector.journeys.journeys import Journeys
from collector.journeys.view import ViewStore
from collector.reports.base import Report
from collector.web.asking import MOST_EACH, Asker
from collector.web.building import PatientViews
from collector.web.task import Asked
from tests.support.pages import Installation
from tests.support.worlds import E, site, world


class NoThread(threading.Thread):
    """What the system says of a process that has too many."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


def turn(who: str) -> AbstractContextManager[None]:
    return nullcontext()


def answer(journeys: Journeys, query: Query) -> Result:
    return Result([], 0, T("Done."))


def test_a_question_without_a_thread_is_refused_and_can_be_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = Report("one", T("One"), T("One."), (), answer, {}, ranged=False)
    asked = Asked("me", report, world([E("u", 0, "page:/")]), {}, site(), 1)
    asker = Asker(10, MOST_EACH, turn, tmp_path, lambda: 0)
    with monkeypatch.context() as patched:
        patched.setattr("collector.web.pool.threading.Thread", NoThread)
        for _ in range(MOST_EACH + 1):
            with pytest.raises(ServiceUnavailable):
                asker.ask(asked, turn, page=False)
    assert str(asker.ask(asked, turn, page=False)[1].headline) == "Done."


def test_a_view_without_a_thread_to_build_it_is_built_for_the_next_who_asks(
    fresh: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = PatientViews(ViewStore(fresh.settings.data, fresh.ledger), fresh.ledger.close)
    with monkeypatch.context() as patched:
        patched.setattr("collector.web.pool.threading.Thread", NoThread)
        with pytest.raises(RuntimeError):
            views.open(fresh.site_id)
    assert views.open(fresh.site_id).generation
