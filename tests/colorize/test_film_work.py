"""The work folder of a film: what a later call finds in it."""

import pytest

from lib.colorize.film_work import WholePiece, WorkFolder
from lib.data.clips import FilmError

ASKED = {"film": "a", "vividness": 0.5}


@pytest.fixture
def work(tmp_path):
    return WorkFolder(tmp_path / "out" / "film.mp4")


def keep(work, *about):
    work.unfinished.write_bytes(b"frames")
    work.keep(*about)


def again(work, asked=ASKED):
    """The pieces that another call finds."""
    other = WorkFolder(work.target)
    with other.entered(asked):
        return list(other.pieces)


def test_pieces_are_found_again_in_order(work):
    about = [(0, 8, -40, 240, True, False), (1, 250, 280, 10_240, False, True), (1, 3, 10_280, 10_360, False, True)]
    with work.entered(ASKED):
        for each in about:
            keep(work, *each)
        assert not work.unfinished.exists()
    assert [tuple(vars(piece).values())[1:] for piece in again(work)] == about
    assert [piece.path for piece in again(work)] == [piece.path for piece in work.pieces]
    assert [piece.first for piece in work.open_shot()] == [280, 10_280]
    assert WholePiece.of(work.pieces[0].path) == work.pieces[0]


def test_a_shot_that_is_over_is_not_open(work):
    with work.entered(ASKED):
        assert work.open_shot() == []
        keep(work, 0, 8, 0, 280, True, False)
        assert work.open_shot() == []


@pytest.mark.parametrize("state", [None, "", "[]", '{"film": "b"}'])
def test_what_was_asked_otherwise_begins_anew(work, state):
    with work.entered(ASKED):
        keep(work, 0, 8, 0, 280, True, False)
        work.note_damage(1.5, True)
        work.note_whole()
    if state is not None:
        (work.folder / "asked.json").write_text(state)
    else:
        (work.folder / "asked.json").unlink()
    other = WorkFolder(work.target)
    with other.entered(ASKED):
        assert (other.pieces, other.is_whole, other.damage) == ([], False, (None, False))
    assert not work.folder.exists()  # nothing was begun


def test_an_error_leaves_the_pieces_and_frees_the_folder(work):
    with pytest.raises(ZeroDivisionError), work.entered(ASKED):
        keep(work, 0, 8, 0, 280, True, False)
        raise ZeroDivisionError
    assert len(again(work)) == 1


def test_two_calls_at_a_time(work):
    with work.entered(ASKED), pytest.raises(FilmError, match=r"film\.mp4: another call is at work on it"):
        again(work)
    assert not work.folder.exists()


def test_damage_is_noted_where_it_begins(work):
    with work.entered(ASKED):
        for noted, expected in [((2.5, False),) * 2, ((9.0, False), (2.5, False)), ((9.0, True), (2.5, True))]:
            work.note_damage(*noted)
            assert WorkFolder(work.target).damage == expected


def test_the_result_gets_its_name_when_it_is_whole(work):
    with work.entered(ASKED):
        keep(work, 0, 8, 0, 280, True, False)
        joined = work.folder / "joined.mp4"
        joined.write_bytes(b"film")
        joined.chmod(0o600)
        assert not work.target.exists()
        work.finish(joined)
    assert work.target.read_bytes() == b"film" and not work.folder.exists()
    assert work.target.stat().st_mode & 0o777 == 0o644
