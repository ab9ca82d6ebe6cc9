# SPDX-License-Identifier: GPL-2.0-only
"""From a seed to a scenario, a strategy and the line that asks for it.

A seed says everything. GROUP seeds that follow each other share a scenario and
a strategy. Every other group is a pair of actions of a world, by its slices:
each pair once, then each pair again with a greater budget. The rest is drawn:
worlds, two to four actions, strategies.
"""

import itertools
import random

GROUP = 10000
# the first time each preemption once, of all pairs together; later so often
BUDGETS = (1, 2, 3, 5, 8, 16)
# they test the runtime itself
NOT_DRAWN = ("toys",)


class Scenarios:
    def __init__(self, worlds):
        self.worlds = {name: actions for name, actions in worlds.items() if name not in NOT_DRAWN}
        self.pairs = [(world, list(pair)) for world, actions in self.worlds.items()
                      for pair in itertools.combinations_with_replacement(actions, 2)]
        # the first seconds see some of each world
        random.Random(1).shuffle(self.pairs)

    def pair(self, group):
        """The words of a line for a group that is a pair, else None."""
        number, odd = divmod(group, 2)
        turn, number = divmod(number, len(self.pairs))
        if odd or turn >= len(BUDGETS):
            return None
        world, actors = self.pairs[number]
        return {"world": world, "actors": ",".join(actors), "strategy": "slices", "depth": 2,
                "hold": int(turn != 2), "last": turn % 2, "budget": BUDGETS[turn]}

    def draw(self, group):
        """The words of a line for any other group."""
        chance = random.Random(group * 2654435761 + 12345)
        world = chance.choice(list(self.worlds))
        actors = chance.choices(self.worlds[world], k=chance.choices((2, 3, 4), (5, 3, 2))[0])
        actors = [a + chance.choices(("", "!", "~"), (90, 7, 3))[0] for a in actors]
        words = {"world": world, "actors": ",".join(actors)}
        if chance.random() < 0.7:
            words |= {"strategy": "pct", "depth": chance.choice((2, 3, 3, 4)), "hold": chance.choice((0, 1))}
        else:
            words |= {"strategy": "random", "period": chance.choice((5, 20, 60, 200))}
        words["time"] = chance.choice((0, 0, 0, 5, 20))
        words["level"] = "all" if chance.random() < 0.15 else "calls"
        return words

    def line(self, seed, count=1):
        """Of exactly these seeds."""
        pair = self.pair(seed // GROUP)
        if pair:
            return line(pair | {"budget": 0}, seed=seed % GROUP, count=count)
        return line(self.draw(seed // GROUP), seed=seed, count=count)

    def group(self, group, count):
        """Of a group, so many schedules; of a pair, what has not been tried."""
        pair = self.pair(group)
        return line(pair, seed=0, count=GROUP) if pair else line(self.draw(group), seed=group * GROUP, count=count)


def line(self, seed, count=1):
        return line(self.draw(seed // GROUP), seed=seed, count=count)


def line(words, **more):
    return " ".join(f"{name}={value}" for name, value in (words | more).items())
