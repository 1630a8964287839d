from __future__ import annotations

import pytest

import crosswatch


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_process_says_that_it_lives(web, method):
    answer = await web(method, "/healthz")

    assert answer.status == 200
    if method == "GET":
        assert answer.json() == {"status": "ok", "version": crosswatch.__version__}
