"""Ten variants of each kind of file: honest ones are taken and can be read in their copy, hostile ones are refused or harmless."""

import json
import random

import pytest

from incentives_portal.documents.enums import FORMATS, SENTENCES
from incentives_portal.sandbox.parsing.reasons import Unreadable
from incentives_portal.sandbox.tests import readers

from . import hostile_variants, variants
from .corpus import MARKER

VARIANTS = 10
SLOWEST = 2


def drawn(kinds: list) -> list:
    return [
        pytest.param(kind, seed, id=f"{kind.__name__}-{seed}")
        for kind in kinds
        for seed in range(SLOWEST if kind is hostile_variants.bomb else VARIANTS)
    ]


@pytest.mark.parametrize(("kind", "seed"), drawn(variants.HONEST))
def test_honest_file_is_accepted_and_can_be_read_in_its_copy(kind, seed):
    file = kind(random.Random(seed))

    file_type, stored = readers.detect(file.name, file.data)
    found = readers.inspect(file_type, file.data)
    frames = readers.shown(file_type, file.data)

    assert stored == file.stored
    assert stored.rpartition(".")[2].lower() in FORMATS[file_type].endings
    assert (set(found["contents"]), found["encoding"]) == (file.contents, file.encoding)
    if file.says:
        assert file.says in json.dumps(json.loads(frames[0]), ensure_ascii=False)


@pytest.mark.parametrize(("kind", "seed"), drawn(hostile_variants.HOSTILE))
def test_hostile_file_is_refused_or_harmless_in_all_that_is_handed_out(kind, seed):
    file = kind(random.Random(seed))

    if file.reason:
        with pytest.raises(Unreadable) as caught:
            readers.inspect(readers.detect(file.name, file.data)[0], file.data)
        assert caught.value.reason == file.reason
        assert SENTENCES[file.reason]
        return

    file_type, _name = readers.detect(file.name, file.data)
    found = readers.inspect(file_type, file.data)
    assert file.content is None or file.content in found["contents"]
    for frame in readers.shown(file_type, file.data):
        assert not readers.says(frame, MARKER)
        if frame.startswith(b"%PDF"):
            assert readers.inspect(file_type, frame)["contents"] == []
