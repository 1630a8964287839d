from __future__ import annotations

import pytest

from crosswatch.web.agents import agent_names

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "names"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Linux")),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0 Safari/537.36 Edg/156.0",
            ("Edge", "Windows"),
        ),
        (
            "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/156 Mobile Safari/537.36",
            ("Chrome", "Android"),
        ),
        (f"{IPHONE} Version/18.0 Mobile/15E148 Safari/604.1", ("Safari", "iPhone")),
        (f"{IPHONE} CriOS/156.0 Mobile/15E148 Safari/604.1", ("Chrome", "iPhone")),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18 Safari/605.1.15",
            ("Safari", "macOS"),
        ),
        ("curl/8.9.1", ("curl", "")),
        ("HomePage/1.2", ("HomePage", "")),
        ("", ("A browser", "")),
        ("x" * 500, ("x" * 40, "")),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent, names):
    assert agent_names(agent) == names
