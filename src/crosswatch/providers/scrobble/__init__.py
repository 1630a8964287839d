"""Sources of playback facts, and sinks for scrobbles."""
