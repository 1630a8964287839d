"""The least FastAPI app, for start and memory: `uvicorn bench.baselines.minimal:app`."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/healthz")
async def alive() -> dict[str, str]:
    """200 while the app turns."""
    return {"status": "ok"}
