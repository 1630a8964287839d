"""The switches of the simulated Plex: one for each thing that differs between servers, or that nobody knows.

Source: Plex protocol notes, section 16 (checklist) and section 17 (open points).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OWN_SERVER = "0123456789abcdef0123456789abcdef01234567"
"""The `machineIdentifier` in the recordings."""

FrameShape = Literal["modern", "no_size", "unwrapped", "children", "blank_type"]
UserShown = Literal["present", "late", "absent", "blank"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlexOptions:
    """How this server behaves; the defaults are what the notes hold for most likely.

    Attributes:
        machine_identifier: 40 lower-case hex digits.
        friendly_name: Name of the server.
        version: Version of the server, also in its User-Agent.
        clock_offset_s: Seconds by which the server's own clock is ahead of the simulator's; it shows in
            `viewedAt` only.
        sessions_refusal: Status of `/status/sessions` for everybody but the owner.
        history_for_others: Whether a shared user gets their own rows, or a 401.
        session_lag_s: Seconds between the first frame of a session and its entry in `/status/sessions`.
        session_user: Whether a session names its user: at once, after `user_late_s`, never, or with an
            empty title.
        user_late_s: Seconds until a late user shows, counted from the first frame.
        session_element: False leaves the `Session` element out (no bandwidth allocated, old servers).
        legacy_lists: True gives `User` and `Player` as lists of one, as old servers do.
        offset_step_ms: Coarseness of the offsets in `/status/sessions`; 1 is exact.
        linger_s: Seconds that a dead session stays in `/status/sessions` after its last report.
        doubled_history: True writes each history row twice, two seconds apart.
        played_threshold: Percent at which the server counts a play.
        played_behaviour: The other watched preference, `0` to `3`.
        frame_shape: How frames are wrapped; `children` is the list name before 1.3.0.
        binary_frames: True sends them as binary messages.
        client_identifier: False leaves it out of the frames, as before 2021.
        play_queue_id: False leaves it out of the frames, as older servers do.
        socket_filters: Whether the socket honours `filters`.
        reader_backlog: Frames that a slow reader may be behind before it is dropped.
        server_ping_s: Real seconds between pings sent by the server, or None for none.
        transcode_frames: True sends `transcodeSession.…` frames beside those of a transcoding player.
        event_ping_s: Real seconds between the pings of the event source.
        event_wrapped: True wraps the event source's data as the socket does.
        pin_ttl_s: Life of a four-letter PIN in seconds.
        strong_pin_ttl_s: Life of a strong PIN in seconds.
        webhook_file_name: True sends the payload part with a file name.
        webhook_thumb: True adds the `thumb` part to the events that have one.
        webhook_copies: How often each delivery is sent.
        webhook_delay_s: Seconds that each delivery is late.
        webhook_swapped: True sends every second delivery before the first of its pair.
        webhook_owner_id: Whether the owner's `Account.id` is 1 or the plex.tv number.
        webhook_offsets: False leaves `viewOffset` out of all payloads.
        webhook_durations: False leaves `duration` out of all payloads.
        webhook_secret: Key of an `X-Plex-Signature`; None, as in reality, sends none.
        seed: Seed of the faults that happen with a probability, and of the noise.
    """

    machine_identifier: str = OWN_SERVER
    friendly_name: str = "Example Server"
    version: str = "1.43.3.10896-cafe0123"
    clock_offset_s: float = 0.0
    sessions_refusal: Literal[401, 403] = 403
    history_for_others: Literal["own", "401"] = "own"
    session_lag_s: float = 0.0
    session_user: UserShown = "present"
    user_late_s: float = 2.0
    session_element: bool = True
    legacy_lists: bool = False
    offset_step_ms: int = 5_000
    linger_s: float = 90.0
    doubled_history: bool = False
    played_threshold: int = 90
    played_behaviour: Literal["0", "1", "2", "3"] = "3"
    frame_shape: FrameShape = "modern"
    binary_frames: bool = False
    client_identifier: bool = True
    play_queue_id: bool = True
    socket_filters: bool = True
    reader_backlog: int = 20_000
    server_ping_s: float | None = None
    transcode_frames: bool = False
    event_ping_s: float = 10.0
    event_wrapped: bool = False
    pin_ttl_s: float = 900.0
    strong_pin_ttl_s: float = 1800.0
    webhook_file_name: bool = False
    webhook_thumb: bool = True
    webhook_copies: int = 1
    webhook_delay_s: float = 0.0
    webhook_swapped: bool = False
    webhook_owner_id: Literal["local", "plextv"] = "local"
    webhook_offsets: bool = True
    webhook_durations: bool = True
    webhook_secret: str | None = None
    seed: int = 1
