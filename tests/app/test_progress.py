from app.progress import reporting


def test_without_a_terminal_progress_is_a_few_plain_lines(capsys):
    with reporting() as report:
        for done in range(1, 2_001):
            report("People", done, 2_000)

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1] == "People: 2,000 of 2,000"
    assert len(shown.err.splitlines()) <= 3
