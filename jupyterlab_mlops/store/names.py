"""Names for runs that nobody named: an adjective and an animal that are easy to say and to tell."""

from __future__ import annotations

import hashlib

ADJECTIVES = """
    agile amber ample azure bold brave brief bright brisk calm candid cheery civil clear clever
    copper coral cosmic crisp curious dapper daring deft eager early earnest exact fair fleet
    fluent fond frank fresh gentle glad golden grand happy hardy honest humble jolly keen kind
    lively loyal lucid lucky mellow merry mild modest neat nimble noble open patient plain
    placid polite prime proud quick quiet rapid ready robust rosy sage serene sharp shy silent
    silver sleek smart snug sober solid spry steady stout sunny swift tidy tranquil true upbeat
    vivid warm wise witty young zesty
""".split()  # noqa: SIM905 as long as it is a table
ANIMALS = """
    badger bear beaver bison bittern bobcat buzzard camel caribou cheetah chough civet condor
    coot crane cricket curlew deer dingo dipper dolphin dormouse dove eagle egret eland elk
    ermine falcon ferret finch fox gannet gazelle gecko gibbon grouse gull hare harrier hawk
    heron hoopoe ibex ibis impala jackdaw jaguar jay kestrel kite kiwi koala lark lemur linnet
    llama lynx magpie mallard marmot marten merlin mole moose newt nuthatch ocelot oriole osprey
    otter owl panda pelican petrel pigeon pika plover puffin puma quail rabbit raven robin
    salmon seal shrew siskin skylark snipe sparrow squid stoat stork swallow swan swift tapir
    teal tern thrush toad trout turtle vole walrus weasel whale wigeon wombat wren yak zebra
""".split()  # noqa: SIM905 as long as it is a table


def run_name(run_id: str, number: int) -> str:
    """Make up a name.

    Parameters
    ----------
    run_id
        Chooses the words, so that the same run always gets the same ones.
    number
        The run's number in this store; it makes the name unique.
    """
    seed = int.from_bytes(hashlib.blake2b(run_id.encode(), digest_size=8).digest(), "big")
    adjective = ADJECTIVES[seed % len(ADJECTIVES)]
    animal = ANIMALS[seed // len(ADJECTIVES) % len(ANIMALS)]
    return f"{adjective}-{animal}-{number}"
