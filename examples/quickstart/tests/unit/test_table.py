from tally import table


def test_table_has_a_line_per_word() -> None:
    assert table([("rose", 4), ("is", 3)]).splitlines() == [
        "  count  word",
        "-------  ------",
        "      4  rose",
        "      3  is",
    ]


def test_words_that_look_like_numbers_stay_words() -> None:
    assert table([("007", 1)]).endswith("      1  007")
