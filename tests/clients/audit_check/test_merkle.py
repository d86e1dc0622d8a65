"""The checker's own tree: known answers, the definitions of RFC 6962, and proofs that prove nothing else."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit_check.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    consistency_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.clients.logs import leaf_hashes, path, tree_hash

# The leaves and roots that Certificate Transparency's own implementations are tested with.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
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
SIZES = st.integers(1, 300)
HASHES = leaf_hashes([str(n).encode() for n in range(300)])


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    frontier = Frontier()
    for found in leaf_hashes:
        frontier.append(found)
    return frontier.root()


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int) -> None:
    assert root_of(leaf_hash(leaf) for leaf in LEAVES[:size]).hex() == ROOTS[size - 1]


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert root_of([]) == EMPTY_ROOT == tree_hash(())


@given(SIZES)
def test_one_pass_gives_the_root_that_the_definition_gives(size: int) -> None:
    assert root_of(HASHES[:size]) == tree_hash(HASHES[:size])


@given(SIZES, st.data())
def test_whole_subtrees_may_be_appended(size: int, data) -> None:
    frontier, place = Frontier(), 0
    while place < size:
        highest = min((place & -place or 512).bit_length(), (size - place).bit_length()) - 1
        height = data.draw(st.integers(0, highest))
        frontier.append(tree_hash(HASHES[place : place + (1 << height)]), height)
        place += 1 << height
    assert (frontier.size, frontier.root()) == (size, tree_hash(HASHES[:size]))


@given(SIZES, st.data())
def test_an_inclusion_proof_proves_its_leaf_at_its_place_only(size: int, data) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = path(index, HASHES[:size]), tree_hash(HASHES[:size])
    given: dict[str, Any] = {"index": index, "size": size, "leaf_hash": HASHES[index], "proof": proof, "root": root}
    verify_inclusion(**given)
    wrong = data.draw(
        st.sampled_from(
            [
                {"index": data.draw(st.integers(-1, size).filter(lambda other: other != index))},
                {"leaf_hash": HASHES[(index + 1) % 300]},
                {"proof": [*proof, proof[-1] if proof else root]},
                {"proof": proof[:-1] if proof else [root]},
                {"root": leaf_hash(b"other")},
            ]
        )
    )
    with pytest.raises(ProofError):
        verify_inclusion(**{**given, **wrong})


@given(SIZES, SIZES, st.data())
def test_a_consistency_proof_proves_its_two_trees_only(one: int, other: int, data) -> None:
    size1, size2 = sorted((one, other))
    proof = consistency_proof(size1, size2, lambda start, end: tree_hash(HASHES[start:end]))
    roots = tree_hash(HASHES[:size1]), tree_hash(HASHES[:size2])
    given: dict[str, Any] = {"size1": size1, "size2": size2, "proof": proof, "root1": roots[0], "root2": roots[1]}
    verify_consistency(**given)
    assume(size1 < size2)
    wrong = data.draw(
        st.sampled_from(
            [
                {"root1": leaf_hash(b"other")},
                {"root2": leaf_hash(b"other")},
                {"proof": proof[:-1]},
                {"proof": [*proof, proof[-1]]},
                {"size1": size2, "size2": size1},
                {"size2": size1},
            ]
        )
    )
    with pytest.raises(ProofError):
        verify_consistency(**{**given, **wrong})


def test_every_tree_continues_the_empty_one_which_needs_no_proof() -> None:
    root = tree_hash(HASHES[:5])
    verify_consistency(size1=0, size2=5, proof=[], root1=EMPTY_ROOT, root2=root)
    with pytest.raises(ProofError):
        verify_consistency(size1=0, size2=5, proof=[root], root1=EMPTY_ROOT, root2=root)
    with pytest.raises(ProofError):
        verify_consistency(size1=0, size2=5, proof=[], root1=root, root2=root)
