# SPDX-License-Identifier: GPL-2.0-only
"""From a seed to a scenario, a strategy and the line that asks for it.

A seed says everything. GROUP seeds that follow each other share a scenario and
a strategy. The first groups are each world's pairs of actions; behind them
worlds, two to four actions, and strategies are drawn.
"""

import itertools
import random

GROUP = 100
# they test the runtime itself
NOT_DRAWN = ("toys",)


class Scenarios:
    def __init__(self, worlds):
        self.worlds = {name: actions for name, actions in worlds.items() if name not in NOT_DRAWN}
        self.pairs = [(world, list(pair)) for world, actions in self.worlds.items()
                      for pair in itertools.combinations_with_replacement(actions, 2)]
        # the first seconds see some of each world
        random.Random(1).shuffle(self.pairs)

    def draw(self, group):
        """The words of a line, without seed and count."""
        chance = random.Random(group * 2654435761 + 12345)
        if group < len(self.pairs):
            world, actors = self.pairs[group]
        else:
            world = chance.choice(list(self.worlds))
            actors = chance.choices(self.worlds[world], k=chance.choices((2, 3, 4), (5, 3, 2))[0])
            actors = [a + chance.choices(("", "!", "~"), (90, 7, 3))[0] for a in actors]
        words = {"world": world, "actors": ",".join(actors)}
        if chance.random() < 0.7:
            words |= {"strategy": "pct", "depth": chance.choice((2, 3, 3, 4))}
        else:
            words |= {"strategy": "random", "period": chance.choice((5, 20, 60, 200))}
        words["time"] = chance.choice((0, 0, 0, 5, 20))
        words["level"] = "all" if chance.random() < 0.15 else "calls"
        return words

    def line(self, seed, count=1):
        return line(self.draw(seed // GROUP), seed=seed, count=count)


def line(words, **more):
    return " ".join(f"{name}={value}" for name, value in (words | more).items())
