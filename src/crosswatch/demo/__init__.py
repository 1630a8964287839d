"""The demo: the whole product against simulated servers, told as it happens and compared at the end."""

from crosswatch.demo.show import main
from crosswatch.demo.stage import AppDiedError, Stage

__all__ = ["AppDiedError", "Stage", "main"]
