"""The shop's chat: what is said, who answers after how long, and how much of the chat's effect such a chat has."""

from __future__ import annotations

from typing import NamedTuple

from collector.demo.acts import Shopper


class Agent(NamedTuple):
    """Somebody who answers; `persuades` is how their chats' effect compares to the average."""

    name: str
    team: str
    persuades: float


AGENTS = (
    Agent("Mara", "roastery", 1.4),
    Agent("Ines", "roastery", 1.1),
    Agent("Jonas", "orders", 0.9),
    Agent("Tove", "orders", 0.6),
)
# How the effect compares to the average by the seconds until somebody answers.
_QUICK, _SLOW = 30, 120


def chat(shopper: Shopper) -> float:
    """A chat: the bot greets, an agent joins after a wait, or nobody does, and a note is left.

    Returns:
        how its effect compares to the average: 0 where nobody answered.
    """
    trail, rng = shopper.trail, shopper.rng

    def say(name: str, low: float, high: float, **props: object) -> None:
        trail.wait(rng.uniform(low, high) * 1_000)
        trail.custom(f"chat_{name}", provider="demochat", **props)

    say("opened", 2, 10)
    say("started", 5, 40)
    say("message", 0.1, 0.5, role="visitor")
    say("message", 0.5, 1, role="bot")
    if rng.random() < 0.12:
        say("offline_form", 60, 180)
        return 0.0
    agent, wait = rng.choice(AGENTS), min(600.0, rng.lognormvariate(3.6, 0.9))
    trail.wait(wait * 1_000)
    say("agent_joined", 1, 2, agent=agent.name, team=agent.team)
    say("message", 5, 20, role="agent", agent=agent.name, team=agent.team)
    for _ in range(rng.randrange(0, 3)):
        say("message", 10, 60, role="visitor")
        say("message", 10, 45, role="agent", agent=agent.name, team=agent.team)
    say("ended", 5, 60)
    if rng.random() < 0.4:
        liked = (1, 1, 2, 6, 10) if wait < _SLOW else (3, 3, 4, 5, 4)
        say("rated", 2, 20, score=rng.choices((1, 2, 3, 4, 5), liked)[0])
    return agent.persuades * (1.3 if wait < _QUICK else 1.0 if wait < _SLOW else 0.5)
