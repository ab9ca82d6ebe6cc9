# SPDX-License-Identifier: GPL-2.0-only
"""From a seed to a scenario, a strategy and the line that asks for it.

A seed says everything. GROUP seeds that follow each other share a scenario and
a strategy. Three of four groups are taken from a list: each pair of actions of a world, by its
slices, and each action with each of its allocations failing; then each pair
again with a greater budget. The rest is drawn: worlds, two to four actions,
strategies.
"""

import itertools
import random

GROUP = 10000
# of the slices of all pairs: each preemption once, then twice; then of each action; and so on
PASSES = ({"budget": 1, "hold": 1}, {"budget": 2, "hold": 1}, {"budget": 1, "fine": 1, "hold": 1},
          {"budget": 2, "fine": 1}, {"budget": 8, "fine": 1}, {"budget": 32, "fine": 1, "hold": 1})
# they test the runtime itself
NOT_DRAWN = ("toys",)


class Scenarios:
    def __init__(self, worlds):
        self.worlds = {name: actions for name, actions in worlds.items() if name not in NOT_DRAWN}
        self.pairs = [(world, list(pair)) for world, actions in self.worlds.items()
                      for pair in itertools.combinations_with_replacement(actions, 2)]
        alone = [(world, [action + "!"]) for world, actions in self.worlds.items() for action in actions]
        self.listed = self.mixed(self.pairs + alone)
        self.mixed_pairs = [scenario for scenario in self.listed if len(scenario[1]) == 2]

    @staticmethod
    def mixed(scenarios):
        """The same actors in one world, then in the next: what is new comes early."""
        seen = {}
        random.Random(1).shuffle(scenarios)
        for world, actors in scenarios:
            seen.setdefault(tuple(actors), []).append((world, actors))
        rounds = itertools.zip_longest(*seen.values())
        return [scenario for some in rounds for scenario in some if scenario]

    def systematic(self, group):
        """The words of a line for a group of the list, else None."""
        number, rest = divmod(group, 4)
        turn, number = divmod(3 * number + rest, len(self.listed))
        if rest == 3 or turn >= len(PASSES):
            return None
        world, actors = self.listed[number]
        words = {"world": world, "actors": ",".join(actors)}
        if len(actors) == 1:
            return None if turn > 1 else words | {"strategy": "fails", "depth": (1, 8)[turn]}
        # of two that follow each other workers go first in one, and next time in the other
        return words | {"strategy": "slices", "depth": 2, "last": (number + turn) % 2} | PASSES[turn]

    def draw(self, group):
        """The words of a line for any other group."""
        chance = random.Random(group * 2654435761 + 12345)
        if chance.random() < 0.6:
            # each pair in turn, by more than one preemption
            world, actors = self.mixed_pairs[group // 4 % len(self.pairs)]
        else:
            world = chance.choice(list(self.worlds))
            actors = chance.choices(self.worlds[world], k=chance.choices((2, 3, 4), (3, 4, 3))[0])
        actors = [a + chance.choices(("", "!", "~"), (90, 7, 3))[0] for a in actors]
        words = {"world": world, "actors": ",".join(actors)}
        if chance.random() < 0.7:
            # one preemption of two actors is a slice of theirs
            words |= {"strategy": "pct", "depth": chance.choice((3, 3, 4) if len(actors) == 2 else (2, 3, 3, 4)), "hold": chance.choice((0, 1)),
                      "snap": chance.choice((0, 1))}
        else:
            words |= {"strategy": "random", "period": chance.choice((5, 20, 60, 200))}
        words["time"] = chance.choice((0, 0, 0, 5, 20))
        words["level"] = "all" if chance.random() < 0.15 else "calls"
        return words

    def line(self, seed, count=1):
        """Of exactly these seeds."""
        listed = self.systematic(seed // GROUP)
        if listed:
            # also what has been tried
            listed.pop("budget", None)
            return line(listed, seed=seed % GROUP, count=count)
        return line(self.draw(seed // GROUP), seed=seed, count=count)

    def group(self, group, count):
        """Of a group, so many schedules; of one of the list, what has not been tried."""
        listed = self.systematic(group)
        return line(listed, seed=0, count=GROUP) if listed else line(self.draw(group), seed=group * GROUP, count=count)


def line(words, **more):
    return " ".join(f"{name}={value}" for name, value in (words | more).items())
