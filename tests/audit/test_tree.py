"""The tree: roots and proofs against RFC 6962, and forged proofs against the checks."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.audit import tree

# Published roots of the reference implementation for its eight test leaves.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, letter by letter: the slow witness."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def grown(leaves: Sequence[bytes]) -> tuple[list[bytes], dict[tuple[int, int], bytes]]:
    """Append one by one, keeping every finished subtree as storage would."""
    frontier: list[bytes] = []
    kept = {}
    for size, leaf in enumerate(leaves):
        frontier, finished = tree.append(size, frontier, tree.leaf_hash(leaf))
        kept.update({(part.level, part.index): part.hash for part in finished})
    return frontier, kept


def reader(kept: dict[tuple[int, int], bytes]) -> tree.Read:
    return lambda level, index: kept[level, index]


def numbered(count: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(count)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference_implementation(size: int) -> None:
    assert tree.root(grown(LEAVES[:size])[0]).hex() == ROOTS[size - 1]


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    assert tree.root([]) == sha256(b"").digest()


@given(st.lists(st.binary(max_size=40), max_size=200))
def test_appending_gives_the_root_that_the_definition_gives(leaves: list[bytes]) -> None:
    frontier, kept = grown(leaves)
    assert tree.root(frontier) == defined_root(leaves)
    assert len(frontier) == len(leaves).bit_count()
    for (level, index), found in kept.items():
        assert found == defined_root(leaves[index << level : (index + 1) << level])


def test_all_7140_consistency_proofs_hold_and_every_forged_one_is_refused() -> None:
    leaves = numbered(120)
    kept = grown(leaves)[1]
    read = reader(kept)
    roots = [tree.root(grown(leaves[:size])[0]) for size in range(121)]
    checked = forged = 0
    for second in range(1, 121):
        for first in range(1, second):
            proof = tree.consistency(first, second, read)
            old, new = roots[first], roots[second]
            assert tree.extends(first, second, old=old, new=new, proof=proof)
            checked += 1
            for other in forgeries(proof):
                assert not tree.extends(first, second, old=old, new=new, proof=other)
                forged += 1
            assert not tree.extends(first, second, old=flipped(old), new=new, proof=proof)
            assert not tree.extends(first, second, old=old, new=flipped(new), proof=proof)
            assert not tree.extends(first, second, old=new, new=old, proof=proof)
            assert not tree.extends(first, second + 2**20, old=old, new=new, proof=proof)
    assert checked == 7140
    assert forged > 80_000


def test_a_tree_with_another_past_cannot_be_proved_to_extend() -> None:
    honest, altered = numbered(50), numbered(50)
    altered[17] = b"another leaf"
    old = tree.root(grown(honest[:30])[0])
    frontier, kept = grown(altered)
    proof = tree.consistency(30, 50, reader(kept))
    assert not tree.extends(30, 50, old=old, new=tree.root(frontier), proof=proof)


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    one, other = tree.leaf_hash(b"one"), tree.leaf_hash(b"other")
    assert tree.extends(1, 1, old=one, new=one, proof=[])
    assert not tree.extends(1, 1, old=one, new=other, proof=[])
    assert not tree.extends(1, 1, old=one, new=one, proof=[other])


@pytest.mark.parametrize(("first", "second"), [(0, 3), (-1, 3), (4, 3), (0, 0)])
def test_sizes_that_no_pair_of_trees_has_are_refused(first: int, second: int) -> None:
    some = tree.leaf_hash(b"")
    assert not tree.extends(first, second, old=some, new=some, proof=[])
    with pytest.raises(tree.BadTree):
        tree.consistency(first, second, lambda level, index: some)


def test_hashes_of_another_length_are_refused() -> None:
    some = tree.leaf_hash(b"")
    assert not tree.extends(1, 1, old=some[:-1], new=some[:-1], proof=[])
    assert not tree.extends(1, 1, old=b"", new=b"", proof=[])


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(tree.BadTree):
        tree.append(3, [tree.leaf_hash(b"")], tree.leaf_hash(b""))


def test_only_powers_of_two_make_a_finished_subtree() -> None:
    leaves = numbered(8)
    assert tree.perfect([tree.leaf_hash(leaf) for leaf in leaves]) == defined_root(leaves)
    for count in (0, 3, 6):
        with pytest.raises(tree.BadTree):
            tree.perfect([tree.leaf_hash(leaf) for leaf in leaves[:count]])


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


def forgeries(proof: list[bytes]) -> list[list[bytes]]:
    """Every way to bend a proof a little: a bit, a hash less, one more, two changed over."""
    bent = [[*proof, tree.leaf_hash(b"more")], [tree.leaf_hash(b"more"), *proof]]
    for place, value in enumerate(proof):
        bent.append([*proof[:place], flipped(value), *proof[place + 1 :]])
        bent.append(proof[:place] + proof[place + 1 :])
        if place and proof[place - 1] != value:
            bent.append([*proof[: place - 1], value, proof[place - 1], *proof[place + 1 :]])
    return bent
