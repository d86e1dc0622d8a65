"""The tree's arithmetic: known answers, the plain definition, proofs that hold and proofs that do not. Pure."""

import base64
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import (
    EMPTY_ROOT,
    Node,
    ProofError,
    append,
    consistency_proof,
    edge_nodes,
    edge_root,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from tests.audit.trees import reader_of

# The eight leaves of Certificate Transparency's reference tests, and the root over the first so many of them.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# Of the same reference tests: audit paths and consistency proofs of trees of these leaves.
A, B, C = (
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
PATHS: list[tuple[int, int, list[str]]] = [
    (0, 1, []),
    (0, 8, [A, B, C]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (5, 8, [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
]  # fmt: skip
CONSISTENCIES: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (1, 8, [A, B, C]),
    (2, 5, [B, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
    (6, 8, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
]  # fmt: skip
# Another implementation's, where they are at hand; the suite has known answers of its own above.
VECTORS = [found for folder in Path(__file__).parents if (found := folder / "shared/data/merkle-vectors.json").exists()]


def defined_root(hashes: Sequence[bytes]) -> bytes:
    """The definition of RFC 6962 section 2.1, word by word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha256(b"\1" + defined_root(hashes[:half]) + defined_root(hashes[half:])).digest()


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


# --- Known answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_the_reference(size: int) -> None:
    assert tree_root(HASHES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), PATHS)
def test_audit_paths_are_those_of_the_reference(index: int, size: int, path: list[str]) -> None:
    proof = inclusion_proof(index, size, reader_of(HASHES))
    assert [step.hex() for step in proof] == path
    verify_inclusion(index=index, size=size, leaf_hash=HASHES[index], proof=proof, root=bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("size1", "size2", "path"), CONSISTENCIES)
def test_consistency_proofs_are_those_of_the_reference(size1: int, size2: int, path: list[str]) -> None:
    proof = consistency_proof(size1, size2, reader_of(HASHES))
    assert [step.hex() for step in proof] == path
    roots = {"root1": bytes.fromhex(ROOTS[size1]), "root2": bytes.fromhex(ROOTS[size2])}
    verify_consistency(size1=size1, size2=size2, proof=proof, **roots)


def _raised(verify: Any, **values: Any) -> bool:
    try:
        verify(**values)
    except ProofError:
        return True
    return False


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


if VECTORS:

    def test_every_further_vector_is_told_right_from_wrong() -> None:
        vectors = json.loads(VECTORS[0].read_text("utf-8"))
        for case in vectors["inclusion"]:
            values = {"index": case["leafIdx"], "size": case["treeSize"], "leaf_hash": _bytes(case["leafHash"])}
            proof = [_bytes(step) for step in case["proof"] or ()]
            raised = _raised(verify_inclusion, **values, proof=proof, root=_bytes(case["root"]))
            assert raised == case["wantErr"], case["case"]
        for case in vectors["consistency"]:
            values = {name: case[name] for name in ("size1", "size2")} | {
                name: _bytes(case[name]) for name in ("root1", "root2")
            }
            proof = [_bytes(step) for step in case["proof"] or ()]
            assert _raised(verify_consistency, **values, proof=proof) == case["wantErr"], case["case"]
        assert (len(vectors["inclusion"]), len(vectors["consistency"])) == (98, 98)


# --- Properties --------------------------------------------------------------------------------------------------

SIZES = st.integers(1, 300)


@given(st.integers(0, 300))
def test_a_tree_grown_leaf_by_leaf_is_the_one_defined(size: int) -> None:
    hashes, edge = leaves(size), list[bytes]()
    for count, leaf in enumerate(hashes):
        append(edge, count, leaf)
    assert edge_root(edge) == tree_root(hashes) == defined_root(hashes)
    assert edge == [defined_root(hashes[n.index << n.level : (n.index + 1) << n.level]) for n in edge_nodes(size)]
    assert size or edge_root(edge) == EMPTY_ROOT


@given(st.data(), SIZES)
def test_every_leaf_is_proven_and_no_other_place_or_leaf_is(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    root = tree_root(hashes)
    proof = inclusion_proof(index, size, reader_of(hashes))
    holds: dict[str, Any] = {"index": index, "size": size, "leaf_hash": hashes[index], "proof": proof, "root": root}
    verify_inclusion(**holds)
    assert _raised(verify_inclusion, **holds | {"leaf_hash": leaf_hash(b"other")})
    assert _raised(verify_inclusion, **holds | {"proof": [*proof, bytes(32)]})
    assert _raised(verify_inclusion, **holds | {"root": leaf_hash(b"other")})
    other = data.draw(st.integers(-1, size))
    assert _raised(verify_inclusion, **holds | {"index": other}) == (other != index)
    if proof:
        changed = _changed(proof, data)
        assert _raised(verify_inclusion, **holds | {"proof": changed})
        assert _raised(verify_inclusion, **holds | {"proof": proof[:-1]})


@given(st.data(), SIZES)
def test_a_tree_is_proven_to_begin_a_later_one_and_no_other_tree_is(data: st.DataObject, size2: int) -> None:
    size1 = data.draw(st.integers(1, size2))
    hashes = leaves(size2)
    roots = {"root1": tree_root(hashes[:size1]), "root2": tree_root(hashes)}
    proof = consistency_proof(size1, size2, reader_of(hashes))
    holds: dict[str, Any] = {"size1": size1, "size2": size2, "proof": proof, **roots}
    verify_consistency(**holds)
    altered = [leaf_hash(b"other"), *hashes[1:size1]]
    assert _raised(verify_consistency, **holds | {"root1": tree_root(altered)})
    assert _raised(verify_consistency, **holds | {"root2": leaf_hash(b"other")})
    assert _raised(verify_consistency, **holds | {"proof": [*proof, bytes(32)]})
    if proof:
        assert _raised(verify_consistency, **holds | {"proof": _changed(proof, data)})
        assert _raised(verify_consistency, **holds | {"proof": proof[1:]})


def _changed(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    step = (int.from_bytes(proof[place], "big") ^ (1 << bit)).to_bytes(32, "big")
    return [*proof[:place], step, *proof[place + 1 :]]


def test_a_proof_asks_for_all_its_nodes_at_once() -> None:
    asked: list[list[Node]] = []

    def read(nodes: Any) -> dict[Node, bytes]:
        asked.append(list(nodes))
        return dict.fromkeys(asked[-1], bytes(32))

    assert len(inclusion_proof(1_234_567, 10_000_000, read)) == 24
    assert len(asked) == 1
    assert len(asked[0]) < 40


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_none(length: int) -> None:
    hashes = leaves(2)
    root = node_hash(*hashes)
    with pytest.raises(ProofError, match="32 bytes"):
        verify_inclusion(index=0, size=2, leaf_hash=hashes[0], proof=[bytes(length)], root=root)
    with pytest.raises(ProofError, match="32 bytes"):
        verify_consistency(size1=1, size2=2, root1=hashes[0], root2=root, proof=[bytes(length)])


def test_what_cannot_be_proven_is_not_tried() -> None:
    read = reader_of(leaves(2))
    for index, size in ((2, 2), (-1, 2), (0, 0)):
        with pytest.raises(ValueError, match="has no leaf"):
            inclusion_proof(index, size, read)
    for size1, size2 in ((3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="does not begin"):
            consistency_proof(size1, size2, read)
    assert consistency_proof(0, 2, read) == consistency_proof(2, 2, read) == []
    with pytest.raises(ProofError, match="nothing can be shown"):
        verify_consistency(size1=0, size2=2, root1=EMPTY_ROOT, root2=tree_root(leaves(2)), proof=[])
